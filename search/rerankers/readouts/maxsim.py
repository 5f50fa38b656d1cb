"""Late interaction: each token of the question finds its best token of the candidate."""

from collections.abc import Mapping, Sequence

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
        """The question's tokens and all stored tokens, each asked for once."""
        ids = [candidate.passage_id for candidate in head]
        stored = self._vectors.of(ids) if self._vectors is not None else [None] * len(ids)
        rows = {key: row for key, row in zip(ids, stored, strict=True) if row is not None}
        encoder = self._encoder if self._encode_missing else None
        return _MaxSimOf(self._encoder.encode_query_tokens(query.text), rows, encoder)

    def read(
        self, query: Query, groups: Sequence[Group], *, left_s: float | None = None, seed: int = 0
    ) -> list[Reading]:
        head = [group[0] for group in groups]
        return self.prepared(query, head).read(query, groups, left_s=left_s, seed=seed)


class _MaxSimOf(Readout):
    """MaxSim of one question with candidates whose tokens are here or can be made."""

    batch = MaxSim.batch

    def __init__(self, query: Rows, rows: Mapping[int, Rows], encoder: TokenEncoder | None) -> None:
        self._query, self._rows, self._encoder = query, rows, encoder

    def read(
        self, query: Query, groups: Sequence[Group], *, left_s: float | None = None, seed: int = 0
    ) -> list[Reading]:
        found = [self._rows.get(group[0].passage_id) for group in groups]
        missing = [i for i, rows in enumerate(found) if rows is None]
        if missing and self._encoder is not None:
            texts = [groups[i][0].text for i in missing]
            made = self._encoder.encode_document_tokens(texts)
            for i, rows in zip(missing, made, strict=True):
                found[i] = rows
        return [
            Reading({} if rows is None else {0: maxsim(self._query, rows)}, 1, calls=0)
            for rows in found
        ]
