"""Stored vectors, handed in: rerankers neither read a database nor encode what is stored."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Rows = NDArray[np.float32]


class PassageVectors(Protocol):
    """One vector a passage."""

    def of(self, passage_ids: Sequence[int]) -> Sequence[Rows | None]:
        """Unit vectors, (dim,), in the order of the ids; None where there is none."""


class TokenVectors(Protocol):
    """Many vectors a passage."""

    def of(self, passage_ids: Sequence[int]) -> Sequence[Rows | None]:
        """Unit rows, (tokens, dim), in the order of the ids; None where there are none."""


class SentenceEncoder(Protocol):
    """What text encoders of this project offer."""

    def encode_queries(self, texts: Sequence[str]) -> Rows:
        """Unit rows, (n, dim)."""

    def encode_documents(self, texts: Sequence[str]) -> Rows:
        """Unit rows, (n, dim)."""


class TokenEncoder(Protocol):
    """An encoder of late interaction."""

    def encode_query_tokens(self, text: str) -> Rows:
        """Unit rows, (tokens, dim)."""

    def encode_document_tokens(self, texts: Sequence[str]) -> Sequence[Rows]:
        """For each text unit rows, (tokens, dim)."""


@dataclass(frozen=True, slots=True)
class HeldVectors:
    """Vectors kept in memory, by passage id: serves as either protocol."""

    rows: Mapping[int, Rows]

    def of(self, passage_ids: Sequence[int]) -> Sequence[Rows | None]:
        return [self.rows.get(passage_id) for passage_id in passage_ids]
