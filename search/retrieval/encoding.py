"""A question encoded beside everything else: while the words are looked up, models read it."""

import functools
import logging
import time
from collections.abc import Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from search import cache, registry
from search.errors import SearchError
from search.models import VectorSpace

log = logging.getLogger(__name__)

LOAD_DEADLINE_S = 60.0  # the first query of a process waits for the encoder to be loaded


@dataclass(frozen=True, slots=True)
class Encoded:
    """What an encoder made of the question: a row, token vectors or weights; None of no words."""

    rows: Any
    fingerprint: str
    took_ms: float

    @property
    def space(self) -> VectorSpace | None:
        """Where the encoder's vectors of passages lie; None before the first."""
        return VectorSpace.objects.filter(fingerprint=self.fingerprint).first()


class Encodings:
    """The encodings of one question by several encoders, begun at once."""

    def __init__(self, aliases: Iterable[str], text: str) -> None:
        memory = cache.current()
        self._pending: dict[str, Future[Encoded]] = {
            alias: _threads().submit(_encode, alias, text, memory)
            for alias in dict.fromkeys(aliases)
            if alias
        }

    def get(self, alias: str, patience_s: float) -> Encoded:
        """What the encoder made; an encoder that is not loaded yet is waited for longer.

        Raises:
            TimeoutError: it was not done in time.
            SearchError: there is no such encoder, it cannot be loaded, or it failed.
        """
        if alias not in self._pending:
            raise SearchError(
                'no text encoder is chosen; set MMSEARCH["TEXT_ENCODER"].'
                if not alias
                else f"the question was not encoded by {alias!r}."
            )
        return _awaited(self._pending[alias], alias, patience_s)


def encode_texts(alias: str, texts: Sequence[str], *, patience_s: float) -> NDArray[np.float32]:
    """The texts as unit rows, (n, dim), for comparing sentences.

    Raises:
        TimeoutError, SearchError: as ``Encodings.get``.
    """
    encoding = _threads().submit(lambda: registry.encoder(alias).encode_documents(texts))
    return _awaited(encoding, alias, patience_s)


def _awaited[T](encoding: Future[T], alias: str, patience_s: float) -> T:
    """What comes of it in time; whatever else a plug-in raises is an error that may be told."""
    patience = patience_s if registry.is_loaded("ENCODERS", alias) else LOAD_DEADLINE_S
    try:
        return encoding.result(timeout=patience)
    except (TimeoutError, SearchError):
        raise
    except Exception as error:  # a plug-in's fault must not cost the result
        log.exception("The encoder %s failed.", alias)
        raise SearchError(f"the encoder {alias!r} failed ({type(error).__name__}).") from error


def _encode(alias: str, text: str, memory: cache.Memory | None) -> Encoded:
    encoder = registry.encoder(alias)
    start = time.perf_counter()

    def encode() -> Any:
        return next(iter(encoder.encode_queries([text]))) if text.strip() else None

    key = (encoder.fingerprint, text)
    made = memory.recall("embedding", key, encode) if memory else encode()
    return Encoded(made, encoder.fingerprint, (time.perf_counter() - start) * 1000)


@functools.cache
def _threads() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(2, "encode-query")
