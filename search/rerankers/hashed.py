"""Stand-ins for encoders, for miniatures: directions drawn from the letters of words."""

from collections.abc import Sequence
from hashlib import blake2b

import numpy as np

from search.rerankers.readouts.vectors import Rows


class HashedTokens:
    """A stand-in for an encoder: one direction a word, drawn from its letters."""

    def __init__(self, *, dim: int = 32) -> None:
        self._dim = dim

    def encode_query_tokens(self, text: str) -> Rows:
        rows = [self._row(word) for word in text.casefold().split()]
        return np.array(rows, dtype=np.float32).reshape(len(rows), self._dim)

    def encode_document_tokens(self, texts: Sequence[str]) -> list[Rows]:
        return [self.encode_query_tokens(text) for text in texts]

    def _row(self, word: str) -> Rows:
        digest = blake2b(word.encode("utf-8", "replace"), digest_size=8).digest()
        row = np.random.default_rng(int.from_bytes(digest)).standard_normal(self._dim)
        return (row / np.linalg.norm(row)).astype(np.float32)


class HashedSentences:
    """A stand-in for an encoder: the mean direction of a text's words."""

    def __init__(self, *, dim: int = 32) -> None:
        self._tokens = HashedTokens(dim=dim)

    def encode_queries(self, texts: Sequence[str]) -> Rows:
        rows = [self._tokens.encode_query_tokens(f"a {text}").sum(axis=0) for text in texts]
        return np.array([row / np.linalg.norm(row) for row in rows], dtype=np.float32)

    def encode_documents(self, texts: Sequence[str]) -> Rows:
        return self.encode_queries(texts)
