"""Stored vectors of given passages: what is encoded already is not encoded again."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from django.db import connection
from numpy.typing import NDArray

from search.binary_rows import fetch_binary
from search.encoders.base import Ragged
from search.models import VectorSpace

Rows = NDArray[np.float32]

_VECTORS = """
SELECT v.passage_id, v.values::real[] FROM search_vector v
WHERE v.passage_id = ANY(%(passages)s) AND v.space_id = %(space)s AND v.corpus_id = ANY(%(corpora)s)
"""
_TOKENS = """
SELECT t.passage_id, t.count, t.values FROM search_tokenvectors t
WHERE t.passage_id = ANY(%(passages)s) AND t.space_id = %(space)s AND t.corpus_id = ANY(%(corpora)s)
"""


@dataclass(frozen=True, slots=True)
class StoredVectors:
    """One vector a passage, of one space and of the corpora that may be seen."""

    space: VectorSpace
    corpora: Sequence[int]

    def of(self, passage_ids: Sequence[int]) -> list[Rows | None]:
        """Unit vectors, (dim,), in the order of the ids; None where there is none."""
        with connection.cursor() as cursor:
            cursor.execute(_VECTORS, _values(self.space, self.corpora, passage_ids))
            found = {key: np.asarray(row, dtype=np.float32) for key, row in cursor.fetchall()}
        return [found.get(key) for key in passage_ids]


@dataclass(frozen=True, slots=True)
class StoredTokens:
    """The token vectors of passages, of one space and of the corpora that may be seen."""

    space: VectorSpace
    corpora: Sequence[int]

    def of(self, passage_ids: Sequence[int]) -> list[Rows | None]:
        """Unit rows, (tokens, dim), in the order of the ids; None where there are none."""
        keys, documents = stored_tokens(passage_ids, self.space, self.corpora)
        found = dict(zip(keys, documents, strict=True))
        return [found[key].astype(np.float32) if key in found else None for key in passage_ids]


def stored_tokens(
    passage_ids: Sequence[int], space: VectorSpace, corpora: Sequence[int]
) -> tuple[list[int], Ragged]:
    """The passages that have token vectors, in the order given, and these."""
    values = _values(space, corpora, passage_ids)
    rows = {key: (count, blob) for key, count, blob in fetch_binary(_TOKENS, values)}
    keys = [key for key in dict.fromkeys(passage_ids) if key in rows]
    parts = [
        np.frombuffer(blob, dtype="<f2").reshape(count, space.dim)
        for count, blob in (rows[key] for key in keys)
    ]
    return keys, Ragged.of(parts, width=space.dim)


def _values(
    space: VectorSpace, corpora: Sequence[int], passage_ids: Sequence[int]
) -> dict[str, object]:
    return {"passages": list(passage_ids), "space": space.pk, "corpora": list(corpora)}
