"""Pointwise reranking by a language model's next token, batched: what yes_no and prorank share."""

from collections.abc import Sequence
from typing import ClassVar, Self

from search.generators.language_model import Ability, LanguageModel
from search.generators.stub import StubLanguageModel
from search.rerankers.groupings import One
from search.rerankers.policy import Policy
from search.rerankers.prompted import Prompted
from search.rerankers.readout import FencedText
from search.rerankers.readouts.yes_no import NextToken


class ByNextToken(Prompted):
    """One token a candidate; ``reads`` is what becomes of the logits, ``name`` its name."""

    asks: ClassVar[frozenset[Ability]] = frozenset({Ability.LOGITS})
    reads: ClassVar[type[NextToken]]

    def __init__(
        self,
        generator: LanguageModel | None = None,
        *,
        depth: int = 100,
        weight: float = 0.6,
        words: int = 400,
        batch: int = 16,
        show_scores: Sequence[str] = (),
        name: str = "",
    ) -> None:
        name = name or type(self).name
        view = FencedText(words, tuple(show_scores))
        super().__init__(
            name,
            readout=self.reads(generator, by=name, view=view, batch=batch),
            grouping=One(batch),
            policy=Policy(depth=depth, weight=weight),
        )

    @classmethod
    def tiny(cls) -> Self:
        return cls(StubLanguageModel())
