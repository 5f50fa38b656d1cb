"""Byte ranges, as RFC 9110 section 14 defines them."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

_SPEC = re.compile(r"\s*(\d{0,18})-(\d{0,18})\s*")
_BLOCK = 1 << 16


class ByteRange(NamedTuple):
    """First and last byte, both included."""

    first: int
    last: int

    @property
    def length(self) -> int:
        return self.last - self.first + 1


class UnsatisfiableRangeError(Exception):
    """No byte of what was asked for exists."""


def requested_range(header: str, size: int) -> ByteRange | None:
    """The one range a request asks for; None when the whole file is the answer.

    A header that is malformed, in another unit, or names several ranges is passed over, as the
    RFC allows: the reader gets the whole file.

    Raises:
        UnsatisfiableRangeError: well-formed, and nothing in it lies inside the file.
    """
    unit, equals, specs = header.partition("=")
    if not equals or unit.strip().lower() != "bytes":
        return None
    found = [_SPEC.fullmatch(spec) for spec in specs.split(",") if spec.strip()]
    if not found:
        return None
    satisfiable: list[ByteRange] = []
    for match in found:
        if match is None or not _is_valid(match[1], match[2]):
            return None
        span = _within(match[1], match[2], size)
        if span:
            satisfiable.append(span)
    if not satisfiable:
        raise UnsatisfiableRangeError(f"{header!r} lies outside the {size} bytes there are.")
    return satisfiable[0] if len(found) == 1 else None


def read_range(path: Path, span: ByteRange) -> Iterator[bytes]:
    """The bytes of the range, in blocks of 64 KiB."""
    with path.open("rb") as file:
        file.seek(span.first)
        left = span.length
        while left > 0 and (block := file.read(min(_BLOCK, left))):
            left -= len(block)
            yield block


def _is_valid(first: str, last: str) -> bool:
    if first and last:
        return int(first) <= int(last)
    return bool(first or last)


def _within(first: str, last: str, size: int) -> ByteRange | None:
    if not first:
        begin, end = max(size - int(last), 0), size - 1
    else:
        begin, end = int(first), min(int(last), size - 1) if last else size - 1
    return ByteRange(begin, end) if begin <= end else None
