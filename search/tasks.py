"""Celery wrappers."""

from celery import shared_task
from django.db import connection

from search import errands, indexing, reranking, seeing
from search.rerankers.base import Deadline


@shared_task
def maintain_indexes() -> None:
    """Build and drop vector indexes as the corpora need; safe to ring at any time."""
    if not connection.in_atomic_block and indexing.needs_maintenance():
        indexing.maintain_indexes()


@shared_task(ignore_result=True)
def run_errand(errand_id: int) -> None:
    """Rerank for a web process that waits; nothing when it has gone."""
    asked = errands.read(errand_id)
    if asked is None:
        return
    query, chain, hits, left_s = asked
    done = reranking.rerank_here(query, chain, hits, deadline=Deadline.after(left_s))
    errands.answer(errand_id, done)


@shared_task(ignore_result=True)
def run_seeing(errand_id: int) -> None:
    """Look for a picture, clip or sound for a web process that waits; nothing when it has gone."""
    seeing.answer(errand_id)
