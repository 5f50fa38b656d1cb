"""The walk of a query: plan, expand, retrieve, fuse, rerank, hydrate, refine."""

import logging
import time
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from django.db import OperationalError

from search import planning, reranking
from search.composed import (
    merged_moments,
    parted,
    placed,
    seen_as_asked,
    weights_of,
    with_words,
    without_pages_of,
)
from search.errors import NotVisibleError, QueryError
from search.expansion import Texts, expand
from search.fusion import FUSIONS, scale
from search.looking import Portions
from search.models import Passage
from search.refiners.parts import cover_parts
from search.refining import refine
from search.retrieval import lexical
from search.retrieval.background import Judged, judge
from search.retrieval.content import hydrate
from search.retrieval.facets import Facets, Spread, count_facets
from search.retrieval.hybrid import Retrieved, retrieve, weight_of
from search.retrieval.local_settings import ALONE, local_settings
from search.retrieval.looks import LEAST_MS
from search.retrieval.wishes import resolve
from search.seeing import is_seen, see
from search.transforms.base import SubQuery
from search.types import Candidate, Hit, Plan, Query, Retriever, Run

log = logging.getLogger(__name__)

LEAST_REST_MS = 500.0  # for what comes after the ranking, however late that is
LEAST_READ = 60  # passages whose content is read
READ_AHEAD = 3  # times what is shown: duplicates fold, and passages of one document may too
FIRST_LOOK = 10  # passages that a transform reads before it writes
HEARD = 1  # hits of each part of a question that are shown, whatever else fits the whole


@dataclass(frozen=True, slots=True)
class Ranked:
    """Ids in their order, before any content is read."""

    plan: Plan
    hits: tuple[Hit, ...]
    retrieved: Retrieved
    asked: Query  # with the text that judges
    left_ms: float = 0.0  # of the plan's deadline


@dataclass(frozen=True, slots=True)
class Found:
    """What a query found: candidates best first, refined as the recipe says."""

    plan: Plan
    candidates: tuple[Candidate, ...]
    spread: Spread  # of the passages that hold one of the words or are near in meaning
    degraded: tuple[str, ...] = ()
    timings: Mapping[str, float] = field(default_factory=dict)  # stage -> ms
    matching: int | None = None  # candidates that match well; None where that cannot be told
    idf: Mapping[str, float] = field(default_factory=dict)  # how telling the terms are
    judging: str = ""  # the question as it stands alone
    asked_in_words: bool = True  # not only by a picture, a clip or a sound

    @property
    def total(self) -> int:
        return self.spread.total

    @property
    def facets(self) -> Facets:
        return self.spread.facets


def find(query: Query) -> Found:
    """Answer a query over the corpora in it, which are those the asker may see.

    Raises:
        QueryError: nothing to look for, or no such recipe.
        NotVisibleError: the passage to look like is not in these corpora.
    """
    return complete(query, rank(query))


def complete(query: Query, ranked: Ranked) -> Found:
    """Read the content of what was ranked, refine the list, judge it, count facets.

    Of these only the content is needed: the others are left out where they are late.
    """
    retrieved, rest = ranked.retrieved, _Rest(ranked.left_ms)
    if not query.corpora:
        told = tuple(retrieved.degraded)
        return Found(ranked.plan, (), Spread(), told, judging=ranked.asked.text)
    clock = _Clock(dict(retrieved.timings))
    shown = max(LEAST_READ, READ_AHEAD * (query.offset + query.k))
    read = placed(hydrate(ranked.hits[:shown], query.corpora), retrieved.places)
    read = merged_moments(without_pages_of(read, retrieved.places), retrieved.places)
    clock.note("hydrate")
    candidates = rest.run(
        lambda: refine(query, ranked.plan.refiners, read, filters=retrieved.filters),
        otherwise=read,
        late="The list was not refined: that took too long.",
    )
    clock.note("refine")
    judged = rest.run(
        lambda: seen_as_asked(judge(ranked.asked, retrieved, candidates), query),
        otherwise=Judged(candidates, None),
        late="How sure to be of each hit was not judged: that took too long.",
    )
    clock.note("judge")
    spread = rest.run(
        lambda: _count(query, ranked),
        otherwise=Spread(retrieved.matches.total, is_exact=False),
        late="Counts were left out: they took too long.",
    )
    clock.note("facets")
    return Found(
        plan=ranked.plan,
        candidates=judged.candidates,
        spread=spread,
        degraded=(*retrieved.degraded, *rest.notes),
        timings=clock.timings,
        matching=judged.matching,
        idf=retrieved.terms.idf,
        judging=ranked.asked.text,
        asked_in_words=bool(query.text.strip()) or not query.media,
    )


def rank(query: Query) -> Ranked:
    """Plan, expand, retrieve, fuse and rerank; raises as ``find`` does.

    Where a part of the recipe is missing or late, the recipes that it names for that are tried in
    their order, each with a budget of its own; the last is taken as it comes.
    """
    plan = planning.plan(query)
    _check(query)
    if not query.corpora:
        return Ranked(plan, (), Retrieved(degraded=list(plan.notes)), query)
    query, notes = resolve(query)
    unmet = list(notes)
    for name in plan.fallbacks:
        why, ranked = planning.missing(plan.recipe), None
        if not why:
            ranked = _ranked(query, plan)
            why = " ".join(ranked.retrieved.left_out)
        if ranked and not why:
            break
        unmet.append(f"The recipe {plan.recipe!r} did not run whole; {name!r} stands in. {why}")
        plan = planning.fallback(plan, name, query)
    else:
        ranked = _ranked(query, plan)
    ranked.retrieved.degraded += unmet
    return ranked


def _ranked(query: Query, plan: Plan) -> Ranked:
    asked_as = query
    query, words = with_words(query)
    walk = _Walk(query, plan, asked_as=asked_as)
    steps = plan.transforms if query.text.strip() else ()
    texts = expand(query, steps, walk.first_look, left_ms=lambda: walk.left_ms)
    texts = replace(texts, finding=(*texts.finding, *words))
    asked = replace(query, text=texts.judging)
    retrieved, hits = walk.search(texts)
    retrieved.degraded += texts.notes
    if plan.chain and asked.text.strip():
        start = time.perf_counter()
        done = reranking.rerank(asked, plan, hits, left_s=walk.left_ms / 1000)
        hits = done.hits
        retrieved.degraded += done.notes
        retrieved.left_out += done.left_out
        retrieved.timings["rerank"] = (time.perf_counter() - start) * 1000
    return Ranked(plan, tuple(hits), retrieved, asked, walk.left_ms)


def best_per_document(candidates: Sequence[Candidate]) -> tuple[Candidate, ...]:
    """The best candidate of each document, in order."""
    best: dict[int, Candidate] = {}
    for candidate in candidates:
        best.setdefault(candidate.source.id, candidate)
    return tuple(best.values())


def _check(query: Query) -> None:
    if not query.text.strip() and query.like_passage is None and not query.media:
        raise QueryError("There is nothing to look for; write some words.")
    if query.like_passage is not None and not _sees(query, query.like_passage):
        raise NotVisibleError(f"There is no passage {query.like_passage}.")


def _sees(query: Query, passage_id: int) -> bool:
    return Passage.objects.filter(pk=passage_id, corpus__in=list(query.corpora)).exists()


class _Walk:
    """One question on its way: every text is looked for once, within what is left of the time."""

    def __init__(self, query: Query, plan: Plan, *, asked_as: Query) -> None:
        self._query, self._plan = query, plan
        self._asked_as = asked_as  # without the words that were read in its picture
        self._began = time.perf_counter()
        self._found: dict[str, Retrieved] = {}
        self._timings: dict[str, float] = defaultdict(float)  # stage -> ms, of all texts together

    @property
    def left_ms(self) -> float:
        """Milliseconds until the deadline of the plan, never below 0."""
        return max(self._plan.deadline_ms - (time.perf_counter() - self._began) * 1000, 0.0)

    def first_look(self, text: str) -> tuple[Sequence[str], Mapping[str, float]]:
        """What a transform may read: the best passages for a text, and the idf of their terms."""
        retrieved = self._retrieved(text)
        start = time.perf_counter()
        hits = _fuse(self._query, self._plan, retrieved.runs, self._plan.weights)
        candidates = hydrate(hits[:FIRST_LOOK], self._query.corpora)
        idf = lexical.idf_held([c.passage_id for c in candidates], self._query.corpora)
        self._timings["first_look"] += (time.perf_counter() - start) * 1000
        return [c.text for c in candidates], retrieved.terms.idf | idf

    def search(self, texts: Texts) -> tuple[Retrieved, list[Hit]]:
        """What all texts found, in one list; each part of a question is heard in what is shown.

        The runs of a text that was added carry its origin in their name, so that a score can say
        which text brought it.
        """
        plan, retrieved = self._plan, self._retrieved(texts.judging)
        runs, weights, parts = list(retrieved.runs), dict(plan.weights), []
        for number, one in enumerate(texts.finding[1:], start=1):
            if not self.left_ms:
                retrieved.degraded.append("There was no time left to look for what was added.")
                break
            by = self._looking_for(one, retrieved)
            more = self._retrieved(one.text, by=by) if by else Retrieved()
            for run in more.runs:
                name = f"{run.retriever} by {one.origin} {number}"
                runs.append(_renamed(run, name))
                weights[name] = plan.weights.get(run.retriever, 1.0) * one.weight
            if one in texts.parts:
                own = _keys(_fuse(self._query, plan, more.runs, plan.weights))
                parts.append(own[:HEARD])
        portions: Portions = {}
        if is_seen(self._query, plan):
            portions = self._see(retrieved, runs, weights)
        start = time.perf_counter()
        hits = parted(_fuse(self._query, plan, runs, weights), portions)
        if parts:
            by_key = {hit.passage_id: hit for hit in hits}
            hits = [by_key[key] for key in cover_parts(list(by_key), parts, k=self._query.k)]
        self._timings["fuse"] += (time.perf_counter() - start) * 1000
        retrieved.timings = dict(self._timings)
        return retrieved, hits

    def _see(self, retrieved: Retrieved, runs: list[Run], weights: dict[str, float]) -> Portions:
        """Add what looking and listening find: it outweighs words where no words were asked."""
        start = time.perf_counter()
        left_s = max(self.left_ms / 1000, 1.0)
        seen = see(self._asked_as, retrieved.filters, self._plan, left_s=left_s)
        runs += [run for run in seen.runs if run.hits]
        weights |= weights_of(seen.runs, self._plan, by_words=bool(self._asked_as.text.strip()))
        retrieved.places |= seen.places
        retrieved.degraded += seen.notes
        retrieved.left_out += seen.left_out
        self._timings["see"] += (time.perf_counter() - start) * 1000
        return seen.portions

    def _looking_for(self, added: SubQuery, asked: Retrieved) -> tuple[Retriever, ...]:
        """The retrievers that look for a text that was added: none that failed before."""
        found = {run.retriever for run in asked.runs}
        return tuple(
            one
            for one in self._plan.retrievers
            if not added.by or (one.name in added.by and one.name in found)
        )

    def _retrieved(self, text: str, *, by: Sequence[Retriever] | None = None) -> Retrieved:
        by = self._plan.retrievers if by is None else tuple(by)
        if text not in self._found:
            plan = replace(self._plan, retrievers=by, deadline_ms=int(self.left_ms))
            spaces = {one.name: planning.spaces_of(one) for one in by}
            base = next((one for one in self._found.values() if one.terms.terms), None)
            found = retrieve(replace(self._query, text=text), plan, spaces, base=base)
            for stage, ms in found.timings.items():
                self._timings[stage] += ms
            self._found[text] = found
        return self._found[text]


def _keys(hits: Sequence[Hit]) -> list[int]:
    return [hit.passage_id for hit in hits]


def _renamed(run: Run, name: str) -> Run:
    hits = tuple(
        Hit(hit.passage_id, hit.score, {name: hit.signals[run.retriever]}) for hit in run.hits
    )
    return Run(name, hits, run.took_ms, run.total)


def _fuse(query: Query, plan: Plan, runs: Sequence[Run], weights: Mapping[str, float]) -> list[Hit]:
    if not runs:
        return []
    hits = list(runs[0].hits) if len(runs) == 1 else FUSIONS[plan.fusion](runs, weights=weights)
    if not any(weight != 1.0 for weight in query.weights.values()):
        return hits
    keys = [hit.passage_id for hit in hits]
    kinds = Passage.objects.filter(pk__in=keys).values_list("pk", "kind")
    return scale(hits, {key: weight_of(kind, query.weights) for key, kind in kinds})


def _count(query: Query, ranked: Ranked) -> Spread:
    keys = [hit.passage_id for hit in ranked.hits]
    retrieved, without = ranked.retrieved, query.like_passage
    return count_facets(
        retrieved.matches, keys, query.corpora, filters=retrieved.filters, without=without
    )


class _Rest:
    """What is left of the time for stages that a list can do without."""

    def __init__(self, left_ms: float) -> None:
        self._end = time.perf_counter() + max(left_ms, LEAST_REST_MS) / 1000
        self.notes: list[str] = []

    def run[T](self, stage: Callable[[], T], *, otherwise: T, late: str) -> T:
        """What the stage gives; if one of its statements is late, what stands in for it."""
        left_ms = max((self._end - time.perf_counter()) * 1000, LEAST_MS)
        try:
            with local_settings(statement_timeout=str(int(left_ms)), **ALONE):
                return stage()
        except OperationalError as error:
            log.warning("%s %s", late, error)
            self.notes.append(late)
            return otherwise


class _Clock:
    """Milliseconds from one note to the next."""

    def __init__(self, timings: dict[str, float]) -> None:
        self.timings = timings
        self._last = time.perf_counter()

    def note(self, stage: str) -> None:
        now = time.perf_counter()
        self.timings[stage] = (now - self._last) * 1000
        self._last = now
