"""Pointwise reranking with reasoning: a grade of 0 to 10, weighed by its own probability."""

from collections.abc import Sequence

from search.generators.language_model import LanguageModel, Sampling
from search.generators.stub import StubLanguageModel
from search.rerankers.groupings import One
from search.rerankers.policy import Policy
from search.rerankers.prompted import Prompted
from search.rerankers.readout import FencedText
from search.rerankers.readouts.graded_prob import GradedProbability


class ERank(Prompted):
    """One answer a candidate, the first 50; blended with the first stage, which is half of it.

    Source: ERank (2025).
    """

    def __init__(
        self,
        generator: LanguageModel | None = None,
        *,
        depth: int = 50,
        weight: float = 0.6,
        words: int = 300,
        max_tokens: int = 512,
        attempts: int = 1,
        seed: int = 0,
        show_scores: Sequence[str] = (),
        name: str = "erank",
    ) -> None:
        view = FencedText(words, tuple(show_scores))
        sampling = Sampling(max_tokens=max_tokens)
        super().__init__(
            name,
            readout=GradedProbability(generator, by=name, view=view, sampling=sampling),
            grouping=One(),
            policy=Policy(depth=depth, weight=weight, attempts=attempts, seed=seed),
        )

    @classmethod
    def tiny(cls) -> "ERank":
        return cls(StubLanguageModel())
