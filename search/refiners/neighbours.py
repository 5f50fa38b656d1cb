"""The passages beside a found one: what stands before and after it in its document."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from search.refiners.aggregation import Place
from search.types import Candidate


class NeighbourSource(Protocol):
    """Who can read passages by their place; it leaves out what is not there or may not be seen."""

    def passages_at(self, places: Sequence[Place]) -> Sequence[Candidate]:
        """The candidates at these places, in the order of the places."""


def neighbours(
    found: Sequence[Place],
    *,
    before: int = 1,
    after: int = 1,
    lengths: Mapping[int, int] | None = None,
    most: int | None = None,
) -> tuple[Place, ...]:
    """The places to add beside those found: nearer ones first, then in the order of the found.

    None is given twice, none that was found itself, none before the first passage and, where
    ``lengths`` (document id → number of passages) says so, none after the last. At most ``most``.

    Raises:
        ValueError: ``before`` or ``after`` is negative.
    """
    if before < 0 or after < 0:
        raise ValueError(f"before is {before} and after {after}; neither may be negative.")
    steps = [*range(-before, 0), *range(1, after + 1)]
    taken = set(found)
    added: dict[Place, None] = {}
    for step in sorted(steps, key=lambda step: (abs(step), step)):
        for document, ordinal in found:
            place = (document, ordinal + step)
            if place not in taken and _is_inside(place, lengths or {}):
                added.setdefault(place)
    return tuple(added)[:most]


def _is_inside(place: Place, lengths: Mapping[int, int]) -> bool:
    document, ordinal = place
    return 0 <= ordinal < lengths.get(document, ordinal + 1)
