"""What a score means: against the library at large, and as a chance once pairs are judged."""

import json
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from math import log, sqrt
from statistics import fmean, pstdev
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

LEAST_SAMPLE = 30  # passages of a random sample
LEAST_PAIRS = 50  # judged pairs
Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Background:
    """One query's scores on a random sample of the library, lowest first."""

    scores: tuple[float, ...]
    mean: float
    deviation: float

    @classmethod
    def of(cls, sample: Sequence[float]) -> "Background":
        """Raises ValueError when the sample has fewer than 30 scores."""
        if len(sample) < LEAST_SAMPLE:
            raise ValueError(f"The sample has {len(sample)} scores; {LEAST_SAMPLE} are needed.")
        return cls(tuple(sorted(sample)), fmean(sample), pstdev(sample))

    def deviations(self, score: float) -> float:
        """How many deviations the score stands above the sample's mean; 0 if all are alike."""
        if self.deviation <= 1e-12 * max(1.0, abs(self.mean)):
            return 0.0
        return (score - self.mean) / self.deviation

    def tail(self, score: float) -> float:
        """The share of the library that scores as high or higher: in (0, 1], never 0.

        (1 + sampled scores >= score) / (1 + sample), the estimate that is never too small.
        """
        above = len(self.scores) - bisect_left(self.scores, score)
        return (1 + above) / (1 + len(self.scores))


@dataclass(frozen=True, slots=True)
class Isotonic:
    """A chance for each score, never falling as the score rises. Ends are held level."""

    scores: tuple[float, ...]
    chances: tuple[float, ...]
    pairs: int = 0

    def chance(self, score: float) -> float:
        """0..1, between the fitted points in proportion."""
        return float(np.interp(score, self.scores, self.chances))

    def to_json(self) -> str:
        return json.dumps(asdict(self), sort_keys=True)

    @classmethod
    def from_json(cls, text: str) -> "Isotonic":
        """Raises ValueError when the text is no such map."""
        given: Any = json.loads(text)
        try:
            scores = tuple(float(score) for score in given["scores"])
            chances = tuple(float(chance) for chance in given["chances"])
            pairs = int(given["pairs"])
        except (KeyError, TypeError) as error:
            raise ValueError(f"This is no calibration: {text[:80]!r}.") from error
        rising = all(list(row) == sorted(row) for row in (scores, chances))
        if not scores or len(scores) != len(chances) or not rising:
            raise ValueError(f"This is no calibration: {text[:80]!r} does not rise.")
        return cls(scores, chances, pairs)


def by_chance(passages: float) -> float:
    """Deviations that the best of so many unrelated passages reaches, were scores normal.

    sqrt(2 ln n), but at least 1.
    """
    return max(sqrt(2 * log(max(passages, 1))), 1.0)


def fit_isotonic(
    scores: Sequence[float],
    relevant: Sequence[bool],
    *,
    weights: Sequence[float] | None = None,
    least: int = LEAST_PAIRS,
) -> Isotonic:
    """The never-falling map from scores to chances with the least squared error.

    Equal scores are pooled first. Between pools the map runs straight. A pair counts as often as
    its weight says, once without weights.

    Raises:
        ValueError: fewer than ``least`` pairs, or only relevant or only other ones.

    Source: pool adjacent violators, Ayer et al., 1955, doi:10.1214/aoms/1177728423; for chances
    Zadrozny and Elkan, KDD 2002, doi:10.1145/775047.775151.
    """
    values = np.asarray(scores, dtype=np.float64)
    labels = np.asarray(relevant, dtype=np.float64)
    if len(values) != len(labels):
        raise ValueError(f"There are {len(values)} scores and {len(labels)} labels.")
    if len(values) < least:
        raise ValueError(f"There are {len(values)} judged pairs; {least} are needed.")
    if labels.min() == labels.max():
        raise ValueError("All judged pairs say the same; both kinds are needed.")
    often = np.ones(len(values)) if weights is None else np.asarray(weights, dtype=np.float64)
    points, places = np.unique(values, return_inverse=True)
    counts = np.bincount(places, weights=often)
    means = np.bincount(places, weights=labels * often) / counts
    edges = [
        (edge, chance)
        for low, high, chance in _pooled(points, means, counts)
        for edge in dict.fromkeys((low, high))
    ]
    return Isotonic(
        tuple(edge for edge, _ in edges), tuple(chance for _, chance in edges), len(values)
    )


def expected_calibration_error(chances: ArrayLike, relevant: ArrayLike, *, bins: int = 10) -> float:
    """Mean distance between what was said and what was so, in equal bins of 0..1: 0 is best.

    Source: Naeini, Cooper and Hauskrecht, AAAI 2015, doi:10.1609/aaai.v29i1.9602.
    """
    said, held = _pairs(chances, relevant)
    places = np.minimum((said * bins).astype(int), bins - 1)
    gaps = np.abs(
        np.bincount(places, weights=said, minlength=bins)
        - np.bincount(places, weights=held, minlength=bins)
    )
    return float(gaps.sum() / len(said))


def brier_score(chances: ArrayLike, relevant: ArrayLike) -> float:
    """Mean squared error of the chances: 0 is best, 0.25 says one half to everything.

    Source: Brier, Monthly Weather Review, 1950.
    """
    said, held = _pairs(chances, relevant)
    return float(np.mean((said - held) ** 2))


def risk_coverage(chances: ArrayLike, relevant: ArrayLike) -> tuple[tuple[float, float], ...]:
    """(coverage, risk): the share kept, surest first, and the share of those kept that is wrong.

    One point for each distinct chance, coverage rising to 1.

    Source: El-Yaniv and Wiener, JMLR 2010.
    """
    said, held = _pairs(chances, relevant)
    order = np.argsort(-said, kind="stable")
    counts = np.arange(1, len(said) + 1)
    risks = 1 - np.cumsum(held[order]) / counts
    ends = np.append(np.diff(said[order]) != 0, True)
    return tuple(
        (float(count / len(said)), float(risk))
        for count, risk in zip(counts[ends], risks[ends], strict=True)
    )


def _pairs(chances: ArrayLike, relevant: ArrayLike) -> tuple[Array, Array]:
    said = np.asarray(chances, dtype=np.float64)
    held = np.asarray(relevant, dtype=np.float64)
    if not len(said) or len(said) != len(held):
        raise ValueError(f"There are {len(said)} chances and {len(held)} labels.")
    if said.min() < 0 or said.max() > 1:
        raise ValueError(f"Chances run from 0 to 1, not from {said.min()} to {said.max()}.")
    return said, held


def _pooled(points: Array, means: Array, counts: Array) -> list[tuple[float, float, float]]:
    """Blocks (lowest score, highest score, chance) whose chances rise."""
    blocks: list[list[float]] = []  # low, high, sum, count
    for point, mean, count in zip(points, means, counts, strict=True):
        blocks.append([float(point), float(point), float(mean * count), float(count)])
        while len(blocks) > 1 and blocks[-2][2] * blocks[-1][3] >= blocks[-1][2] * blocks[-2][3]:
            _, high, total, weight = blocks.pop()
            blocks[-1][1] = high
            blocks[-1][2] += total
            blocks[-1][3] += weight
    return [(low, high, min(total / weight, 1.0)) for low, high, total, weight in blocks]
