"""How good a ranking is. Gains are linear; what was not judged counts as not relevant."""

from collections.abc import Mapping, Sequence
from math import log2


def ndcg(ranking: Sequence[str], gains: Mapping[str, float], *, k: int) -> float:
    """Normalised discounted cumulative gain of the first ``k``: 0 to 1, as trec_eval and BEIR.

    Source: Järvelin and Kekäläinen, TOIS 2002, doi:10.1145/582415.582418.
    """
    ideal = _discounted(sorted(gains.values(), reverse=True)[:k])
    found = _discounted([gains.get(key, 0.0) for key in ranking[:k]])
    return found / ideal if ideal > 0 else 0.0


def recall(ranking: Sequence[str], gains: Mapping[str, float], *, k: int) -> float:
    """The share of the relevant that stands among the first ``k``."""
    relevant = _relevant(gains)
    return len(relevant & set(ranking[:k])) / len(relevant) if relevant else 0.0


def reciprocal_rank(ranking: Sequence[str], gains: Mapping[str, float], *, k: int = 10) -> float:
    """One over the rank of the first relevant among the first ``k``, else 0."""
    relevant = _relevant(gains)
    ranks = (rank for rank, key in enumerate(ranking[:k], start=1) if key in relevant)
    return 1 / next(ranks, float("inf"))


def average_precision(ranking: Sequence[str], gains: Mapping[str, float], *, k: int = 100) -> float:
    """Precision at each relevant of the first ``k``, summed, over how many could be there."""
    relevant = _relevant(gains)
    found, total = 0, 0.0
    for rank, key in enumerate(ranking[:k], start=1):
        if key in relevant:
            found += 1
            total += found / rank
    return total / min(len(relevant), k) if relevant else 0.0


def percentile(values: Sequence[float], percent: float) -> float:
    """The value below which ``percent`` of the values lie, between neighbours in proportion."""
    ordered = sorted(values)
    if not ordered:
        return 0.0
    place = (len(ordered) - 1) * percent / 100
    low = int(place)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (place - low)


def _relevant(gains: Mapping[str, float]) -> set[str]:
    return {key for key, gain in gains.items() if gain > 0}


def _discounted(gains: Sequence[float]) -> float:
    return sum(max(gain, 0.0) / log2(rank + 1) for rank, gain in enumerate(gains, start=1))
