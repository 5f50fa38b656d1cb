"""A fake of a token encoder, for machines without weights: each word has a direction of its own."""

import re
import zlib
from collections.abc import Sequence

import numpy as np

from search.encoders.base import Ragged, Rows, TokenEncoder


class FakeWordVectors(TokenEncoder):
    """A random unit vector for each word, the same wherever the word stands."""

    light = True

    def __init__(self, *, dim: int = 32) -> None:
        self.dim, self.fingerprint = dim, f"fake-words:{dim}"

    def encode_queries(self, texts: Sequence[str]) -> Ragged:
        return self.encode_documents(texts)

    def encode_documents(self, texts: Sequence[str]) -> Ragged:
        return Ragged.of([self._rows(text) for text in texts], width=self.dim)

    def _rows(self, text: str) -> Rows:
        words = re.findall(r"\w+", text.lower()) or ["\x00"]
        return np.stack([self._row(word) for word in words])

    def _row(self, word: str) -> Rows:
        row = np.random.default_rng(zlib.crc32(word.encode())).normal(size=self.dim)
        return (row / np.linalg.norm(row)).astype(np.float32)
