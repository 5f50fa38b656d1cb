"""What was worked out for somebody, kept for when the same person asks the same again.

Nothing crosses people: a key begins with who asks, and outside ``for_viewer`` nothing is kept or
looked up; so evaluations and benchmarks, which ask for nobody, measure the work itself. A key holds
all that may change the value; an entry that no longer fits is never looked up again, and the store
is bounded (``CACHES["search"]``).
"""

import hashlib
import json
import logging
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import asdict, dataclass, field, is_dataclass
from typing import Any

from django.core.cache import caches

from search.models import Corpus
from search.types import Viewer

log = logging.getLogger(__name__)

STORE = "search"
LAYERS = ("embedding", "results", "answer")
_NOTHING = object()
_looked_up: Counter[tuple[str, str]] = Counter()  # (layer, hit or miss) of this process
_counting = threading.Lock()


@dataclass(slots=True)
class Memory:
    """What one person's questions left behind. ``layers`` says what this question found there."""

    who: str
    layers: dict[str, str] = field(default_factory=dict)

    def recall[T](
        self,
        layer: str,
        parts: Sequence[object],
        make: Callable[[], T],
        *,
        keep: Callable[[T], bool] = lambda _value: True,
    ) -> T:
        """The value kept under the parts, or made now and kept if ``keep`` says so.

        A store that fails, or gives what cannot be read, is a miss.
        """
        key = _key(self.who, layer, parts)
        value = _read(key)
        found = "miss" if value is _NOTHING else "hit"
        if self.layers.get(layer) != "miss":  # of several, one that had to be made counts
            self.layers[layer] = found
        with _counting:
            _looked_up[layer, found] += 1
        if value is not _NOTHING:
            return value  # type: ignore[no-any-return]
        made = make()
        if keep(made):
            _write(key, made)
        return made


_memory: ContextVar[Memory | None] = ContextVar("memory", default=None)


@contextmanager
def for_viewer(viewer: Viewer) -> Iterator[Memory]:
    """Keep and look up what this viewer's question needs, inside the block."""
    who = "operator" if viewer.unrestricted else f"user {viewer.user_id or 'unsigned'}"
    memory = Memory(who)
    before = _memory.set(memory)
    try:
        yield memory
    finally:
        _memory.reset(before)


def current() -> Memory | None:
    """The memory of the person who asks; None where nobody does. Ask before changing threads."""
    return _memory.get()


def generations(corpora: Sequence[int]) -> list[tuple[int, int]]:
    """Each corpus with its generation, which everything that changes the corpus raises."""
    rows = Corpus.objects.filter(pk__in=list(corpora)).order_by("pk")
    return list(rows.values_list("pk", "generation"))


def hit_rates() -> dict[str, tuple[int, int]]:
    """Layer → how often it was found, of how often it was looked up, in this process."""
    with _counting:
        counted = dict(_looked_up)
    return {
        layer: (hits, hits + counted.get((layer, "miss"), 0))
        for layer in LAYERS
        for hits in (counted.get((layer, "hit"), 0),)
    }


def _key(who: str, layer: str, parts: Sequence[object]) -> str:
    words = json.dumps([who, layer, *parts], sort_keys=True, default=_plain)
    return hashlib.sha256(words.encode()).hexdigest()


def _plain(value: object) -> Any:
    if is_dataclass(value) and not isinstance(value, type):
        return asdict(value)
    return repr(value)


def _read(key: str) -> Any:
    try:
        return caches[STORE].get(key, _NOTHING)
    except Exception as error:  # a broken entry, a store that is away: work it out again
        log.warning("The cache gave nothing: %s", error)
        return _NOTHING


def _write(key: str, value: object) -> None:
    try:
        caches[STORE].set(key, value)
    except Exception as error:
        log.warning("The cache kept nothing: %s", error)
