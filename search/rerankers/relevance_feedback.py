"""Reranking that teaches the question: its vector moves until it ranks as the reranker does."""

from collections.abc import Mapping, Sequence
from copy import copy
from typing import ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from search.errors import ConfigurationError
from search.rerankers.base import Deadline, Presence, Report, Reranked, Reranker
from search.rerankers.groupings import All
from search.rerankers.harness import Harness
from search.rerankers.hashed import HashedSentences
from search.rerankers.policy import Policy
from search.rerankers.readout import Group, Reading, Readout
from search.rerankers.readouts.vectors import (
    HeldVectors,
    PassageVectors,
    Rows,
    SentenceEncoder,
)
from search.rerankers.term_overlap import TermOverlap
from search.types import Candidate, Query

MOMENTUM, SPREAD, TINY = 0.9, 0.999, 1e-8  # Adam's constants
MOST_STEPS = 100


def taught(
    query: Rows, passages: Rows, scores: Sequence[float], *, steps: int = 100, rate: float = 0.005
) -> Rows:
    """The question's vector, (dim,), moved toward what ``scores`` say of the passages, (n, dim).

    Adam on KL(teacher || student) over the passages; the teacher's scores are stretched to the
    range of the student's. No steps leave the vector as it is; else it has length 1.

    Source: Reddy et al., FIRST, EMNLP 2024, arXiv:2406.15657.
    """
    if steps <= 0 or len(passages) < 2:
        return query
    rows = passages.astype(np.float64)
    vector = query.astype(np.float64)
    wanted = _softmax(_in_range_of(np.asarray(scores, dtype=np.float64), rows @ vector))
    first, second = np.zeros_like(vector), np.zeros_like(vector)
    for step in range(1, min(steps, MOST_STEPS) + 1):
        slope = rows.T @ (_softmax(rows @ vector) - wanted)
        first = MOMENTUM * first + (1 - MOMENTUM) * slope
        second = SPREAD * second + (1 - SPREAD) * slope**2
        pace = np.sqrt(second / (1 - SPREAD**step)) + TINY
        vector -= rate * (first / (1 - MOMENTUM**step)) / pace
    return (vector / max(float(np.linalg.norm(vector)), 1e-12)).astype(np.float32)


def _softmax(scores: NDArray[np.float64]) -> NDArray[np.float64]:
    shares = np.exp(scores - scores.max())
    return shares / shares.sum()


def _in_range_of(scores: NDArray[np.float64], model: NDArray[np.float64]) -> NDArray[np.float64]:
    spread = scores.max() - scores.min()
    if spread < 1e-12:
        return np.full_like(scores, model.mean())
    return model.min() + (scores - scores.min()) / spread * (model.max() - model.min())


class RelevanceFeedback(Reranker):
    """A ``teacher`` reranks the first ``taught_on``; the moved question reranks all of them.

    Works with any teacher. Passage vectors come by ``with_vectors``. For a second retrieval with
    the moved vector, call ``improved``.
    """

    needs: ClassVar[Mapping[str, str]] = {"teacher": "RERANKERS", "encoder": "ENCODERS"}

    def __init__(
        self,
        teacher: Reranker | None = None,
        *,
        encoder: SentenceEncoder | None = None,
        vectors: PassageVectors | None = None,
        taught_on: int = 20,
        steps: int = 100,
        rate: float = 0.005,
        depth: int = 100,
        weight: float = 0.5,
        name: str = "relevance_feedback",
    ) -> None:
        if teacher is None or encoder is None:
            raise ConfigurationError(f"{name} needs a teacher (a reranker) and an encoder.")
        if not 0 <= steps <= MOST_STEPS:
            raise ConfigurationError(f"steps is {steps}; it is from 0 to {MOST_STEPS}.")
        self.name, self._teacher, self._encoder = name, teacher, encoder
        self._vectors, self._taught_on, self._steps, self._rate = vectors, taught_on, steps, rate
        self._policy = Policy(depth=depth, weight=weight)

    @property
    def fingerprint(self) -> str:
        """The space whose vectors it can read."""
        return str(getattr(self._encoder, "fingerprint", ""))

    def with_vectors(self, vectors: PassageVectors) -> Self:
        """The same reranker, reading these vectors."""
        other = copy(self)
        other._vectors = vectors
        return other

    def improved(
        self, query: Query, candidates: Sequence[Candidate], *, deadline: Deadline | None = None
    ) -> tuple[Rows, Report]:
        """The question's unit vector after teaching, (dim,), and what the teacher reports."""
        asked = self._encoder.encode_queries([query.text])[0]
        if self._steps == 0 or not candidates:
            return asked, Report()
        ranked = self._teacher.rerank(query, candidates[: self._taught_on], deadline=deadline)
        known = [
            (row, candidate.score)
            for row, candidate in zip(self._rows(ranked.candidates), ranked.candidates, strict=True)
            if row is not None
        ]
        if len(known) < 2:
            return asked, ranked.report
        rows, scores = np.array([row for row, _ in known]), [score for _, score in known]
        return taught(asked, rows, scores, steps=self._steps, rate=self._rate), ranked.report

    def rerank(
        self, query: Query, candidates: Sequence[Candidate], *, deadline: Deadline | None = None
    ) -> Reranked:
        if self._steps == 0:
            return Reranked(tuple(candidates))
        head = candidates[: self._policy.depth]
        rows = zip([c.passage_id for c in head], self._rows(head), strict=True)
        held = HeldVectors({key: row for key, row in rows if row is not None})
        vector, report = self.with_vectors(held).improved(query, head, deadline=deadline)
        cosines = _Cosines(vector, held)
        harness = Harness(self.name, readout=cosines, grouping=All(), policy=self._policy)
        ranked = harness.rerank(query, candidates, deadline=deadline)
        return Reranked(ranked.candidates, report + ranked.report)

    def _rows(self, candidates: Group) -> Sequence[Rows | None]:
        if self._vectors is not None:
            return self._vectors.of([candidate.passage_id for candidate in candidates])
        texts = [candidate.text for candidate in candidates]
        return list(self._encoder.encode_documents(texts)) if texts else []

    @classmethod
    def presence(cls, **options: object) -> Presence:
        for part, kind in (("teacher", "RERANKERS"), ("encoder", "ENCODERS")):
            if not options.get(part):
                return Presence(False, f"No {part} is named.", f'Name one of {kind} as "{part}".')
        return Presence(True, f"{options['teacher']} teaches {options['encoder']}")

    @classmethod
    def tiny(cls) -> "RelevanceFeedback":
        return cls(TermOverlap(), encoder=HashedSentences(), steps=20)


class _Cosines(Readout):
    """Cosine of every candidate with one vector."""

    def __init__(self, vector: Rows, vectors: PassageVectors) -> None:
        self._vector, self._vectors = vector, vectors

    def read(
        self, query: Query, groups: Sequence[Group], *, left_s: float | None = None, seed: int = 0
    ) -> list[Reading]:
        readings = []
        for group in groups:
            rows = self._vectors.of([candidate.passage_id for candidate in group])
            values = {i: float(row @ self._vector) for i, row in enumerate(rows) if row is not None}
            readings.append(Reading(values, len(group), calls=0))
        return readings
