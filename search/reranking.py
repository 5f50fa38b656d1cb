"""A plan's rerankers, run: here when they are light, by a worker when they are not.

A reranker that is missing or late costs its order, never a hit; the sentence says which.
"""

import logging
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import Any

from search import errands, registry
from search.conf import conf
from search.errands import Reordered
from search.errors import SearchError
from search.models import VectorSpace
from search.rerankers.base import Deadline, Reranked, Reranker
from search.rerankers.blending import never_rising
from search.retrieval.content import hydrate
from search.retrieval.stored import StoredTokens, StoredVectors
from search.types import Candidate, Hit, Plan, Query, Reranking

log = logging.getLogger(__name__)

GRACE_S = 0.5  # after the deadline: for the answer of a call that was already on its way


def rerank(query: Query, plan: Plan, hits: Sequence[Hit], *, left_s: float) -> Reordered:
    """The hits in the order of the plan's rerankers, each on fewer than the one before.

    The notes are sentences for ``degraded``. ``query.text`` is what judges. Below the deepest
    look everything keeps its order.
    """
    if errands.is_web() and not all(_is_light(link) for link in plan.chain):
        return errands.ask_worker(query, plan, hits, left_s=left_s)
    return rerank_here(query, plan.chain, hits, deadline=Deadline.after(left_s))


def rerank_here(
    query: Query, chain: Sequence[Reranking], hits: Sequence[Hit], *, deadline: Deadline
) -> Reordered:
    """As ``rerank``, in this process."""
    notes: list[str] = []
    left_out: list[str] = []
    deepest = max((link.depth for link in chain), default=0)
    by_key = {hit.passage_id: hit for hit in hits}
    ranked: tuple[Candidate, ...] = hydrate(hits[:deepest], query.corpora)
    for link in chain:
        done = _ranked_by(link, query, ranked[: link.depth], deadline)
        if isinstance(done, str):
            notes.append(done)
            left_out.append(done)
            continue
        if registry.is_stand_in("RERANKERS", link.name):
            notes.append(f"The reranker {link.name!r} is a stand-in: its order means nothing.")
        ranked = (*done.candidates, *ranked[link.depth :])
        notes += done.report.notes
    above = [Hit(c.passage_id, c.score, c.signals) for c in ranked]
    seen = {hit.passage_id for hit in above}
    below = [by_key[key] for key in by_key if key not in seen]
    return Reordered(never_rising([*above, *below]), notes, left_out)


def _ranked_by(
    link: Reranking, query: Query, candidates: Sequence[Candidate], deadline: Deadline
) -> Reranked | str:
    """What a reranker makes of the candidates, or the sentence that says why it was left out."""
    if deadline.is_past:
        return f"There was no time left for the reranker {link.name!r}."
    try:
        reranker = _with_vectors(registry.reranker(link.name), query)
        return _in_time(reranker, query, candidates, deadline)
    except TimeoutError:
        return f"The reranker {link.name!r} took too long and was left out."
    except SearchError as error:
        return f"The reranker {link.name!r} was left out: {error}"
    except Exception as error:  # a plug-in's fault must not cost the result
        log.exception("The reranker %s failed.", link.name)
        return f"The reranker {link.name!r} failed ({type(error).__name__})."


def _in_time(
    reranker: Reranker, query: Query, candidates: Sequence[Candidate], deadline: Deadline
) -> Reranked:
    """What the reranker makes of the candidates, waited for until the deadline and no longer.

    One that reads stored vectors stays in this thread, whose database connection it uses.

    Raises:
        TimeoutError: it is still at it when ``GRACE_S`` have passed since the deadline.
    """
    if hasattr(reranker, "with_vectors"):
        return reranker.rerank(query, candidates, deadline=deadline)
    job = _threads().submit(reranker.rerank, query, candidates, deadline=deadline)
    return job.result(timeout=deadline.left_s + GRACE_S)


@cache
def _threads() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(2, "rerank")


def _is_light(link: Reranking) -> bool:
    backend = conf().rerankers.get(link.name)
    return backend is None or registry.is_light("RERANKERS", link.name)


def _with_vectors(reranker: Reranker, query: Query) -> Reranker:
    """The reranker, reading what is stored instead of encoding it again."""
    hand_over: Any = getattr(reranker, "with_vectors", None)
    if hand_over is None:
        return reranker
    stored = StoredTokens if getattr(reranker, "reads_tokens", False) else StoredVectors
    fingerprint = getattr(reranker, "fingerprint", "")
    space = VectorSpace.objects.filter(fingerprint=fingerprint).first()
    if space is None:
        return reranker
    found: Reranker = hand_over(stored(space, query.corpora))
    return found
