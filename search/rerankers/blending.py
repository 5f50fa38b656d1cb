"""How a reranker's scores and the search's are put together, so that signals sum to the score.

Source of the blend: ERank (2025) and GroupRank (2025), which add both after standardising.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from statistics import fmean, pstdev

from search.rerankers.base import is_falling
from search.types import Candidate, Hit, Signal

FLAT = 1e-9  # deviations below this, relative to the mean, are none


def first_stage_scores(candidates: Sequence[Candidate]) -> list[float]:
    """The scores the candidates came with; their places where the scores do not fall.

    After a reranker, or where diversity moved something, only the order counts.
    """
    scores = [candidate.score for candidate in candidates]
    return scores if is_falling(scores) else [-float(i) for i in range(len(candidates))]


def stretched(scores: Sequence[float]) -> list[float]:
    """Scores on a scale of 0 to 1, all 1 where they are alike."""
    if not scores:
        return []
    low, high = min(scores), max(scores)
    if high - low <= FLAT * max(1.0, abs(high)):
        return [1.0] * len(scores)
    return [(score - low) / (high - low) for score in scores]


def never_rising[Scored: (Hit, Candidate)](ranked: Sequence[Scored]) -> list[Scored]:
    """Those ranked in their order; what follows a lower score is lowered to it, with its parts.

    Scores of different stages do not compare; only the order counts.
    """
    found: list[Scored] = []
    for one in ranked:
        least = found[-1].score if found else one.score
        found.append(one if one.score <= least else _lowered(one, least))
    return found


def _lowered[Scored: (Hit, Candidate)](one: Scored, score: float) -> Scored:
    """The same with another score, its parts changed so that they sum to it."""
    total = sum(signal.part for signal in one.signals.values())
    if total > 0:
        parts = {n: replace(s, part=s.part * score / total) for n, s in one.signals.items()}
    else:
        share = (score - total) / max(len(one.signals), 1)
        parts = {n: replace(s, part=s.part + share) for n, s in one.signals.items()}
    return replace(one, score=score, signals=parts)


def blend(
    candidates: Sequence[Candidate],
    scores: Mapping[int, float],
    *,
    name: str,
    weight: float,
    passed_over: frozenset[int] = frozenset(),
    depth: int | None = None,
) -> tuple[Candidate, ...]:
    """The candidates by weight * z(reranker) + (1 - weight) * z(first stage), best first.

    ``scores`` maps places to the reranker's raw scores. Among the first ``depth`` a place without
    a score keeps its first-stage z; places in ``passed_over`` and beyond the depth follow, in
    their order. Both z are moved to start at 0, so that no part is negative; the reranker's part
    is a signal called ``name``. Ties keep the order given. If the reranker's scores do not differ
    the first stage decides alone.
    """
    first = first_stage_scores(candidates)
    depth = len(candidates) if depth is None else min(depth, len(candidates))
    head = [i for i in range(depth) if i not in passed_over]
    z_first = _standardised(first, head)
    z_new = _matched(scores, z_first, head)
    weight = weight if z_new else 0.0
    given = {i: z_new.get(i, z_first[i]) for i in head}
    least_new, least_first = min(given.values(), default=0.0), min(z_first, default=0.0)
    totals, new_parts = {}, {}
    for i in head:
        part = weight * (given[i] - least_new)
        totals[i] = part + (1 - weight) * (z_first[i] - least_first)
        if i in z_new:
            new_parts[i] = part
    order = sorted(head, key=lambda i: (-totals[i], i))
    least = totals[order[-1]] if order else 0.0
    for i in sorted(set(range(len(candidates))) - set(head)):
        least = totals[i] = min(z_first[i] - least_first, least)
        order.append(i)
    ranks = {place: rank for rank, place in enumerate(_by_score(new_parts, scores), start=1)}
    return tuple(
        _signed(candidates[i], totals[i], name, _signal(scores, new_parts, ranks, i)) for i in order
    )


def _standardised(first: Sequence[float], head: Sequence[int]) -> list[float]:
    """z of every score, mean and deviation over the head; 0 where the head is flat."""
    known = [first[i] for i in head]
    if not known:
        return [0.0] * len(first)
    mean, deviation = fmean(known), pstdev(known)
    if deviation <= FLAT * max(1.0, abs(mean)):
        return [min(score - mean, 0.0) for score in first]
    return [(score - mean) / deviation for score in first]


def _matched(
    scores: Mapping[int, float], z_first: Sequence[float], head: Sequence[int]
) -> dict[int, float]:
    """The reranker's z; where only some have a score, on the scale that these have in z_first."""
    places = [i for i in head if i in scores]
    values = [scores[i] for i in places]
    if len(values) < 2:
        return {}
    mean, deviation = fmean(values), pstdev(values)
    if deviation <= FLAT * max(1.0, abs(mean)):
        return {}
    middle, spread = 0.0, 1.0
    if len(places) < len(head):
        known = [z_first[i] for i in places]
        middle, spread = fmean(known), pstdev(known) or 1.0
    return {
        i: middle + spread * (v - mean) / deviation for i, v in zip(places, values, strict=True)
    }


def _by_score(parts: Mapping[int, float], scores: Mapping[int, float]) -> list[int]:
    return sorted(parts, key=lambda i: (-scores[i], i))


def _signal(
    scores: Mapping[int, float], parts: Mapping[int, float], ranks: Mapping[int, int], place: int
) -> Signal | None:
    return Signal(ranks[place], scores[place], parts[place]) if place in parts else None


def _signed(candidate: Candidate, total: float, name: str, new: Signal | None) -> Candidate:
    """The candidate with this score, its old signals sharing what the new one leaves."""
    rest = total - (new.part if new else 0.0)
    old = candidate.signals or {"search": Signal(1, candidate.score, candidate.score)}
    parts = {key: max(signal.part, 0.0) for key, signal in old.items()}
    whole = sum(parts.values())
    signals = {
        key: Signal(
            signal.rank, signal.raw, rest * (parts[key] / whole if whole > 0 else 1 / len(old))
        )
        for key, signal in old.items()
    }
    if new is not None:
        before = signals.get(name)
        part = new.part + (before.part if before else 0.0)
        signals[name] = Signal(new.rank, new.raw, part)
    return replace(candidate, score=total, signals=signals)
