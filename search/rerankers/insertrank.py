"""Listwise reranking with the search's own scores written beside each passage."""

from collections.abc import Sequence

from search.generators.language_model import LanguageModel
from search.generators.stub import StubLanguageModel
from search.rerankers.rankgpt import RankGpt


class InsertRank(RankGpt):
    """``rankgpt`` whose prompt shows scores, scaled to 100 for the best of a window.

    Source: InsertRank (2025).
    """

    def __init__(
        self,
        generator: LanguageModel | None = None,
        *,
        show_scores: Sequence[str] = ("bm25", "dense"),
        window: int = 20,
        step: int = 10,
        depth: int = 100,
        weight: float = 0.6,
        order: str = "retriever",
        seed: int = 0,
        name: str = "insertrank",
    ) -> None:
        super().__init__(
            generator,
            window=window,
            step=step,
            depth=depth,
            weight=weight,
            order=order,
            seed=seed,
            show_scores=show_scores,
            name=name,
        )

    @classmethod
    def tiny(cls) -> "InsertRank":
        return cls(StubLanguageModel(), window=4, step=2)
