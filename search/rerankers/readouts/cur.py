"""All scores of a cross-encoder from a few: a row of a matrix, rebuilt from its anchor columns."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from search.errors import ConfigurationError
from search.rerankers.readout import Group, PlainText, Reading, Readout
from search.types import Query

ScorePairs = Callable[[str, Sequence[str]], Sequence[float]]
"""A question and texts in, one score a text out."""


@dataclass(frozen=True, slots=True)
class AnchorTable:
    """Scores of anchor questions with every passage, and which passages are anchors.

    ``scores`` (questions, passages), ``passage_ids`` (passages,), ``anchors``: columns of the
    anchor passages, whose texts are ``anchor_texts``.
    """

    scores: NDArray[np.float64]
    passage_ids: NDArray[np.int64]
    anchors: NDArray[np.int64]
    anchor_texts: tuple[str, ...]

    def approximate(self, known: NDArray[np.float64]) -> NDArray[np.float64]:
        """A question's score with every passage, (passages,), from those with the anchors."""
        return known @ np.linalg.pinv(self.scores[:, self.anchors]) @ self.scores

    @classmethod
    def load(cls, path: Path) -> "AnchorTable":
        """The table that ``save`` wrote.

        Raises:
            ConfigurationError: there is none, or it is damaged.
        """
        try:
            with np.load(path, allow_pickle=False) as held:
                texts = tuple(str(text) for text in held["anchor_texts"])
                return cls(held["scores"], held["passage_ids"], held["anchors"], texts)
        except (OSError, KeyError, ValueError) as error:
            raise ConfigurationError(f"{path} is no table of anchor scores: {error}.") from error

    def save(self, path: Path) -> None:
        """Write the table as an .npz file."""
        np.savez_compressed(
            path,
            scores=self.scores,
            passage_ids=self.passage_ids,
            anchors=self.anchors,
            anchor_texts=np.array(self.anchor_texts, dtype=np.str_),
        )


def build_table(
    score: ScorePairs,
    questions: Sequence[str],
    passages: Sequence[tuple[int, str]],
    *,
    anchors: int = 50,
    seed: int = 0,
) -> AnchorTable:
    """Score every anchor question with every passage (id, text); anchors are drawn by ``seed``."""
    texts = [text for _, text in passages]
    chosen = np.random.default_rng(seed).permutation(len(passages))[:anchors]
    return AnchorTable(
        np.array([score(question, texts) for question in questions], dtype=np.float64),
        np.array([key for key, _ in passages], dtype=np.int64),
        chosen.astype(np.int64),
        tuple(texts[i] for i in chosen),
    )


class Cur(Readout):
    """Approximate scores for all, then true ones for the best ``exact``.

    A passage that the table does not know is scored truly, as far as ``exact`` reaches.

    Source: Yadav et al., EMNLP 2022, arXiv:2210.12579.
    """

    def __init__(
        self, score: ScorePairs, table: AnchorTable, *, exact: int = 20, words: int = 400
    ) -> None:
        self._score, self._table, self._exact = score, table, exact
        self._columns = {int(key): i for i, key in enumerate(table.passage_ids)}
        self._view = PlainText(words)

    def read(
        self, query: Query, groups: Sequence[Group], *, left_s: float | None = None, seed: int = 0
    ) -> list[Reading]:
        return [self._reading(query, group) for group in groups]

    def _reading(self, query: Query, group: Group) -> Reading:
        known = np.array(self._score(query.text, self._table.anchor_texts), dtype=np.float64)
        approximate = self._table.approximate(known)
        columns = [self._columns.get(candidate.passage_id) for candidate in group]
        values = {i: float(approximate[c]) for i, c in enumerate(columns) if c is not None}
        unknown = [i for i in range(len(group)) if i not in values]
        first = [*unknown, *sorted(values, key=lambda i: (-values[i], i))][: self._exact]
        if first:
            texts = self._view.of([group[i] for i in first], [""] * len(first))
            true = self._score(query.text, texts)
            values |= {i: float(score) for i, score in zip(first, true, strict=True)}
        return Reading(values, len(group), calls=len(known) + len(first))
