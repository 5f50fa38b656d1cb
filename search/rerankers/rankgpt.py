"""Listwise reranking: a window slides over the candidates, the model writes its order."""

from collections.abc import Sequence

from search.generators.language_model import LanguageModel, Sampling
from search.generators.stub import StubLanguageModel
from search.rerankers.groupings import Windows
from search.rerankers.policy import Policy
from search.rerankers.prompted import Prompted
from search.rerankers.readout import FencedText
from search.rerankers.readouts.permutation import Permutation


class RankGpt(Prompted):
    """Windows of 20, step 10, back to front: 9 answers for 100 candidates.

    ``show_scores`` names signals whose scores stand beside each passage.

    Source: Sun et al., EMNLP 2023, arXiv:2304.09542.
    """

    def __init__(
        self,
        generator: LanguageModel | None = None,
        *,
        window: int = 20,
        step: int = 10,
        depth: int = 100,
        weight: float = 0.6,
        words: int = 300,
        order: str = "retriever",
        attempts: int = 1,
        seed: int = 0,
        show_scores: Sequence[str] = (),
        name: str = "rankgpt",
    ) -> None:
        view = FencedText(words, tuple(show_scores))
        sampling = Sampling(max_tokens=8 * window + 32)
        super().__init__(
            name,
            readout=Permutation(generator, by=name, view=view, sampling=sampling),
            grouping=Windows(window, step),
            policy=Policy(depth=depth, weight=weight, order=order, attempts=attempts, seed=seed),
        )

    @classmethod
    def tiny(cls) -> "RankGpt":
        return cls(StubLanguageModel(), window=4, step=2)
