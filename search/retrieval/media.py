"""Passages by what an encoder sees or hears in them, or reads in a question about them."""

from collections.abc import Mapping, Sequence

import numpy as np
from django.db import connection
from numpy.typing import NDArray

from search.codecs import FLOAT
from search.encoders.base import Kind
from search.models import VectorSpace
from search.retrieval import late_interaction
from search.retrieval.conditions import condition
from search.retrieval.nearest import as_run, literal, nearest
from search.types import Filters, Run

MOST_COMPARED = 5_000  # pages whose patches are compared one by one
_READABLE = """
SELECT p.id FROM search_tokenvectors t JOIN search_passage p ON p.id = t.passage_id {join}
WHERE t.space_id = %(space)s AND t.corpus_id = ANY(%(corpora)s){clause}
ORDER BY p.id LIMIT %(most)s
"""
Rows = NDArray[np.float32]


def search(
    rows: Rows,
    space: VectorSpace,
    corpora: Sequence[int],
    *,
    retriever: str,
    filters: Filters,
    depth: int,
) -> Run:
    """The passages nearest to one of the unit rows, (n, dim); a passage may have several vectors.

    In a space of many vectors for each passage the rows are the tokens of the question, and the
    score is MaxSim over the first ``MOST_COMPARED`` passages by id.
    """
    if space.kind == Kind.MULTI:
        keys = _readable(space, corpora, filters)
        scores = late_interaction.score(rows, keys, space, corpora)
        return as_run(retriever, _ranked(scores)[:depth])
    best: dict[int, float] = {}
    for row in rows:
        scored = nearest(literal(row), FLOAT, space, corpora, filters=filters, depth=2 * depth)
        for key, score in scored:
            best[key] = max(score, best.get(key, -1.0))
    return as_run(retriever, _ranked(best)[:depth])


def _readable(space: VectorSpace, corpora: Sequence[int], filters: Filters) -> list[int]:
    """The visible passages with vectors in the space that pass the filters."""
    where = condition(filters)
    values = where.values | {"corpora": list(corpora), "space": space.pk, "most": MOST_COMPARED}
    with connection.cursor() as cursor:
        cursor.execute(_READABLE.format(join=where.join, clause=where.clause), values)
        return [key for (key,) in cursor.fetchall()]


def _ranked(scores: Mapping[int, float]) -> list[tuple[int, float]]:
    return sorted(scores.items(), key=lambda one: (-one[1], one[0]))
