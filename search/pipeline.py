"""The walk of a query: plan, retrieve, fuse, hydrate."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from search import planning
from search.duplicates import fold_duplicates
from search.errors import NotVisibleError, QueryError
from search.fusion import FUSIONS, scale
from search.models import Passage
from search.retrieval.content import hydrate
from search.retrieval.facets import FIELDS, Facets, count_facets
from search.retrieval.hybrid import Retrieved, retrieve, weight_of
from search.types import Candidate, Hit, Plan, Query

LEAST_READ = 60  # passages whose content is read
READ_AHEAD = 3  # times what is shown: duplicates fold, and passages of one document may too


@dataclass(frozen=True, slots=True)
class Ranked:
    """Ids in their order, before any content is read."""

    plan: Plan
    hits: tuple[Hit, ...]
    retrieved: Retrieved


@dataclass(frozen=True, slots=True)
class Found:
    """What a query found: candidates best first, near-duplicates folded."""

    plan: Plan
    candidates: tuple[Candidate, ...]
    total: int  # passages that hold one of the words or are near in meaning
    facets: Facets = field(default_factory=dict)
    degraded: tuple[str, ...] = ()
    timings: Mapping[str, float] = field(default_factory=dict)  # stage -> ms


def find(query: Query) -> Found:
    """Answer a query over the corpora in it, which are those the asker may see.

    Raises:
        QueryError: nothing to look for, or no such recipe.
        NotVisibleError: the passage to look like is not in these corpora.
    """
    return complete(query, rank(query))


def complete(query: Query, ranked: Ranked) -> Found:
    """Read the content of what was ranked, fold near-duplicates, count facets."""
    clock = _Clock(dict(ranked.retrieved.timings))
    shown = max(LEAST_READ, READ_AHEAD * (query.offset + query.k))
    candidates = fold_duplicates(hydrate(ranked.hits[:shown], query.corpora))
    clock.note("hydrate")
    total, facets = _count(query, ranked)
    clock.note("facets")
    return Found(
        plan=ranked.plan,
        candidates=candidates,
        total=total,
        facets=facets,
        degraded=tuple(ranked.retrieved.degraded),
        timings=clock.timings,
    )


def rank(query: Query) -> Ranked:
    """Plan, retrieve and fuse; raises as ``find`` does."""
    plan = planning.plan(query)
    _check(query)
    if not query.corpora:
        return Ranked(plan, (), Retrieved(degraded=list(plan.notes)))
    retrieved = retrieve(query, plan)
    start = time.perf_counter()
    hits = _fuse(query, plan, retrieved)
    retrieved.timings["fuse"] = (time.perf_counter() - start) * 1000
    return Ranked(plan, tuple(hits), retrieved)


def best_per_document(candidates: Sequence[Candidate]) -> tuple[Candidate, ...]:
    """The best candidate of each document, in order."""
    best: dict[int, Candidate] = {}
    for candidate in candidates:
        best.setdefault(candidate.source.id, candidate)
    return tuple(best.values())


def _check(query: Query) -> None:
    if not query.text.strip() and query.like_passage is None:
        raise QueryError("There is nothing to look for; write some words.")
    if query.like_passage is not None and not _sees(query, query.like_passage):
        raise NotVisibleError(f"There is no passage {query.like_passage}.")


def _sees(query: Query, passage_id: int) -> bool:
    return Passage.objects.filter(pk=passage_id, corpus__in=list(query.corpora)).exists()


def _fuse(query: Query, plan: Plan, retrieved: Retrieved) -> list[Hit]:
    runs = retrieved.runs
    if len(runs) == 1:
        hits = list(runs[0].hits)
    else:
        hits = FUSIONS[planning.fusion_of(plan)](runs, weights=plan.retrievers)
    if not any(weight != 1.0 for weight in query.weights.values()):
        return hits
    keys = [hit.passage_id for hit in hits]
    kinds = Passage.objects.filter(pk__in=keys).values_list("pk", "kind")
    return scale(hits, {key: weight_of(kind, query.weights) for key, kind in kinds})


def _count(query: Query, ranked: Ranked) -> tuple[int, Facets]:
    if not query.corpora:
        return 0, {name: () for name in FIELDS}
    keys = [hit.passage_id for hit in ranked.hits]
    retrieved, without = ranked.retrieved, query.like_passage
    return count_facets(
        retrieved.terms, keys, query.corpora, filters=retrieved.filters, without=without
    )


class _Clock:
    """Milliseconds from one note to the next."""

    def __init__(self, timings: dict[str, float]) -> None:
        self.timings = timings
        self._last = time.perf_counter()

    def note(self, stage: str) -> None:
        now = time.perf_counter()
        self.timings[stage] = (now - self._last) * 1000
        self._last = now
