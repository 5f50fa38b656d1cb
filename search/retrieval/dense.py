"""Passages by the nearness of vectors: the only vector SQL.

Few visible passages are scanned exactly. Beyond that every large corpus has an index of its own,
and their answers are merged: one index for all would lose small corpora beside large ones.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from django.db import connection
from numpy.typing import NDArray

from search.conf import conf
from search.models import VectorSpace
from search.retrieval.conditions import NO_FILTERS, Condition, condition
from search.retrieval.local_settings import local_settings
from search.types import Filters, Hit, Run, Signal

RETRIEVER = "dense"
OVER_FETCH = 2  # relaxed order: the nearest may come a little later than their neighbours
MOST_EF_SEARCH = 1000
WALK = {  # only a walk of the index, row by row, may answer
    "enable_sort": "off",
    "enable_hashjoin": "off",
    "enable_mergejoin": "off",
    "hnsw.iterative_scan": "relaxed_order",
    "hnsw.max_scan_tuples": "200000",
}

_COUNTS = """
SELECT c.id, c.passage_count, coalesce(i.indisvalid, false)
FROM search_corpus c
LEFT JOIN pg_class r ON r.relkind = 'i'
    AND r.relname = 'vector_hnsw_' || to_hex(%(space)s::bigint) || '_' || to_hex(c.id)
LEFT JOIN pg_index i ON i.indexrelid = r.oid
WHERE c.id = ANY(%(corpora)s)
"""
# Negative inner product: of unit vectors it is the cosine, at a third of the work.
_EXACT = """
SELECT v.passage_id, -(v.values <#> %(vector)s::halfvec) AS score
FROM search_vector v {joins}
WHERE v.space_id = %(space)s AND v.corpus_id = ANY(%(scanned)s){clause}
ORDER BY score DESC, v.passage_id LIMIT %(depth)s
"""
_INDEXED = """
(SELECT v.passage_id, -(v.values::halfvec({dim}) <#> %(vector)s::halfvec({dim})) AS score
FROM search_vector v {joins} WHERE v.space_id = {space} AND v.corpus_id = {corpus}{clause}
ORDER BY v.values::halfvec({dim}) <#> %(vector)s::halfvec({dim}) LIMIT %(fetched)s)
"""
_MATCHING = """
SELECT count(*) FROM (SELECT FROM search_passage p {join}
WHERE p.corpus_id = ANY(%(corpora)s){clause} LIMIT %(most)s) matching
"""


@dataclass(frozen=True, slots=True)
class Route:
    """How the visible passages are looked through: by an index of their own, or one by one."""

    indexed: tuple[int, ...]
    scanned: tuple[int, ...]


def search(
    vector: NDArray[np.float32],
    space: VectorSpace,
    corpora: Sequence[int],
    *,
    filters: Filters = NO_FILTERS,
    depth: int = 100,
) -> Run:
    """The passages whose vectors are nearest; the score is the cosine, ties to the lower id."""
    if not corpora:
        return Run(RETRIEVER, ())
    where = condition(filters)
    values = where.values | {
        "vector": _literal(vector),
        "space": space.pk,
        "corpora": list(corpora),
        "depth": depth,
    }
    route = _route(values, where)
    rows = _look(route, space, where, values)
    if len(rows) < depth and route.indexed and where:
        rows = _look(Route((), tuple(corpora)), space, where, values)
    hits = tuple(
        Hit(key, score, {RETRIEVER: Signal(rank, score, score)})
        for rank, (key, score) in enumerate(rows, start=1)
    )
    return Run(RETRIEVER, hits)


def stored_vector(
    passage_id: int, space: VectorSpace, corpora: Sequence[int]
) -> NDArray[np.float32] | None:
    """The vector of a visible passage; None if it has none, or is not visible."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT v.values::real[] FROM search_vector v "
            "WHERE v.passage_id = %s AND v.space_id = %s AND v.corpus_id = ANY(%s)",
            [passage_id, space.pk, list(corpora)],
        )
        row = cursor.fetchone()
    return None if row is None else np.asarray(row[0], dtype=np.float32)


def _route(values: dict[str, Any], where: Condition) -> Route:
    """Choose by counts: the planner would take an index that starves, or a scan that crawls."""
    limit = conf().exact_scan_limit
    with connection.cursor() as cursor:
        cursor.execute(_COUNTS, values)
        counts = cursor.fetchall()
        everything = Route((), tuple(corpus for corpus, _, _ in counts))
        if sum(passages for _, passages, _ in counts) <= limit:
            return everything
        if where:
            statement = _MATCHING.format(join=where.join, clause=where.clause)
            cursor.execute(statement, values | {"most": limit + 1})
            if cursor.fetchone()[0] <= limit:
                return everything
    indexed = tuple(corpus for corpus, _, has_index in counts if has_index)
    return Route(indexed, tuple(corpus for corpus in everything.scanned if corpus not in indexed))


def _look(
    route: Route, space: VectorSpace, where: Condition, values: dict[str, Any]
) -> list[tuple[int, float]]:
    joins = f"JOIN search_passage p ON p.id = v.passage_id {where.join}" if where else ""
    rows: list[tuple[int, float]] = []
    if route.indexed:
        rows += _ask_indexes(route.indexed, space, joins, where, values)
    if route.scanned:
        with connection.cursor() as cursor:
            statement = _EXACT.format(joins=joins, clause=where.clause)
            cursor.execute(statement, values | {"scanned": list(route.scanned)})
            rows += cursor.fetchall()
    return sorted(rows, key=lambda row: (-row[1], row[0]))[: values["depth"]]


def _ask_indexes(
    corpora: Sequence[int], space: VectorSpace, joins: str, where: Condition, values: dict[str, Any]
) -> list[tuple[int, float]]:
    """Each corpus's own index in one statement; a filter is applied while the index is walked."""
    dim, key = int(space.dim), int(space.pk)
    statement = " UNION ALL ".join(
        _INDEXED.format(dim=dim, space=key, corpus=int(c), joins=joins, clause=where.clause)
        for c in corpora
    )
    fetched = min(values["depth"] * (OVER_FETCH if where else 1), MOST_EF_SEARCH)
    ef_search = min(max(conf().ef_search, fetched), MOST_EF_SEARCH)
    walk = WALK | {"hnsw.ef_search": str(ef_search)}
    with local_settings(**walk), connection.cursor() as cursor:
        cursor.execute(statement, values | {"fetched": fetched})
        return cursor.fetchall()


def _literal(vector: NDArray[np.float32]) -> str:
    return "[" + ",".join(f"{value:.6g}" for value in vector.tolist()) + "]"
