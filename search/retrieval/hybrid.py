"""Runs a plan's retrievers side by side; one that fails or is late is left out, and said so."""

import logging
from collections.abc import Mapping, Sequence
from concurrent.futures import TimeoutError as LateError
from dataclasses import dataclass, field, replace

from django.db import OperationalError

from search.errors import SearchError
from search.models import VectorSpace
from search.retrieval.conditions import NO_FILTERS
from search.retrieval.encoding import Encodings
from search.retrieval.lexical import Terms
from search.retrieval.looks import NAMES, Look, Vector, look
from search.retrieval.matches import Matches
from search.retrieval.pictured import Place
from search.types import Filters, Modality, Plan, Query, Retriever, Run

log = logging.getLogger(__name__)

LONGEST_QUERY = 2000  # characters
Spaces = Mapping[str, Sequence[str]]  # retriever -> the encoders whose spaces it looks in


@dataclass(slots=True)
class Retrieved:
    """What the retrievers found, the terms they looked for, and what was left out and why."""

    runs: list[Run] = field(default_factory=list)
    terms: Terms = field(default_factory=Terms)
    scored: Matches = field(default_factory=Matches)  # by words
    matches: Matches = field(default_factory=Matches)  # of these, those that pass the filters
    meaning: tuple[Vector, VectorSpace] | None = None  # the question among the passages' vectors
    filters: Filters = NO_FILTERS  # the query's, and the kinds that weigh nothing
    degraded: list[str] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)  # the sentences among them of what is missing
    timings: dict[str, float] = field(default_factory=dict)
    places: dict[int, Place] = field(default_factory=dict)  # where in passages a picture was found


def retrieve(
    query: Query, plan: Plan, spaces: Spaces, *, base: Retrieved | None = None
) -> Retrieved:
    """One run for each retriever of the plan that answered in time.

    The question is encoded in other threads while the words are looked up. When nothing but
    retrievers that need a model was asked for and none can answer, word search stands in. ``base``:
    what a text with some of the same words found in the same corpora; these are not read again.
    """
    found = Retrieved(degraded=list(plan.notes))
    query = _within_limits(query, found)
    found.filters = query.filters
    if query.media and not query.text.strip() and query.like_passage is None:
        return found
    aliases = [alias for one in plan.retrievers for alias in spaces.get(one.name, ())]
    ask = Look(
        query=query,
        encodings=Encodings(aliases, query.text),
        deadline_ms=plan.deadline_ms,
        spaces=spaces,
        base=(base.terms, base.scored) if base else None,
        has_feedback=plan.transforms_by("prf"),
        examples=next((s for s in plan.transforms if s.name == "by_examples"), None),
    )
    words_first = sorted(plan.retrievers, key=lambda one: one.name != "bm25")
    for retriever in words_first:
        _run(retriever, ask, found)
    if not found.runs and not plan.looks_by("bm25"):
        found.degraded.append("Word search stands in.")
        _run(Retriever("bm25", plan.retrievers[0].k), ask, found)
    found.terms, found.scored, found.matches = ask.terms, ask.scored, ask.matches
    found.meaning = ask.meaning
    found.timings |= ask.timings
    found.degraded += ask.notes
    return found


def weight_of(kind: str, weights: Mapping[str, float]) -> float:
    """The factor of a kind of passage; a page counts as text unless it is named itself."""
    own = "text" if kind == Modality.PAGE and Modality.PAGE not in weights else kind
    return float(weights.get(own, 1.0))


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


def _run(retriever: Retriever, ask: Look, found: Retrieved) -> None:
    """Add the retriever's run, or the sentence that says why there is none."""
    name = NAMES[retriever.name]
    try:
        found.runs.append(look(retriever, ask))
        return
    except LateError:
        why = f"{name} took too long and was left out."
    except SearchError as error:
        why = f"{name} is off: {error}"
    except OperationalError as error:
        log.warning("%s failed: %s", name, error)
        why = f"{name} did not answer in time and was left out."
    found.degraded.append(why)
    found.left_out.append(why)
