"""Passages by the nearness of one vector for each."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from django.db import connection
from numpy.typing import NDArray

from search.codecs import FLOAT, Codec
from search.errors import SearchError
from search.models import VectorSpace
from search.retrieval.conditions import NO_FILTERS
from search.retrieval.nearest import as_run, literal, nearest
from search.types import Filters, Run

RETRIEVER = "dense"
LEAST_RESCORED = 100
RESCORED = 4  # times the depth: what a coarse look finds is looked at again

_WITHIN = """
SELECT v.passage_id, -(v.values <#> %(vector)s::halfvec) AS score
FROM search_vector v
WHERE v.space_id = %(space)s AND v.corpus_id = ANY(%(corpora)s) AND v.passage_id = ANY(%(passages)s)
ORDER BY score DESC, v.passage_id
"""


def search(
    vector: NDArray[np.float32],
    space: VectorSpace,
    corpora: Sequence[int],
    *,
    filters: Filters = NO_FILTERS,
    depth: int = 100,
) -> Run:
    """The passages whose vectors are nearest; the score is the cosine, ties to the lower id.

    In a space whose vectors are not of length 1 the score is the inner product.
    """
    rows = nearest(literal(vector), FLOAT, space, corpora, filters=filters, depth=depth)
    return as_run(RETRIEVER, rows)


def score_within(
    vector: NDArray[np.float32],
    space: VectorSpace,
    corpora: Sequence[int],
    passage_ids: Sequence[int],
    *,
    retriever: str = RETRIEVER,
) -> Run:
    """The given passages, those of these corpora that have a vector, scored as ``search`` does.

    All are scored, none is looked for: what narrows a search ("the best thousand by words") has
    filtered already. ``retriever`` names the run.
    """
    values = {
        "vector": literal(vector),
        "space": space.pk,
        "corpora": list(corpora),
        "passages": list(passage_ids),
    }
    with connection.cursor() as cursor:
        cursor.execute(_WITHIN, values)
        return as_run(retriever, cursor.fetchall())


def coarse_then_fine(
    vector: NDArray[np.float32],
    codec: Codec,
    space: VectorSpace,
    corpora: Sequence[int],
    *,
    filters: Filters,
    depth: int,
    retriever: str,
) -> Run:
    """Choose ``RESCORED`` times the depth, at least a hundred, by a codec; rank by the vectors.

    Raises:
        SearchError: the codec cannot serve this kind of space.
    """
    if space.kind not in codec.kinds:
        raise SearchError(
            f"The codec {codec.name!r} cannot serve the space {space.alias!r}, which is of the "
            f"kind {space.kind!r}."
        )
    chosen = max(LEAST_RESCORED, RESCORED * depth)
    rows = nearest(literal(vector), codec, space, corpora, filters=filters, depth=chosen)
    keys = [key for key, _ in rows]
    run = score_within(vector, space, corpora, keys, retriever=retriever)
    return replace(run, hits=run.hits[:depth])


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
