"""Groupwise reranking: scores for ten candidates at once, twice, in groups drawn by chance."""

from collections.abc import Sequence

from search.generators.language_model import LanguageModel, Sampling
from search.generators.stub import StubLanguageModel
from search.rerankers.groupings import Groups
from search.rerankers.policy import Policy
from search.rerankers.prompted import Prompted
from search.rerankers.readout import FencedText
from search.rerankers.readouts.json_scores import JsonScores


class GroupRank(Prompted):
    """Mean of ``repeats`` scores; a group that cannot be read keeps its first-stage scores.

    Source: GroupRank (2025), whose temperature, top-p and weight these are.
    """

    def __init__(
        self,
        generator: LanguageModel | None = None,
        *,
        size: int = 10,
        repeats: int = 2,
        depth: int = 100,
        weight: float = 0.6,
        words: int = 450,
        temperature: float = 0.3,
        top_p: float = 0.8,
        attempts: int = 1,
        seed: int = 0,
        show_scores: Sequence[str] = (),
        name: str = "grouprank",
    ) -> None:
        view = FencedText(words, tuple(show_scores))
        sampling = Sampling(
            max_tokens=16 * size + 256, temperature=temperature, top_p=top_p, seed=seed
        )
        super().__init__(
            name,
            readout=JsonScores(generator, by=name, view=view, sampling=sampling),
            grouping=Groups(size, repeats),
            policy=Policy(depth=depth, weight=weight, attempts=attempts, seed=seed),
        )

    @classmethod
    def tiny(cls) -> "GroupRank":
        return cls(StubLanguageModel(), size=3)
