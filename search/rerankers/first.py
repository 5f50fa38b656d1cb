"""Listwise reranking by one token a window: the logits of the letters are the order."""

from collections.abc import Sequence
from typing import ClassVar

from search.generators.language_model import Ability, LanguageModel
from search.generators.stub import StubLanguageModel
from search.rerankers.groupings import Windows
from search.rerankers.policy import Policy
from search.rerankers.prompted import Prompted
from search.rerankers.readout import FencedText
from search.rerankers.readouts.first_token import FirstToken


class First(Prompted):
    """Windows of 20, step 10; nothing is written, so nothing can be malformed but the logits.

    Source: Reddy et al., EMNLP 2024, arXiv:2406.15657.
    """

    asks: ClassVar[frozenset[Ability]] = frozenset({Ability.LOGITS})

    def __init__(
        self,
        generator: LanguageModel | None = None,
        *,
        window: int = 20,
        step: int = 10,
        depth: int = 100,
        weight: float = 0.6,
        words: int = 300,
        show_scores: Sequence[str] = (),
        name: str = "first",
    ) -> None:
        view = FencedText(words, tuple(show_scores))
        super().__init__(
            name,
            readout=FirstToken(generator, by=name, view=view, window=window),
            grouping=Windows(window, step),
            policy=Policy(depth=depth, weight=weight),
        )

    @classmethod
    def tiny(cls) -> "First":
        return cls(StubLanguageModel(), window=4, step=2)
