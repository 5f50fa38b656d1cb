"""Celery wrappers."""

from celery import shared_task
from django.db import connection

from search import indexing


@shared_task
def maintain_indexes() -> None:
    """Build and drop vector indexes as the corpora need; safe to ring at any time."""
    if not connection.in_atomic_block and indexing.needs_maintenance():
        indexing.maintain_indexes()
