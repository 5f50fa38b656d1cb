"""The place in a document that an address asks for."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from search.models import Document, Passage
from search.types import Box

_CHARS = re.compile(r"(\d{1,9})-(\d{1,9})")
_MOST_OTHERS = 50

Chars = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Place:
    """The cited passage, the characters of it that are quoted, and the other passages found.

    ``page`` and ``second`` are set where the reader turned to them.
    """

    passage: Passage | None = None
    chars: Chars | None = None
    others: tuple[Passage, ...] = ()
    page: int | None = None
    second: float | None = None
    box: Box | None = None  # the part of the page that is meant, where the passage is a picture

    @property
    def evidence(self) -> tuple[Passage, ...]:
        """Cited and found passages, in the order of the document."""
        mine = (self.passage,) if self.passage else ()
        return tuple(sorted((*mine, *self.others), key=lambda passage: passage.ordinal))

    def spans_in(self, passage: Passage) -> tuple[Chars, ...]:
        """The characters to mark: the quote, or the whole of the cited passage."""
        if self.passage is None or passage.pk != self.passage.pk:
            return ()
        return (self.chars,) if self.chars else ((0, len(passage.text)),)


def place_in(document: Document, address: Mapping[str, str]) -> Place:
    """Read ``passage``, ``chars`` (or ``quote``), ``also``, ``page``, ``t`` and ``box``.

    What makes no sense, or names a passage of another document, is passed over.
    """
    wanted = _number(address.get("passage", ""))
    also = [_number(word) for word in address.get("also", "").split(",")[:_MOST_OTHERS]]
    ids = {number for number in (wanted, *also) if number is not None}
    found = document.passages.defer("terms").in_bulk(list(ids)) if ids else {}
    passage = found.pop(wanted, None) if wanted is not None else None
    return Place(
        passage=passage,
        chars=_chars(address.get("chars") or address.get("quote") or "", passage),
        others=tuple(found.values()),
        page=_number(address.get("page", "")),
        second=_seconds(address.get("t", "")),
        box=_box(address.get("box", "")),
    )


def _number(word: str) -> int | None:
    word = word.strip()
    number = int(word) if word.isascii() and word.isdigit() and len(word) < 20 else None
    return number if number is not None and number < 2**63 else None


def _chars(word: str, passage: Passage | None) -> Chars | None:
    match = _CHARS.fullmatch(word)
    if match is None or passage is None:
        return None
    start, end = int(match[1]), min(int(match[2]), len(passage.text))
    return (start, end) if start < end else None


def _box(word: str) -> Box | None:
    if not re.fullmatch(r"[01](\.\d{1,6})?(,[01](\.\d{1,6})?){3}", word):
        return None
    x, y, width, height = (float(part) for part in word.split(","))
    return (x, y, min(width, 1 - x), min(height, 1 - y)) if x < 1 and y < 1 else None


def _seconds(word: str) -> float | None:
    if not re.fullmatch(r"\d{1,6}(\.\d{1,6})?", word):
        return None
    return float(word)
