"""Plug-ins that fail as real ones do: they raise, they hang, they cannot be built."""

import threading
from collections.abc import Sequence
from typing import Any

from search.encoders.base import Rows
from search.encoders.hashing import HashingEncoder
from search.rerankers.base import Deadline, Reranked, Reranker
from search.types import Candidate, Query

released = threading.Event()  # ends what hangs
STUCK_S = 20.0


class RaisingEncoder(HashingEncoder):
    """Its device has gone."""

    def encode_documents(self, texts: Sequence[str]) -> Rows:
        raise RuntimeError("CUDA error: device lost")


class RaisingInAnswers(HashingEncoder):
    """Encodes questions; its device goes when sentences are compared."""

    def encode_queries(self, texts: Sequence[str]) -> Rows:
        return super().encode_documents(texts)

    def encode_documents(self, texts: Sequence[str]) -> Rows:
        raise RuntimeError("CUDA error: device lost")


class HangingEncoder(HashingEncoder):
    """Never comes back."""

    def encode_documents(self, texts: Sequence[str]) -> Rows:
        released.wait(STUCK_S)
        return super().encode_documents(texts)


class HangingInAnswers(HangingEncoder):
    """Encodes questions; never comes back when sentences are compared."""

    def encode_queries(self, texts: Sequence[str]) -> Rows:
        return HashingEncoder.encode_documents(self, texts)


class UnbuildableEncoder(HashingEncoder):
    """Its driver is gone."""

    def __init__(self, **options: Any) -> None:
        raise RuntimeError("no driver")


class RaisingReranker(Reranker):
    """Its device has gone."""

    light = True

    def rerank(
        self, query: Query, candidates: Sequence[Candidate], *, deadline: Deadline | None = None
    ) -> Reranked:
        raise RuntimeError("CUDA error: device lost")


class HangingReranker(Reranker):
    """Never comes back, and asks no clock."""

    light = True

    def rerank(
        self, query: Query, candidates: Sequence[Candidate], *, deadline: Deadline | None = None
    ) -> Reranked:
        released.wait(STUCK_S)
        return Reranked(tuple(candidates))
