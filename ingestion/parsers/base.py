"""What every parser promises."""

from abc import ABC, abstractmethod
from collections.abc import Iterable
from pathlib import Path
from typing import ClassVar

from ingestion.errors import TooLargeError
from ingestion.parsers.cleaning import shown
from ingestion.types import Block, Limits, Parsed, ParseRequest


class Parser(ABC):
    """Bytes of some media types in, one frozen ``Parsed`` out.

    Runs in a child process that may read one file, write to one folder and reach nothing else.
    The bytes may be hostile: a refusal is an ``IngestError`` with a sentence; what cannot be read
    in part becomes a sentence in ``Parsed.notices`` and the rest is kept.
    """

    accepts: ClassVar[frozenset[str]]

    @abstractmethod
    def parse(self, request: ParseRequest, limits: Limits) -> Parsed:
        """Everything found in the file; ``request.media_type`` says what its content is."""


def read_bytes(request: ParseRequest, limits: Limits) -> bytes:
    """The whole file, unless it is longer than any text we would keep.

    Raises:
        TooLargeError: more bytes than four times the characters we keep.
    """
    size = Path(request.path).stat().st_size
    most = 4 * limits.text_chars
    if size > most:
        raise TooLargeError(
            f"{shown(request.filename)} has {size:,} bytes of text; at most {most:,} are read. "
            "Split it into smaller files."
        )
    return Path(request.path).read_bytes()


def capped(
    blocks: Iterable[Block], limits: Limits, notices: list[str], *, what: str = "text"
) -> tuple[Block, ...]:
    """The first blocks that fit the limit on characters; says so in ``notices`` if some do not."""
    kept: list[Block] = []
    left = limits.text_chars
    for block in blocks:
        left -= len(block.text)
        if left < 0:
            notices.append(f"Only the first {limits.text_chars:,} characters of {what} were kept.")
            break
        if block.text.strip():
            kept.append(block)
    return tuple(kept)


def table_row(header: list[str], cells: list[str]) -> str:
    """A row as a sentence of a kind: "Header: value; Header: value"; empty cells left out."""
    parts = []
    for at, cell in enumerate(cells):
        if not cell:
            continue
        name = header[at] if at < len(header) else ""
        parts.append(f"{name}: {cell}" if name and name != cell else cell)
    return "; ".join(parts)
