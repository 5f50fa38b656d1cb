"""An encoder without weights: words hashed into a fixed width. For first runs and tests."""

import re
import zlib
from collections.abc import Sequence

import numpy as np

from search.encoders.base import Rows, TextEncoder, as_unit_rows

_WORD = re.compile(r"\w+")


class HashingEncoder(TextEncoder):
    """Signed feature hashing of words: texts with words in common are close, nothing else is.

    Source: Weinberger et al., ICML 2009, arXiv:0902.2206.
    """

    light = True

    def __init__(self, *, dim: int = 256, max_tokens: int = 256) -> None:
        self.dim, self.max_tokens = dim, max_tokens
        self.fingerprint = f"hashing:{dim}"

    def encode_queries(self, texts: Sequence[str]) -> Rows:
        return self.encode_documents(texts)

    def encode_documents(self, texts: Sequence[str]) -> Rows:
        rows = np.zeros((len(texts), self.dim))
        for row, text in zip(rows, texts, strict=True):
            for word in _WORD.findall(text.lower())[: self.max_tokens] or ["\x00"]:
                digest = zlib.crc32(word.encode("utf-8", "replace"))
                row[digest % self.dim] += 1.0 if digest >> 31 else -1.0
            if not row.any():  # its words cancelled each other
                row[zlib.crc32(text.encode("utf-8", "replace")) % self.dim] = 1.0
        return as_unit_rows(rows, dim=self.dim)

    def count_tokens(self, text: str) -> int:
        return len(_WORD.findall(text))
