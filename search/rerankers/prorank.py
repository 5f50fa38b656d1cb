"""Pointwise reranking by a small language model: logit of 1 less logit of 0."""

from collections.abc import Sequence
from typing import ClassVar

from search.generators.language_model import Ability, LanguageModel
from search.generators.stub import StubLanguageModel
from search.rerankers.groupings import One
from search.rerankers.policy import Policy
from search.rerankers.prompted import Prompted
from search.rerankers.readout import FencedText
from search.rerankers.readouts.yes_no import LogitDifference


class ProRank(Prompted):
    """One token a candidate, batched.

    Source: ProRank, arXiv:2506.03487; its released form is mxbai-rerank-v2.
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
        name: str = "prorank",
    ) -> None:
        view = FencedText(words, tuple(show_scores))
        super().__init__(
            name,
            readout=LogitDifference(generator, by=name, view=view, batch=batch),
            grouping=One(batch),
            policy=Policy(depth=depth, weight=weight),
        )

    @classmethod
    def tiny(cls) -> "ProRank":
        return cls(StubLanguageModel())
