"""A recipe's refiners, run in their order over candidates whose content is read.

A refiner changes the order, takes what repeats together or adds what stands beside; the scores stay
those of the stage before.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from search.duplicates import fold_duplicates
from search.refiners.aggregation import Place, aggregate
from search.refiners.mmr import mmr
from search.refiners.moments import Moment, moments
from search.refiners.neighbours import neighbours
from search.retrieval.conditions import NO_FILTERS
from search.retrieval.content import hydrate, passages_at
from search.types import Candidate, Filters, Hit, Query, Signal, Step

BESIDE = "neighbours"  # the signal of a passage that only stands beside one that was found
OF = 3  # passages whose neighbours are read
Candidates = tuple[Candidate, ...]


@dataclass(frozen=True, slots=True)
class Scope:
    """Whose question it is and what may be read for it."""

    query: Query
    filters: Filters


def refine(
    query: Query,
    steps: Sequence[Step],
    candidates: Sequence[Candidate],
    *,
    filters: Filters = NO_FILTERS,
) -> Candidates:
    """The candidates after each of the steps; only what passes the filters is added."""
    scope, found = Scope(query, filters), tuple(candidates)
    for step in steps:
        found = _REFINERS[step.name](found, scope, **step.options)
    return found


def _dedupe(candidates: Candidates, scope: Scope) -> Candidates:
    return fold_duplicates(candidates)


def _mmr(candidates: Candidates, scope: Scope, **options: Any) -> Candidates:
    return mmr(candidates, k=scope.query.offset + scope.query.k, **options)


def _aggregate(candidates: Candidates, scope: Scope, **options: Any) -> Candidates:
    """The passages of a document together, documents by what they are worth as a whole."""
    by_key = {one.passage_id: one for one in candidates}
    hits = [Hit(one.passage_id, one.score, one.signals) for one in candidates]
    documents = aggregate(hits, {key: _place(one) for key, one in by_key.items()}, **options)
    return tuple(by_key[hit.passage_id] for document in documents for hit in document.hits)


def _moments(candidates: Candidates, scope: Scope, **options: Any) -> Candidates:
    """The best clip of each moment, from where the moment begins to where it ends."""
    found = moments(candidates, **options)
    shown = {moment.candidates[0].passage_id: moment for moment in found}
    merged = {one.passage_id for moment in found for one in moment.candidates[1:]}
    return tuple(
        _spanned(one, shown[one.passage_id]) if one.passage_id in shown else one
        for one in candidates
        if one.passage_id not in merged
    )


def _spanned(candidate: Candidate, moment: Moment) -> Candidate:
    locator = replace(candidate.locator, start_s=moment.start_s, end_s=moment.end_s)
    return replace(candidate, locator=locator)


def _neighbours(
    candidates: Candidates, scope: Scope, *, of: int = OF, **options: Any
) -> Candidates:
    """The candidates, the first ``of`` followed by what stands beside them in their documents.

    A passage that was found itself stays where it was found.
    """
    known = {_place(one) for one in candidates}
    asked = {place: one for one in candidates[:of] if (place := _place(one))}
    beside = {place: neighbours([place], **options) for place in asked}
    wanted = {place for places in beside.values() for place in places} - known
    keys = passages_at(sorted(wanted), scope.query.corpora, scope.filters)
    keys = {place: key for place, key in keys.items() if key != scope.query.like_passage}
    followed: dict[int, list[Hit]] = {}
    for rank, (place, one) in enumerate(asked.items(), start=1):
        own = [keys.pop(other) for other in sorted(beside[place]) if other in keys]
        part = {BESIDE: Signal(rank, one.score, one.score)}
        followed[one.passage_id] = [Hit(key, one.score, part) for key in own]
    added = hydrate([hit for hits in followed.values() for hit in hits], scope.query.corpora)
    by_key = {one.passage_id: one for one in added}
    found: list[Candidate] = []
    for one in candidates:
        own = [hit.passage_id for hit in followed.get(one.passage_id, ())]
        found += [one, *(by_key[key] for key in own if key in by_key)]
    return tuple(found)


def _place(candidate: Candidate) -> Place:
    return candidate.source.id, candidate.ordinal


_REFINERS: Mapping[str, Callable[..., Candidates]] = {
    "dedupe": _dedupe,
    "moments": _moments,
    "aggregate": _aggregate,
    "neighbours": _neighbours,
    "mmr": _mmr,
}
