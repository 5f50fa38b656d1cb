"""The passages nearest to a question by one codec: the only SQL that looks through vectors.

Few visible passages are scanned exactly. Beyond that every large corpus has an index of its own,
and their answers are merged: one index for all would lose small corpora beside large ones.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from django.db import connection
from numpy.typing import NDArray

from search.codecs import Codec
from search.conf import conf
from search.models import VectorSpace
from search.retrieval.conditions import Condition, condition
from search.retrieval.local_settings import local_settings
from search.types import Filters, Hit, Run, Signal

OVER_FETCH = 2  # relaxed order: the nearest may come a little later than their neighbours
MOST_EF_SEARCH = 1000
ENOUGH_FOR = 200_000  # passages of an index that the configured ef_search serves
WALK = {  # only a walk of the index, row by row, may answer
    "enable_sort": "off",
    "enable_hashjoin": "off",
    "enable_mergejoin": "off",
    "hnsw.iterative_scan": "relaxed_order",
    "hnsw.max_scan_tuples": "200000",
}
Scored = list[tuple[int, float]]  # (passage id, score), best first, ties by the lower id

_COUNTS = """
SELECT c.id, c.passage_count, coalesce(i.indisvalid, false)
FROM search_corpus c
LEFT JOIN pg_class r ON r.relkind = 'i'
    AND r.relname = %(index)s || to_hex(%(space)s::bigint) || '_' || to_hex(c.id)
LEFT JOIN pg_index i ON i.indexrelid = r.oid
WHERE c.id = ANY(%(corpora)s)
"""
_EXACT = """
SELECT v.passage_id, -({scanned})::float8 AS score
FROM {table} v {joins}
WHERE v.space_id = %(space)s AND v.corpus_id = ANY(%(scanned)s){clause}
ORDER BY score DESC, v.passage_id LIMIT %(depth)s
"""
_INDEXED = """
(SELECT v.passage_id, -({indexed})::float8 AS score
FROM {table} v {joins} WHERE v.space_id = {space} AND v.corpus_id = {corpus}{clause}
ORDER BY {indexed} LIMIT %(fetched)s)
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
    largest: int = 0  # passages of the largest corpus that has an index


@dataclass(frozen=True, slots=True)
class _Look:
    """One question to one space: its SQL and its values."""

    codec: Codec
    space: VectorSpace
    where: Condition
    values: dict[str, Any]

    @property
    def words(self) -> dict[str, str]:
        """What goes into the statements' templates."""
        dim = int(self.space.dim)
        codec, column = self.codec, "v.values"
        passages = f"JOIN search_passage p ON p.id = v.passage_id {self.where.join}"
        return {
            "scanned": f"{codec.scanned(column, dim)} {codec.operator} {codec.asked(dim)}",
            "indexed": f"{codec.indexed(column, dim)} {codec.operator} {codec.asked(dim)}",
            "table": codec.table,
            "joins": passages if self.where else "",
            "clause": self.where.clause,
        }


def nearest(
    vector: str,
    codec: Codec,
    space: VectorSpace,
    corpora: Sequence[int],
    *,
    filters: Filters,
    depth: int,
) -> Scored:
    """The ``depth`` nearest passages of the corpora, with minus their distance.

    ``vector`` is the question as PostgreSQL reads it.
    """
    if not corpora:
        return []
    where = condition(filters)
    values = where.values | {
        "vector": vector,
        "index": codec.index_prefix,
        "space": space.pk,
        "corpora": list(corpora),
        "depth": depth,
    }
    look = _Look(codec, space, where, values)
    route = _route(values, where)
    rows = _follow(route, look)
    if len(rows) < depth and route.indexed and where:
        rows = _follow(Route((), tuple(corpora)), look)
    return rows


def as_run(retriever: str, rows: Scored) -> Run:
    """The rows as a run; the score is the retriever's only signal."""
    hits = tuple(
        Hit(key, score, {retriever: Signal(rank, score, score)})
        for rank, (key, score) in enumerate(rows, start=1)
    )
    return Run(retriever, hits)


def literal(vector: NDArray[np.float32]) -> str:
    """A vector as PostgreSQL reads it."""
    return "[" + ",".join(f"{value:.6g}" for value in vector.tolist()) + "]"


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
    sizes = {corpus: passages for corpus, passages, has_index in counts if has_index}
    scanned = tuple(corpus for corpus in everything.scanned if corpus not in sizes)
    return Route(tuple(sizes), scanned, max(sizes.values(), default=0))


def ef_search_for(passages: int) -> int:
    """How many candidates the walk of an index of so many passages keeps.

    It grows with the square root of the passages, so that a large corpus loses no recall: with
    half a million, 200 candidates find .975 of the ten nearest and 300 find .982.
    """
    return round(conf().ef_search * max(passages / ENOUGH_FOR, 1.0) ** 0.5)


def _follow(route: Route, look: _Look) -> Scored:
    rows: Scored = []
    if route.indexed:
        rows += _ask_indexes(route, look)
    if route.scanned:
        with connection.cursor() as cursor:
            statement = _EXACT.format(**look.words)
            cursor.execute(statement, look.values | {"scanned": list(route.scanned)})
            rows += cursor.fetchall()
    return sorted(rows, key=lambda row: (-row[1], row[0]))[: look.values["depth"]]


def _ask_indexes(route: Route, look: _Look) -> Scored:
    """Each corpus's own index in one statement; a filter is applied while the index is walked."""
    words = look.words | {"space": str(int(look.space.pk))}
    statement = " UNION ALL ".join(_INDEXED.format(**words, corpus=int(c)) for c in route.indexed)
    depth = int(look.values["depth"])
    fetched = min(depth * (OVER_FETCH if look.where else 1), MOST_EF_SEARCH)
    ef_search = min(max(ef_search_for(route.largest), fetched), MOST_EF_SEARCH)
    walk = WALK | {"hnsw.ef_search": str(ef_search)}
    with local_settings(**walk), connection.cursor() as cursor:
        cursor.execute(statement, look.values | {"fetched": fetched})
        return cursor.fetchall()
