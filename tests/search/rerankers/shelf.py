"""Candidates and questions that the tests of rerankers share."""

import numpy as np

from search.rerankers.readouts.vectors import Rows
from search.types import Candidate, Query, Signal
from tests.search.passages import candidate

HERON = Query(text="which heron eats a frog by the lake?")
TEXTS = [
    "an owl at night",
    "reed and grass",
    "a heron by the lake",
    "nothing of note",
    "the heron eats a frog by the lake",
    "lake lake lake",
    "egg and nest",
]


def shelf(count: int = 7, *, texts: list[str] | None = None) -> list[Candidate]:
    """Candidates 1, 2, …, whose first-stage scores fall from first to last."""
    words = texts or TEXTS
    return [
        candidate(
            words[place % len(words)],
            place + 1,
            score=float(2 * count - place),
            signals={
                "bm25": Signal(place + 1, float(count - place), float(count - place)),
                "dense": Signal(1, 0.5, float(count)),
            },
        )
        for place in range(count)
    ]


def ids(candidates: list[Candidate] | tuple[Candidate, ...]) -> list[int]:
    """The passages in their order."""
    return [one.passage_id for one in candidates]


def grade(passage: str) -> float:
    """The number behind the word "grade" in a passage, as an oracle knows it, 0..1."""
    words = passage.split()
    return float(words[words.index("grade") + 1]) if "grade" in words else 0.0


def oracle(query: str, passage: str) -> float:
    return grade(passage)


def unit_rows(count: int, dim: int, seed: int = 0) -> Rows:
    """Unit rows drawn by a seed, (count, dim)."""
    rows = np.random.default_rng(seed).standard_normal((count, dim))
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)
