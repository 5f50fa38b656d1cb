"""Late interaction: each token of the question finds its best token of the candidate."""

from collections.abc import Sequence

import numpy as np

from search.rerankers.readout import Group, Reading, Readout
from search.rerankers.readouts.vectors import Rows, TokenEncoder, TokenVectors
from search.types import Query


def maxsim(query: Rows, document: Rows) -> float:
    """Sum over query rows of the best dot product: (q, dim) with (d, dim)."""
    if not len(query) or not len(document):
        return 0.0
    return float((query @ document.T).max(axis=1).sum())


class MaxSim(Readout):
    """MaxSim over stored token vectors; what has none is encoded, if ``encode_missing``.

    Source: Khattab and Zaharia, ColBERT, SIGIR 2020, arXiv:2004.12832.
    """

    batch = 64

    def __init__(
        self,
        encoder: TokenEncoder,
        vectors: TokenVectors | None = None,
        *,
        encode_missing: bool = True,
    ) -> None:
        self._encoder, self._vectors = encoder, vectors
        self._encode_missing = encode_missing

    def prepared(self, query: Query, head: Group) -> "Readout":
        return _MaxSimOf(self._encoder.encode_query_tokens(query.text), self)

    def read(
        self, query: Query, groups: Sequence[Group], *, left_s: float | None = None, seed: int = 0
    ) -> list[Reading]:
        return self.prepared(query, []).read(query, groups, left_s=left_s, seed=seed)

    def rows_of(self, candidates: Group) -> list[Rows | None]:
        """Token vectors of each candidate, (tokens, dim), in their order."""
        ids = [candidate.passage_id for candidate in candidates]
        rows: list[Rows | None] = [None] * len(ids)
        if self._vectors is not None:
            rows = list(self._vectors.of(ids))
        missing = [i for i, row in enumerate(rows) if row is None]
        if missing and self._encode_missing:
            made = self._encoder.encode_document_tokens([candidates[i].text for i in missing])
            for i, row in zip(missing, made, strict=True):
                rows[i] = row
        return rows


class _MaxSimOf(Readout):
    """MaxSim of one question, whose tokens are already encoded."""

    batch = MaxSim.batch

    def __init__(self, query: Rows, source: MaxSim) -> None:
        self._query, self._source = np.asarray(query), source

    def read(
        self, query: Query, groups: Sequence[Group], *, left_s: float | None = None, seed: int = 0
    ) -> list[Reading]:
        rows = self._source.rows_of([group[0] for group in groups])
        return [
            Reading({} if row is None else {0: maxsim(self._query, row)}, 1, calls=0)
            for row in rows
        ]
