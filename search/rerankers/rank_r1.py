"""Setwise reranking with reasoning: heap sort that asks for the best of twenty."""

from collections.abc import Sequence

from search.generators.language_model import LanguageModel, Sampling
from search.generators.stub import StubLanguageModel
from search.rerankers.groupings import HeapSets
from search.rerankers.policy import Policy
from search.rerankers.prompted import Prompted
from search.rerankers.readout import FencedText
from search.rerankers.readouts.best_id import BestId


class RankR1(Prompted):
    """The ten best of 100 in fewer than 30 answers; the rest keeps its order.

    Source: Rank-R1, arXiv:2503.06034; Zhuang et al., SIGIR 2024, arXiv:2310.09497.
    """

    def __init__(
        self,
        generator: LanguageModel | None = None,
        *,
        children: int = 19,
        top: int = 10,
        depth: int = 100,
        weight: float = 0.6,
        words: int = 350,
        max_tokens: int = 1024,
        attempts: int = 1,
        seed: int = 0,
        show_scores: Sequence[str] = (),
        name: str = "rank_r1",
    ) -> None:
        view = FencedText(words, tuple(show_scores))
        sampling = Sampling(max_tokens=max_tokens)
        super().__init__(
            name,
            readout=BestId(generator, by=name, view=view, sampling=sampling),
            grouping=HeapSets(children, top),
            policy=Policy(depth=depth, weight=weight, attempts=attempts, seed=seed),
        )

    @classmethod
    def tiny(cls) -> "RankR1":
        return cls(StubLanguageModel(), children=2)
