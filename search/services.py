"""The front door of search: ask, read again, vote, forget."""

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial

from django.db import transaction

from search import answering, bodies, cache, history, pipeline, planning
from search.bodies import Body, Listed, Standing
from search.conf import conf
from search.errors import NotVisibleError, QueryError
from search.forgetting import (
    forget_documents,
    forget_searches,
    shown_documents,
    without_documents,
)
from search.ids import new_id
from search.language import storable
from search.models import Answer, Corpus, Document, Feedback, Passage, Preference, Search
from search.types import Candidate, Query, Turn, Viewer

__all__ = [
    "forget_documents",
    "forget_searches",
    "give_feedback",
    "open_answer",
    "open_search",
    "prefer",
    "preference_of",
    "read_answer",
    "similar_to",
    "turn_of",
    "visible_corpora",
]

log = logging.getLogger(__name__)

GENERATOR = "extractive"
LLM_UNUSED = (
    "A language model is configured (MMSEARCH_LLM_URL), but this release does not write with one: "
    "the answer consists of sentences quoted from the sources."
)
MOST_COMMENT = 4000


def visible_corpora(viewer: Viewer, slugs: Sequence[str] = ()) -> tuple[int, ...]:
    """The ids of the corpora a viewer may read: all of them, or those named.

    Raises:
        NotVisibleError: there is no such corpus, or not for this viewer.
    """
    visible = dict(Corpus.objects.visible_to(viewer).values_list("slug", "pk"))
    for slug in slugs:
        if slug not in visible:
            raise NotVisibleError(f"There is no corpus {slug!r} that you may read.")
    return tuple(visible[slug] for slug in dict.fromkeys(slugs)) or tuple(visible.values())


def open_search(query: Query, viewer: Viewer) -> Search:
    """Search and keep what was shown; ``body`` is the contract's SEARCH.

    Raises:
        QueryError: the question cannot be asked like this.
        NotVisibleError: it names a passage this viewer may not see.
    """
    began = time.perf_counter()
    with cache.for_viewer(viewer) as memory:
        query, found = _found(query, viewer, memory)
    standing = _standing(query, found, began, memory)
    return _saved_search(standing, _page(found, query), viewer)


def open_answer(query: Query, viewer: Viewer) -> Answer:
    """Search once, answer from what was found, keep both; ``body`` is the contract's ANSWER.

    Raises as ``open_search`` does.
    """
    began = time.perf_counter()
    with cache.for_viewer(viewer) as memory:
        query, found = _found(query, viewer, memory)
        searched = time.perf_counter()
        alone = replace(query, text=found.judging or query.text)
        written = answering.write(alone, found, memory)
        answered = time.perf_counter()
    timings = {**found.timings, "answer": (answered - searched) * 1000}
    standing = _standing(query, replace(found, timings=timings), began, memory)
    steps = [
        _step("search", query.text, found.total, (searched - began) * 1000),
        _step("answer", query.text, len(written.citations), timings["answer"]),
    ]
    entries = _page(found, query)
    with transaction.atomic():
        search = _saved_search(standing, entries, viewer)
        noted = replace(standing, degraded=[*standing.degraded, *_generator_notes()])
        make = partial(
            bodies.answer_body, standing=noted, answer=written, entries=entries, steps=steps
        )
        return _saved_answer(make, search)


def read_answer(answer_id: int, viewer: Viewer) -> Body:
    """An answer of this viewer's as it was, with its evidence as it was.

    Raises:
        NotVisibleError: not theirs, or a document it shows may no longer be seen by them.
    """
    body: Body = _own_answer(answer_id, viewer).body
    return body


def turn_of(answer_id: int, viewer: Viewer) -> Turn:
    """An answer of this viewer's as a turn of a conversation; raises as ``read_answer`` does."""
    return history.turn_of(_own_answer(answer_id, viewer))


def similar_to(passage_id: int, viewer: Viewer, *, k: int = 10) -> Search:
    """Passages like one the viewer may see.

    Raises:
        NotVisibleError: there is no such passage, or not for this viewer.
    """
    query = Query(like_passage=passage_id, corpora=visible_corpora(viewer), k=k)
    return open_search(query, viewer)


def preference_of(viewer: Viewer) -> str:
    """The recipe a person searches by where a question names none; empty: as the library says."""
    if viewer.user_id is None:
        return ""
    own = Preference.objects.filter(user_id=viewer.user_id).values_list("recipe", flat=True)
    return own.first() or ""


def prefer(viewer: Viewer, recipe: str) -> None:
    """Search by this recipe from now on; empty: as the library says.

    Raises:
        QueryError: nobody is signed in, or there is no such recipe.
    """
    if viewer.user_id is None:
        raise QueryError("Sign in to choose how you search.")
    if recipe and recipe not in planning.known_recipes():
        known = ", ".join(planning.known_recipes())
        raise QueryError(f"There is no recipe {recipe!r}; choose one of {known}.")
    Preference.objects.update_or_create(user_id=viewer.user_id, defaults={"recipe": recipe})


def give_feedback(
    viewer: Viewer,
    *,
    answer: int | None = None,
    search: int | None = None,
    passage: int | None = None,
    value: int,
    reason: str = "",
    comment: str = "",
) -> Feedback:
    """Keep a vote on an answer, or on one hit of a search; it replaces the voter's last one.

    Raises:
        QueryError: nobody is signed in, the vote is neither 1 nor -1, or not on one thing.
        NotVisibleError: not this viewer's answer or search, or the search did not show the passage.
    """
    if viewer.user_id is None:
        raise QueryError("Sign in to vote.")
    if value not in (1, -1):
        raise QueryError(f"A vote is 1 or -1, not {value}.")
    if (answer is None) == (search is None) or (search is None) != (passage is None):
        raise QueryError("Vote on an answer, or on a search and one of its passages.")
    return _voted(
        _own_thing(viewer, answer=answer, search=search, passage=passage),
        viewer.user_id,
        {
            "value": value,
            "reason": storable(reason)[:100],
            "comment": storable(comment)[:MOST_COMMENT],
        },
    )


def _own_answer(answer_id: int, viewer: Viewer) -> Answer:
    answer = Answer.objects.asked_by(viewer).filter(pk=answer_id).first()
    if answer is None or not _still_sees(viewer, shown_documents(answer.body)):
        raise NotVisibleError(f"There is no answer {answer_id}.")
    return answer


def _found(query: Query, viewer: Viewer, memory: cache.Memory) -> tuple[Query, pipeline.Found]:
    """The query cleaned, and what it found that this viewer may see."""
    query = replace(query, text=storable(query.text), preferred=preference_of(viewer))
    if planning.plan(query).transforms_by("by_examples"):
        liked, disliked = history.marked(viewer, query.text)
        query = replace(query, liked=liked, disliked=disliked)
    found = answering.find(query, memory)
    return query, replace(found, candidates=_checked(found.candidates, viewer))


def _checked(candidates: Sequence[Candidate], viewer: Viewer) -> tuple[Candidate, ...]:
    """The last net: what the viewer may not see is dropped, whatever let it come this far."""
    keys = [candidate.passage_id for candidate in candidates]
    allowed = set(
        Passage.objects.visible_to(viewer).filter(pk__in=keys).values_list("pk", flat=True)
    )
    caught = set(keys) - allowed
    if caught:
        there = Passage.objects.filter(pk__in=caught).values_list("pk", flat=True)
        for key in there:  # what was removed meanwhile is no leak
            log.error("Passage %d was found for a viewer who may not see it; dropped.", key)
    return tuple(c for c in candidates if c.passage_id in allowed)


def _page(found: pipeline.Found, query: Query) -> list[Listed]:
    return bodies.listed(found.candidates, query)[query.offset : query.offset + query.k]


def _standing(query: Query, found: pipeline.Found, began: float, memory: cache.Memory) -> Standing:
    slugs = Corpus.objects.filter(pk__in=list(query.corpora)).order_by("slug")
    return Standing(
        query=query,
        slugs=list(slugs.values_list("slug", flat=True)),
        recipe=found.plan.recipe,
        chosen_by=found.plan.chosen_by,
        spread=found.spread,
        degraded=found.degraded,
        timings=found.timings,
        nothing_matches=found.matching == 0,
        idf=found.idf,
        cache=dict(memory.layers),
        took_ms=(time.perf_counter() - began) * 1000,
    )


def _generator_notes() -> list[str]:
    return [LLM_UNUSED] if conf().llm.get("URL") else []


def _step(action: str, query: str, found: int, ms: float) -> Body:
    return {"action": action, "query": query, "found": found, "ms": round(ms, 3)}


def _saved_search(standing: Standing, entries: Sequence[Listed], viewer: Viewer) -> Search:
    query = standing.query
    row = Search(
        id=new_id(),
        user_id=viewer.user_id,
        text=query.text,
        recipe=standing.recipe,
        corpora=list(query.corpora),
        passages=[e.candidate.passage_id for e in entries]
        + [other.passage_id for e in entries for other in e.more],
        took_ms=standing.took_ms,
    )
    with transaction.atomic():
        row.body = _standing_now(bodies.search_body(row.pk, standing, entries))
        row.save(force_insert=True)
    log.info("Search %d took %.0f ms and shows %d hits.", row.pk, row.took_ms, len(entries))
    return row


def _saved_answer(make: Callable[[int], Body], search: Search) -> Answer:
    row = Answer(id=new_id(), search=search, user_id=search.user_id)
    row.body = _standing_now(make(row.pk))
    cited = {c["document"]["id"] for c in row.body["citations"]} - {""}
    row.documents = sorted(int(key) for key in cited)
    row.save(force_insert=True)
    return row


def _standing_now(body: Body) -> Body:
    """The body without documents removed since; those left cannot go before it is stored."""
    shown = shown_documents(body)
    gone = shown - Document.objects.hold(shown)
    return without_documents(body, gone) if gone else body


def _still_sees(viewer: Viewer, documents: set[int]) -> bool:
    seen = Document.objects.visible_to(viewer).filter(pk__in=documents).count()
    return seen == len(documents)


def _own_thing(
    viewer: Viewer, *, answer: int | None, search: int | None, passage: int | None
) -> Mapping[str, int]:
    if answer is not None:
        if not Answer.objects.asked_by(viewer).filter(pk=answer).exists():
            raise NotVisibleError(f"There is no answer {answer}.")
        return {"answer_id": answer}
    shown = Search.objects.asked_by(viewer).filter(pk=search, passages__contains=[passage])
    if search is None or passage is None or not shown.exists():
        raise NotVisibleError(f"There is no search {search} that showed passage {passage}.")
    return {"search_id": search, "passage_id": passage}


def _voted(thing: Mapping[str, int], user_id: int, vote: Mapping[str, object]) -> Feedback:
    feedback, _ = Feedback.objects.update_or_create(user_id=user_id, **thing, defaults=dict(vote))
    return feedback
