"""In-context reranking: no word is written, the question's attention is the score."""

from typing import ClassVar

from search.generators.language_model import Ability, LanguageModel
from search.generators.stub import StubLanguageModel
from search.rerankers.groupings import All
from search.rerankers.policy import Policy
from search.rerankers.prompted import Prompted
from search.rerankers.readout import FencedText
from search.rerankers.readouts.attention import QueryAttention


class Icr(Prompted):
    """All candidates in one prompt, the best last; two short passes after it.

    Source: Chen, Gutiérrez and Su, ICLR 2025, arXiv:2410.02642.
    """

    asks: ClassVar[frozenset[Ability]] = frozenset({Ability.QUERY_ATTENTION})

    def __init__(
        self,
        generator: LanguageModel | None = None,
        *,
        depth: int = 100,
        weight: float = 0.6,
        words: int = 300,
        order: str = "reversed",
        name: str = "icr",
    ) -> None:
        super().__init__(
            name,
            readout=QueryAttention(generator, by=name, view=FencedText(words)),
            grouping=All(),
            policy=Policy(depth=depth, weight=weight, order=order),
        )

    @classmethod
    def tiny(cls) -> "Icr":
        return cls(StubLanguageModel())
