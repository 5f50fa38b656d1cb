"""Pointwise reranking: how probable it is that a language model says yes."""

from collections.abc import Sequence
from typing import ClassVar

from search.generators.language_model import Ability, LanguageModel
from search.generators.stub import StubLanguageModel
from search.rerankers.groupings import One
from search.rerankers.policy import Policy
from search.rerankers.prompted import Prompted
from search.rerankers.readout import FencedText
from search.rerankers.readouts.yes_no import ProbabilityOfYes


class YesNo(Prompted):
    """P(yes) over yes and no, batched. Reasoning models are too sure for it.

    Source: Qwen3-Reranker, arXiv:2506.05176.
    """

    asks: ClassVar[frozenset[Ability]] = frozenset({Ability.LOGITS})

    def __init__(
        self,
        generator: LanguageModel | None = None,
        *,
        depth: int = 100,
        weight: float = 0.6,
        words: int = 400,
        batch: int = 16,
        show_scores: Sequence[str] = (),
        name: str = "yes_no",
    ) -> None:
        view = FencedText(words, tuple(show_scores))
        super().__init__(
            name,
            readout=ProbabilityOfYes(generator, by=name, view=view, batch=batch),
            grouping=One(batch),
            policy=Policy(depth=depth, weight=weight),
        )

    @classmethod
    def tiny(cls) -> "YesNo":
        return cls(StubLanguageModel())
