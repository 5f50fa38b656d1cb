"""From passages to documents: what a document is worth, given what its passages are."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Literal

from search.types import Hit

Rule = Literal["max", "first", "top3"]
Place = tuple[int, int]
"""Document id, and the ordinal of a passage in it."""


@dataclass(frozen=True, slots=True)
class DocumentHit:
    """A document with its score and those of its passages that were found, best first."""

    document_id: int
    score: float
    hits: tuple[Hit, ...]


def aggregate(
    hits: Sequence[Hit], places: Mapping[int, Place], *, rule: Rule = "max"
) -> tuple[DocumentHit, ...]:
    """The documents of the hits, best first; ties go to the document of the earlier hit.

    "max" takes the best passage, "first" the earliest one found, "top3" the mean of the best three
    found, or of fewer. ``places`` says for each passage id where it stands.

    Raises:
        ValueError: there is no such rule.
        KeyError: a hit has no place.

    Source: MaxP and FirstP, Dai and Callan, SIGIR 2019, doi:10.1145/3331184.3331303.
    """
    score_of = _RULES.get(rule)
    if score_of is None:
        raise ValueError(f"There is no rule {rule!r}; choose one of {', '.join(_RULES)}.")
    found: dict[int, list[Hit]] = defaultdict(list)
    for hit in hits:
        found[places[hit.passage_id][0]].append(hit)
    documents = [
        DocumentHit(key, score_of(own, places), tuple(sorted(own, key=lambda hit: -hit.score)))
        for key, own in found.items()
    ]
    return tuple(sorted(documents, key=lambda document: -document.score))


def _best(hits: Sequence[Hit], places: Mapping[int, Place]) -> float:
    return max(hit.score for hit in hits)


def _earliest(hits: Sequence[Hit], places: Mapping[int, Place]) -> float:
    return min(hits, key=lambda hit: places[hit.passage_id][1]).score


def _mean_of_three(hits: Sequence[Hit], places: Mapping[int, Place]) -> float:
    return fmean(sorted((hit.score for hit in hits), reverse=True)[:3])


_RULES: Mapping[str, Callable[[Sequence[Hit], Mapping[int, Place]], float]] = {
    "max": _best,
    "first": _earliest,
    "top3": _mean_of_three,
}
