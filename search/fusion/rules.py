"""The rules of fusion. Every hit keeps each retriever's part of its score."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from statistics import fmean, pstdev

from search.types import Hit, Run, Signal

FLOOR = -2.0  # standard deviations below the mean: where a missing passage is put
STATISTICS_DEPTH = 100
SPREAD = 3.0  # standard deviations on each side that become 0..1
ALIKE = 1e-9  # relative difference below which scores are rounding errors of one score
Parts = list[float]  # one part for each hit of a run, in its order


def zscore(runs: Sequence[Run], *, weights: Mapping[str, float] | None = None) -> list[Hit]:
    """Fuse runs by standardised scores.

    part = weight * (max(z, -2) + 2), z over mean and deviation of the run's top 100; a passage
    missing from a run gets nothing from it, as if it stood two deviations below the mean.
    Ties go to the lower passage id.
    """
    return _fuse(runs, weights, standardised)


def min_max(runs: Sequence[Run], *, weights: Mapping[str, float] | None = None) -> list[Hit]:
    """Fuse runs by scores stretched to 0..1 within the run's top 100; below that 0."""
    return _fuse(runs, weights, _stretched)


def comb_sum(runs: Sequence[Run], *, weights: Mapping[str, float] | None = None) -> list[Hit]:
    """Fuse runs by the plain weighted sum of their scores.

    Source: Fox and Shaw, TREC-2, 1994.
    """
    return _fuse(runs, weights, lambda run: [hit.score for hit in run.hits])


def comb_mnz(runs: Sequence[Run], *, weights: Mapping[str, float] | None = None) -> list[Hit]:
    """Fuse runs by scores stretched to 0..1, summed, times the number of runs that found it.

    A run of weight 0 counts as not asked.

    Source: Fox and Shaw, TREC-2, 1994; stretched as by Lee, SIGIR 1997, doi:10.1145/258525.258587.
    """
    heard = {run.retriever for run in runs if weights is None or weights.get(run.retriever, 1.0)}
    hits = min_max(runs, weights=weights)
    return scale(hits, {hit.passage_id: len(heard & hit.signals.keys()) for hit in hits})


def distribution_based(
    runs: Sequence[Run], *, weights: Mapping[str, float] | None = None
) -> list[Hit]:
    """Fuse runs by scores stretched so that mean - 3 and mean + 3 deviations become 0 and 1.

    Mean and deviation are those of the run's top 100; a run whose scores are all alike gives one
    half to each.

    Source: Mazzeschi, Distribution-Based Score Fusion, 2023.
    """
    return _fuse(runs, weights, _within_three_deviations)


def linear(runs: Sequence[Run], *, weights: Mapping[str, float] | None = None) -> list[Hit]:
    """Fuse runs by standardised scores under fitted weights (see ``fit_linear``).

    The parts are those of ``zscore``. Without weights, all count alike.

    Raises:
        ValueError: there are weights, but none for one of the runs.
    """
    for run in runs:
        if weights is not None and run.retriever not in weights:
            raise ValueError(f"No weight for {run.retriever!r}; known: {', '.join(weights)}.")
    return zscore(runs, weights=weights)


def reciprocal_rank_fusion(
    runs: Sequence[Run], *, weights: Mapping[str, float] | None = None, k: int = 60
) -> list[Hit]:
    """Fuse runs by summed reciprocal rank.

    part = weight / (k + rank), rank from 1. Ties go to the lower passage id.

    Raises:
        ValueError: k < 1, or a weight is negative.

    Source: Cormack, Clarke and Buettcher, SIGIR 2009, doi:10.1145/1571941.1572114.
    """
    if k < 1:
        raise ValueError(f"k is {k}; it must be at least 1.")
    return _fuse(runs, weights, lambda run: [1 / (k + i) for i in range(1, len(run.hits) + 1)])


FUSIONS: Mapping[str, Callable[..., list[Hit]]] = {
    "zscore": zscore,
    "rrf": reciprocal_rank_fusion,
    "min_max": min_max,
    "comb_sum": comb_sum,
    "comb_mnz": comb_mnz,
    "distribution_based": distribution_based,
    "linear": linear,
}


def shares(hit: Hit) -> dict[str, float]:
    """How much of the score each retriever gave: not negative, summing to 1."""
    parts = {name: max(signal.part, 0.0) for name, signal in hit.signals.items()}
    total = sum(parts.values())
    if not parts:
        return {}
    if total <= 0:
        return dict.fromkeys(parts, 1 / len(parts))
    return {name: part / total for name, part in parts.items()}


def scale(hits: Sequence[Hit], factors: Mapping[int, float]) -> list[Hit]:
    """The hits with score and parts multiplied by the factor of their passage, best first again."""
    scaled = []
    for hit in hits:
        factor = factors.get(hit.passage_id, 1.0)
        parts = {
            name: Signal(signal.rank, signal.raw, signal.part * factor)
            for name, signal in hit.signals.items()
        }
        scaled.append(Hit(hit.passage_id, sum(s.part for s in parts.values()), parts))
    return best_first(scaled)


def best_first(hits: Sequence[Hit]) -> list[Hit]:
    """By score, ties by the lower passage id."""
    return sorted(hits, key=lambda hit: (-hit.score, hit.passage_id))


def _fuse(
    runs: Sequence[Run], weights: Mapping[str, float] | None, parts_of: Callable[[Run], Parts]
) -> list[Hit]:
    signals: dict[int, dict[str, Signal]] = defaultdict(dict)
    for run in runs:
        weight = 1.0 if weights is None else weights.get(run.retriever, 1.0)
        if weight < 0:
            raise ValueError(f"The weight of {run.retriever!r} is {weight}; it must not be < 0.")
        for rank, (hit, part) in enumerate(zip(run.hits, parts_of(run), strict=True), start=1):
            signals[hit.passage_id][run.retriever] = Signal(rank, hit.score, weight * part)
    return best_first(
        [Hit(key, sum(s.part for s in found.values()), found) for key, found in signals.items()]
    )


def standardised(run: Run) -> Parts:
    """Deviations above -2 of each hit, 0 for the worst; all 2 when the scores are alike."""
    top = [hit.score for hit in run.hits[:STATISTICS_DEPTH]]
    if not top:
        return []
    mean, deviation = fmean(top), pstdev(top)
    if deviation < ALIKE * max(map(abs, top)) or not deviation:  # nothing to tell them apart
        return [-FLOOR] * len(run.hits)
    return [max((hit.score - mean) / deviation, FLOOR) - FLOOR for hit in run.hits]


def _stretched(run: Run) -> Parts:
    top = [hit.score for hit in run.hits[:STATISTICS_DEPTH]]
    if not top:
        return []
    low, high = min(top), max(top)
    if high - low < ALIKE * max(abs(low), abs(high)) or high == low:
        return [1.0] * len(run.hits)
    return [min(max((hit.score - low) / (high - low), 0.0), 1.0) for hit in run.hits]


def _within_three_deviations(run: Run) -> Parts:
    top = [hit.score for hit in run.hits[:STATISTICS_DEPTH]]
    if not top:
        return []
    mean, deviation = fmean(top), pstdev(top)
    if deviation < ALIKE * max(map(abs, top)) or not deviation:
        return [0.5] * len(run.hits)
    low = mean - SPREAD * deviation
    return [min(max((h.score - low) / (2 * SPREAD * deviation), 0.0), 1.0) for h in run.hits]
