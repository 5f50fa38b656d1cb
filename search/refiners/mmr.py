"""Diversity: what is near to the question and far from what already stands above it."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from search.generators.terms import content_terms, stems
from search.types import Candidate

BALANCE = 0.7
Likeness = NDArray[np.float64]


def mmr(
    candidates: Sequence[Candidate],
    *,
    k: int,
    balance: float = BALANCE,
    vectors: Mapping[int, ArrayLike] | None = None,
) -> tuple[Candidate, ...]:
    """All candidates, the first ``k`` chosen for relevance and for what they add.

    Each place goes to the largest balance * relevance - (1 - balance) * likeness to the nearest
    one above, relevance being the score stretched to 0..1; ties keep the order. The rest follows in
    its order. Likeness is the cosine of ``vectors`` (by passage id) where both have one, and the
    Jaccard overlap of content words otherwise. ``balance`` 1 changes nothing.

    Raises:
        ValueError: ``balance`` is not in 0..1.

    Source: Carbonell and Goldstein, SIGIR 1998, doi:10.1145/290941.291025.
    """
    if not 0 <= balance <= 1:
        raise ValueError(f"balance is {balance}; it must be 0 to 1.")
    if not candidates:
        return ()
    relevance = _stretched([candidate.score for candidate in candidates])
    likeness = _likeness(candidates, vectors or {})
    nearest = np.zeros(len(candidates))
    left = np.ones(len(candidates), dtype=bool)
    chosen: list[int] = []
    for _ in range(min(k, len(candidates))):
        worth = np.where(left, balance * relevance - (1 - balance) * nearest, -np.inf)
        best = int(np.argmax(worth))
        chosen.append(best)
        left[best] = False
        nearest = np.maximum(nearest, likeness[best])
    rest = [place for place in range(len(candidates)) if left[place]]
    return tuple(candidates[place] for place in [*chosen, *rest])


def _stretched(scores: Sequence[float]) -> Likeness:
    """0..1 from the lowest to the highest; equal scores are all 1."""
    values = np.asarray(scores, dtype=np.float64)
    span = values.max() - values.min()
    stretched: Likeness = (values - values.min()) / span if span > 0 else np.ones(len(values))
    return stretched


def _likeness(candidates: Sequence[Candidate], vectors: Mapping[int, ArrayLike]) -> Likeness:
    """(candidates, candidates), 0..1."""
    words = [stems(content_terms(c.text, c.source.language or "en")) for c in candidates]
    found = np.array([[_jaccard(one, other) for other in words] for one in words])
    placed = [place for place, c in enumerate(candidates) if c.passage_id in vectors]
    if placed:
        rows = np.stack([np.asarray(vectors[candidates[p].passage_id], float) for p in placed])
        rows /= np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-9)  # (placed, dim)
        found[np.ix_(placed, placed)] = np.clip(rows @ rows.T, 0.0, 1.0)
    return found


def _jaccard(one: frozenset[str], other: frozenset[str]) -> float:
    together = len(one | other)
    return len(one & other) / together if together else 0.0
