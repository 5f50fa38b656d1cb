"""Runs a plan's retrievers side by side; one that fails or is late is left out, and said so."""

import logging
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as LateError
from dataclasses import dataclass, field, replace
from functools import cache

import numpy as np
from django.db import OperationalError
from numpy.typing import NDArray

from search import registry
from search.conf import conf
from search.errors import SearchError
from search.models import VectorSpace
from search.retrieval import dense, lexical
from search.retrieval.conditions import NO_FILTERS
from search.retrieval.lexical import Terms
from search.retrieval.local_settings import ALONE, local_settings
from search.types import Filters, Modality, Plan, Query, Run

log = logging.getLogger(__name__)

LONGEST_QUERY = 2000  # characters
LOAD_DEADLINE_S = 60.0  # the first query of a process waits for the encoder to be loaded
LEAST_MS = 100.0  # what a statement gets when the deadline is near
_NAMES = {"bm25": "Word search", "dense": "Meaning search"}
Vector = NDArray[np.float32]


@dataclass(slots=True)
class Retrieved:
    """What the retrievers found, the terms they looked for, and what was left out and why."""

    runs: list[Run] = field(default_factory=list)
    terms: Terms = field(default_factory=Terms)
    filters: Filters = NO_FILTERS  # the query's, and the kinds that weigh nothing
    degraded: list[str] = field(default_factory=list)
    timings: dict[str, float] = field(default_factory=dict)


def retrieve(query: Query, plan: Plan) -> Retrieved:
    """One run for each retriever of the plan that answered in time.

    The question is encoded in another thread while the words are looked up. When meaning search
    alone was asked for and cannot answer, word search stands in.
    """
    began = time.perf_counter()
    found = Retrieved(degraded=list(plan.notes))
    query = _within_limits(query, found)
    found.filters = query.filters
    pending = _start_encoding(query, found) if "dense" in plan.retrievers else None
    if "bm25" in plan.retrievers:
        _look("bm25", found, lambda: _words(query, plan, found, began))
    if pending is not None:
        _look("dense", found, lambda: _meaning(query, plan, found, pending, began))
    if not found.runs and "bm25" not in plan.retrievers:
        found.degraded.append("Word search stands in.")
        _look("bm25", found, lambda: _words(query, plan, found, began))
    return found


def _within_limits(query: Query, found: Retrieved) -> Query:
    if len(query.text) > LONGEST_QUERY:
        found.degraded.append(f"Only the first {LONGEST_QUERY} characters were searched for.")
        query = replace(query, text=query.text[:LONGEST_QUERY])
    return replace(query, filters=_wanted_kinds(query.filters, query.weights))


def _wanted_kinds(filters: Filters, weights: Mapping[str, float]) -> Filters:
    """A kind that weighs nothing is not looked for."""
    unwanted = {kind.value for kind in Modality if weight_of(kind, weights) <= 0}
    if not unwanted:
        return filters
    kinds = filters.kind or tuple(kind.value for kind in Modality)
    wanted = tuple(kind for kind in kinds if kind not in unwanted)
    return replace(filters, kind=wanted or ("none",))


def weight_of(kind: str, weights: Mapping[str, float]) -> float:
    """The factor of a kind of passage; a page counts as text unless it is named itself."""
    own = "text" if kind == Modality.PAGE and Modality.PAGE not in weights else kind
    return float(weights.get(own, 1.0))


def _look(retriever: str, found: Retrieved, search: Callable[[], Run]) -> None:
    """Add the retriever's run, or the sentence that says why there is none."""
    name = _NAMES[retriever]
    try:
        found.runs.append(search())
    except LateError:
        found.degraded.append(f"{name} took too long and was left out.")
    except SearchError as error:
        found.degraded.append(f"{name} is off: {error}")
    except OperationalError as error:
        log.warning("%s failed: %s", name, error)
        found.degraded.append(f"{name} did not answer in time and was left out.")


def _words(query: Query, plan: Plan, found: Retrieved, began: float) -> Run:
    start = time.perf_counter()
    try:
        with local_settings(statement_timeout=_left(plan, began), **ALONE):
            text, like = query.text, query.like_passage
            found.terms = lexical.read_terms(text, query.corpora, like_passage=like)
            depth = plan.depth + (like is not None)
            filters = query.filters
            run = lexical.search(found.terms, query.corpora, filters=filters, depth=depth)
    finally:
        found.timings["lexical"] = _ms(start)
    if not found.terms.terms and query.text:
        found.degraded.append(
            "None of the words stands in the library, or all are too common to search for."
        )
    return _others(run, like, found.timings["lexical"])


def _meaning(
    query: Query, plan: Plan, found: Retrieved, pending: "Future[_Encoded]", began: float
) -> Run:
    loaded = registry.is_loaded("ENCODERS", conf().text_encoder)
    patience = float(_left(plan, began)) / 1000 if loaded else LOAD_DEADLINE_S
    encoded = pending.result(timeout=patience)
    found.timings["encode"] = encoded.took_ms
    start = time.perf_counter()
    try:
        space = VectorSpace.objects.filter(fingerprint=encoded.fingerprint).first()
        if space is None:
            return Run("dense", ())
        deadline = _left(plan, began if loaded else start)
        with local_settings(statement_timeout=deadline, **ALONE):
            return _nearest(query, plan, space, encoded)
    finally:
        found.timings["dense"] = _ms(start)


def _nearest(query: Query, plan: Plan, space: VectorSpace, encoded: "_Encoded") -> Run:
    start = time.perf_counter()
    like = query.like_passage
    parts = [] if encoded.vector is None else [encoded.vector]
    if like is not None:
        stored = dense.stored_vector(like, space, query.corpora)
        parts += [] if stored is None else [stored]
    total = np.sum([np.zeros(space.dim, np.float32), *parts], axis=0, dtype=np.float32)
    length = np.float32(np.linalg.norm(total))
    if length < 1e-6:
        return Run("dense", ())
    depth = plan.depth + (like is not None)
    run = dense.search(total / length, space, query.corpora, filters=query.filters, depth=depth)
    return _others(run, like, _ms(start))


def _others(run: Run, like: int | None, took_ms: float) -> Run:
    """The run without the passage that was asked about."""
    hits = tuple(hit for hit in run.hits if hit.passage_id != like)
    return replace(run, hits=hits, took_ms=took_ms)


@dataclass(frozen=True, slots=True)
class _Encoded:
    vector: Vector | None
    fingerprint: str
    took_ms: float


def _start_encoding(query: Query, found: Retrieved) -> "Future[_Encoded] | None":
    alias = conf().text_encoder
    if not alias:
        found.degraded.append(
            'Meaning search is off: no text encoder is chosen; set MMSEARCH["TEXT_ENCODER"].'
        )
        return None
    return _threads().submit(_encode, alias, query.text)


def _encode(alias: str, text: str) -> _Encoded:
    encoder = registry.encoder(alias)
    start = time.perf_counter()
    vector = encoder.encode_queries([text])[0] if text.strip() else None
    return _Encoded(vector, encoder.fingerprint, _ms(start))


@cache
def _threads() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(2, "encode-query")


def _left(plan: Plan, began: float) -> str:
    """Milliseconds until the deadline, as PostgreSQL wants them."""
    return str(int(max(plan.deadline_ms - _ms(began), LEAST_MS)))


def _ms(since: float) -> float:
    return (time.perf_counter() - since) * 1000
