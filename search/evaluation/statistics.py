"""What a mean over queries is worth: bootstrap intervals, paired differences, Holm.

Queries are drawn anew, with replacement, RESAMPLES times; the same seed draws the same queries for
both sides of a difference. Source: Efron and Tibshirani, 1993 (percentile interval); Smucker,
Allan and Carterette, CIKM 2007, doi:10.1145/1321440.1321528 (for information retrieval).
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

RESAMPLES = 10_000
LEVEL = 0.95
SEED = 20_240
LEAST_QUERIES = 30  # with fewer, nothing is claimed
NOTHING = "no difference shown"
TOO_FEW = f"fewer than {LEAST_QUERIES} queries, no claim"
_AT_ONCE = 500_000  # draws held in memory
Rows = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Interval:
    """A mean and where it may lie, at 95 %."""

    mean: float
    low: float
    high: float
    queries: int


@dataclass(frozen=True, slots=True)
class Difference:
    """Ours minus the baseline's, by query. ``p`` is two-sided; ``p_holm`` counts its sisters."""

    mean: float
    low: float
    high: float
    p: float
    p_holm: float
    queries: int
    wins: int
    losses: int
    ties: int

    @property
    def is_shown(self) -> bool:
        """The interval leaves 0 out, also after Holm, and there are queries enough."""
        apart = not self.low <= 0 <= self.high
        return apart and self.p_holm <= 1 - LEVEL and self.queries >= LEAST_QUERIES

    @property
    def verdict(self) -> str:
        """What may be said: better, worse, or that nothing may."""
        if self.queries < LEAST_QUERIES:
            return TOO_FEW
        if not self.is_shown:
            return NOTHING
        return "better" if self.mean > 0 else "worse"


def mean_intervals(
    table: Mapping[str, Sequence[float]], *, resamples: int = RESAMPLES, seed: int = SEED
) -> dict[str, Interval]:
    """The interval of the mean of each column; all columns have one value for each query.

    Raises:
        ValueError: a column is empty, or they are not of one length.
    """
    if not table:
        return {}
    values = _columns(table)
    low, high = _ends(_resampled_means(values, resamples=resamples, seed=seed))
    means = values.mean(axis=0)
    return {
        name: Interval(float(means[i]), float(low[i]), float(high[i]), len(values))
        for i, name in enumerate(table)
    }


def mean_interval(
    values: Sequence[float], *, resamples: int = RESAMPLES, seed: int = SEED
) -> Interval:
    """The interval of one mean; raises as ``mean_intervals`` does."""
    return mean_intervals({"": values}, resamples=resamples, seed=seed)[""]


def differences(
    ours: Mapping[str, Sequence[float]],
    baseline: Mapping[str, Sequence[float]],
    *,
    resamples: int = RESAMPLES,
    seed: int = SEED,
) -> dict[str, Difference]:
    """Ours against the baseline, column by column, paired by query; Holm over the columns.

    Raises:
        ValueError: the two do not have the same columns, of one length.
    """
    if ours.keys() != baseline.keys():
        raise ValueError(f"{sorted(ours)} cannot be compared with {sorted(baseline)}.")
    if not ours:
        return {}
    change = _columns(ours) - _columns({name: baseline[name] for name in ours})
    means = _resampled_means(change, resamples=resamples, seed=seed)
    low, high = _ends(means)
    found = {
        name: _difference(change[:, i], means[:, i], (float(low[i]), float(high[i])))
        for i, name in enumerate(ours)
    }
    return corrected(found)


def corrected(found: Mapping[str, Difference]) -> dict[str, Difference]:
    """The differences with ``p_holm`` worked out over all of them."""
    adjusted = holm([one.p for one in found.values()])
    pairs = zip(found.items(), adjusted, strict=True)
    return {name: replace(one, p_holm=p_holm) for (name, one), p_holm in pairs}


def holm(p_values: Sequence[float]) -> list[float]:
    """The p-values adjusted for being one of several, in the order given.

    Source: Holm, Scandinavian Journal of Statistics 6, 1979.
    """
    count = len(p_values)
    adjusted = [0.0] * count
    highest = 0.0
    for place, i in enumerate(sorted(range(count), key=lambda i: p_values[i])):
        highest = max(highest, min(1.0, (count - place) * p_values[i]))
        adjusted[i] = highest
    return adjusted


def _difference(change: Rows, means: Rows, ends: tuple[float, float]) -> Difference:
    p = _two_sided(means) if np.any(change) else 1.0
    return Difference(
        mean=float(change.mean()),
        low=ends[0],
        high=ends[1],
        p=p,
        p_holm=p,
        queries=len(change),
        wins=int((change > 0).sum()),
        losses=int((change < 0).sum()),
        ties=int((change == 0).sum()),
    )


def _two_sided(means: Rows) -> float:
    """Twice the share of resamples on the other side of 0, never nothing."""
    total = len(means) + 1
    side = min(int((means <= 0).sum()), int((means >= 0).sum())) + 1
    return min(1.0, 2 * side / total)


def _ends(means: Rows) -> tuple[Rows, Rows]:
    rest = (1 - LEVEL) / 2
    low, high = np.quantile(means, [rest, 1 - rest], axis=0)
    return low, high


def _columns(table: Mapping[str, Sequence[float]]) -> Rows:
    lengths = {len(column) for column in table.values()}
    if len(lengths) != 1 or 0 in lengths:
        raise ValueError(f"One value for each query is needed, not columns of {sorted(lengths)}.")
    return np.array(list(table.values()), np.float64).T  # (queries, columns)


def _resampled_means(values: Rows, *, resamples: int, seed: int) -> Rows:
    """(queries, columns) -> (resamples, columns)."""
    draws = _draws(len(values), resamples, np.random.default_rng(seed))
    return np.concatenate([counts @ values for counts in draws]) / len(values)


def _draws(queries: int, resamples: int, random: np.random.Generator) -> Iterator[Rows]:
    """How often each query was drawn: (some resamples, queries), until all are done."""
    some = max(1, _AT_ONCE // queries)
    for start in range(0, resamples, some):
        rows = min(some, resamples - start)
        drawn = random.integers(0, queries, (rows, queries))  # (rows, queries)
        drawn += np.arange(rows)[:, None] * queries
        counts = np.bincount(drawn.ravel(), minlength=rows * queries)
        yield counts.reshape(rows, queries).astype(np.float64)
