"""Overlapping clips of one recording as one moment."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from search.types import Candidate

GAP_S = 1.0  # seconds between two spans that still adjoin


@dataclass(frozen=True, slots=True)
class Moment:
    """A span of time in one document, and the candidates that lie in it, best first."""

    document_id: int
    start_s: float
    end_s: float
    score: float  # of the best candidate
    candidates: tuple[Candidate, ...]


def moments(candidates: Sequence[Candidate], *, gap_s: float = GAP_S) -> tuple[Moment, ...]:
    """The moments of the candidates that have a time, in the order of their best candidate.

    Spans of one document that overlap, or stand at most ``gap_s`` seconds apart, are one moment.
    Candidates without a time belong to none.

    Raises:
        ValueError: ``gap_s`` is negative.
    """
    if gap_s < 0:
        raise ValueError(f"gap_s is {gap_s}; it must not be negative.")
    spans: dict[int, list[tuple[float, float, int]]] = defaultdict(list)
    for place, candidate in enumerate(candidates):
        start_s, end_s = candidate.locator.start_s, candidate.locator.end_s
        if start_s is not None:
            spans[candidate.source.id].append((start_s, max(start_s, end_s or 0.0), place))
    groups = [group for own in spans.values() for group in _grouped(sorted(own), gap_s)]
    groups.sort(key=lambda group: min(place for _, _, place in group))
    return tuple(_moment(group, candidates) for group in groups)


def _grouped(
    spans: Sequence[tuple[float, float, int]], gap_s: float
) -> list[list[tuple[float, float, int]]]:
    """Spans in order of their start, those that touch together."""
    groups: list[list[tuple[float, float, int]]] = []
    reached = float("-inf")
    for span in spans:
        if span[0] > reached + gap_s:
            groups.append([])
        groups[-1].append(span)
        reached = max(reached, span[1])
    return groups


def _moment(group: Sequence[tuple[float, float, int]], candidates: Sequence[Candidate]) -> Moment:
    own = tuple(candidates[place] for place in sorted(place for _, _, place in group))
    return Moment(
        document_id=own[0].source.id,
        start_s=min(start_s for start_s, _, _ in group),
        end_s=max(end_s for _, end_s, _ in group),
        score=own[0].score,
        candidates=own,
    )
