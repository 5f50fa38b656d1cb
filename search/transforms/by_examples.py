"""Search by marked examples: near the good ones, away from the bad ones, in several spaces."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from search.transforms.prf import Vector, unit

PENALTY = 0.5  # of the nearest negative example
TEMPERATURE = 0.1
ENOUGH = 3  # examples from which the weights of the spaces are learned
Rows = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Examples:
    """Marked items in one space: unit rows, (examples, dim); the negative may be none."""

    positive: ArrayLike
    negative: ArrayLike = ()


def prototype(examples: Examples, *, penalty: float = PENALTY) -> Vector:
    """A unit vector to search with: mean of the positive less a share of the mean negative.

    Raises:
        ValueError: there is no positive example, or nothing is left of them.

    Source: Snell, Swersky and Zemel, Prototypical Networks, 2017, arXiv:1703.05175.
    """
    positive, negative = _rows(examples)
    mean = positive.mean(axis=0)
    return unit(mean - penalty * negative.mean(axis=0) if len(negative) else mean)


def score_by_examples(
    candidates: Mapping[str, ArrayLike],
    examples: Mapping[str, Examples],
    *,
    penalty: float = PENALTY,
) -> Rows:
    """How like the examples each candidate is, over all spaces: (candidates,).

    score = sum over spaces of weight * (cosine to the prototype - penalty * largest cosine to a
    negative example, if above 0). ``candidates`` holds unit rows by space, (candidates, dim).

    Raises:
        ValueError: a space has candidates but no examples.
    """
    missing = sorted(candidates.keys() - examples.keys())
    if missing:
        raise ValueError(f"There are no examples in the space {missing[0]!r}.")
    weights = space_weights({space: examples[space] for space in candidates})
    total: Rows = np.zeros(0)
    for space, given in candidates.items():
        rows = np.asarray(given, dtype=np.float64)
        positive, negative = _rows(examples[space])
        near = rows @ unit(positive.mean(axis=0))
        away = np.maximum(rows @ negative.T, 0.0).max(axis=1) if len(negative) else 0.0
        part = weights[space] * (near - penalty * away)
        total = total + part if len(total) else part
    return total


def space_weights(examples: Mapping[str, Examples]) -> dict[str, float]:
    """How well each space tells the examples apart, summing to 1; alike with fewer than three.

    The measure is the mean chance, by a softmax over cosines, that an example left out is given
    back to its own side. It needs two positive examples and a negative one.
    """
    chances = {space: _left_out_chance(one) for space, one in examples.items()}
    total = sum(chances.values())
    return {space: chance / total for space, chance in chances.items()}


def _left_out_chance(examples: Examples) -> float:
    """One half, a guess, when there are too few examples to tell."""
    positive, negative = _rows(examples)
    if len(positive) + len(negative) < ENOUGH or len(positive) < 2 or not len(negative):
        return 0.5
    chances = [
        _chance(row, _without(positive, place), negative) for place, row in enumerate(positive)
    ]
    if len(negative) > 1:
        chances += [
            _chance(row, _without(negative, place), positive) for place, row in enumerate(negative)
        ]
    return float(np.mean(chances))


def _chance(row: Rows, own: Rows, other: Rows) -> float:
    cosines = [row @ side.mean(axis=0) / max(_length(side), 1e-9) for side in (own, other)]
    return float(1 / (1 + np.exp((cosines[1] - cosines[0]) / TEMPERATURE)))


def _length(side: Rows) -> float:
    return float(np.linalg.norm(side.mean(axis=0)))


def _without(rows: Rows, place: int) -> Rows:
    return np.delete(rows, place, axis=0)


def _rows(examples: Examples) -> tuple[Rows, Rows]:
    positive = np.asarray(examples.positive, dtype=np.float64)
    if not positive.size:
        raise ValueError("There is no positive example.")
    positive = np.atleast_2d(positive)
    negative = np.asarray(examples.negative, dtype=np.float64).reshape(-1, positive.shape[1])
    return positive, negative
