"""The attention a question pays to each candidate, less what an empty question pays."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from search.generators.language_model import Ability, LanguageModel, require
from search.rerankers.prompting import prompt_file
from search.rerankers.readout import Group, Reading, Readout, View, numbers
from search.rerankers.readouts.asking import question
from search.types import Query

EMPTY_QUESTION = "N/A"
OUTLIER = 2.0  # deviations below its mean at which a token of a candidate is dropped


class QueryAttention(Readout):
    """In-context re-ranking: candidates first, the question last, no word written.

    Source: Chen, Gutiérrez and Su, ICLR 2025, arXiv:2410.02642.
    """

    def __init__(self, generator: LanguageModel | None, *, by: str, view: View[str]) -> None:
        self._model = require(generator, Ability.QUERY_ATTENTION, by=by)
        task = prompt_file("attention")
        self._view, self._task = view, task.parts["user"].rstrip() + " "
        self.fingerprint = task.fingerprint

    def read(
        self, query: Query, groups: Sequence[Group], *, left_s: float | None = None, seed: int = 0
    ) -> list[Reading]:
        return [self._reading(query, group) for group in groups]

    def _reading(self, query: Query, group: Group) -> Reading:
        documents = self._view.of(group, numbers(len(group)))
        asked, empty = self._model.query_attention(
            documents, self._task, [question(query), EMPTY_QUESTION]
        )
        values = {i: calibrated(asked[i], empty[i]) for i in range(len(group))}
        return Reading(values, len(group), calls=2, tokens=sum(map(len, asked)))


def calibrated(asked: NDArray[np.float64], empty: NDArray[np.float64]) -> float:
    """Sum over tokens of the difference, without those far below the mean; (tokens,) both."""
    extra = asked - empty
    if not extra.size:
        return 0.0
    return float(extra[extra >= extra.mean() - OUTLIER * extra.std()].sum())
