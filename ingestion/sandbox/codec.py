"""``Parsed`` as JSON, and back with every value checked.

A child that a file has taken over may write anything: what comes back is data, never a path
or code. Structure that is wrong is refused; descriptive fields that are wrong are emptied.
"""

import math
import re
import stat
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec

from ingestion.types import Block, Media, Member, Page, Parsed
from search.types import Anchor, Box

MAX_BYTES = 128 << 20
FILE_NAME = re.compile(r"[a-z0-9][a-z0-9.-]{0,60}")
BLOCK_KINDS = frozenset(
    {"paragraph", "heading", "list", "table_row", "code", "caption", "cue", "ocr", "record"}
    | {"label"}
)
PART_NAME = re.compile(r"(figure|table)-\d{4}")
MEDIA_KINDS = frozenset({"image", "shot", "sound", "poster", "clip", "frame", "track"})
ORIGINS = frozenset({"source", "derived"})
MOST_PAGES = 1_000_000
MOST_PIXELS = 1_000_000  # along one side
MOST_SECONDS = 1e7
SLACK = 1e-3

_DECODER = msgspec.json.Decoder(Parsed)
_HINTS = {
    "published": re.compile(r"\d{4}(-\d{2}(-\d{2})?)?"),
    "doi": re.compile(r"10\.\d{4,9}/\S{1,250}"),
    "url": re.compile(r"https?://[^\s<>\"]{1,2000}"),
    "language": re.compile(r"[a-z]{2,3}"),
}
_MEDIA_TYPE = re.compile(r"[a-z]+/[a-z0-9.+-]{1,100}")
_LENGTHS = {"title": 1000, "licence": 500}


class ResultError(ValueError):
    """What a child wrote is not a result; the message names the field."""


def dump(parsed: Parsed) -> bytes:
    """The value as JSON. Lone surrogates, which no database stores, become U+FFFD."""
    try:
        return msgspec.json.encode(parsed)
    except UnicodeEncodeError:
        return msgspec.json.encode(_without_surrogates(msgspec.to_builtins(parsed)))


def load(payload: bytes, folder: Path) -> Parsed:
    """The value that ``dump`` wrote; its files lie in ``folder``.

    Raises:
        ResultError: too long, not the shape of ``Parsed``, a number out of range, or a file
            that is not a plain file of that folder under a name we would make.
    """
    if len(payload) > MAX_BYTES:
        raise ResultError(f"The result has {len(payload)} bytes; the limit is {MAX_BYTES}.")
    try:
        parsed = _DECODER.decode(payload)
    except (msgspec.MsgspecError, RecursionError) as error:
        raise ResultError(f"The result is not valid: {error}.") from error
    if b"\\u0000" in payload:
        parsed = _DECODER.decode(msgspec.json.encode(_without_nul(msgspec.to_builtins(parsed))))
    _check(parsed, folder)
    return _with_clean_hints(parsed)


def is_plain_file(name: str, folder: Path) -> bool:
    """Whether ``name`` is a file, not a link, in ``folder`` under a name we would make."""
    if not FILE_NAME.fullmatch(name):
        return False
    try:
        return stat.S_ISREG((folder / name).lstat().st_mode)
    except OSError:
        return False


def _without_surrogates(value: Any) -> Any:
    return _mapped(value, lambda text: text.encode("utf-8", "replace").decode("utf-8"))


def _without_nul(value: Any) -> Any:
    return _mapped(value, lambda text: text.replace("\0", "\ufffd"))


def _mapped(value: Any, change: Any) -> Any:
    if isinstance(value, str):
        return change(value)
    if isinstance(value, dict):
        return {key: _mapped(item, change) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_mapped(item, change) for item in value]
    return value


def _check(parsed: Parsed, folder: Path) -> None:
    if not _MEDIA_TYPE.fullmatch(parsed.media_type):
        raise ResultError(f"media_type is {parsed.media_type[:100]!r}.")
    _check_span("duration_s", 0.0, parsed.duration_s)
    for block in parsed.blocks:
        _check_block(block)
    for page in parsed.pages:
        _check_page(page, folder)
    for media in parsed.media:
        _check_media(media, folder)
    for member in parsed.members:
        _check_member(member, folder)


def _check_block(block: Block) -> None:
    if block.kind not in BLOCK_KINDS or block.origin not in ORIGINS:
        raise ResultError(f"A block is of kind {block.kind[:50]!r}, origin {block.origin[:50]!r}.")
    if block.part and not PART_NAME.fullmatch(block.part):
        raise ResultError(f"A block is part of {block.part[:50]!r}, which is no name of ours.")
    if not 0 <= block.level <= 9:
        raise ResultError(f"A block has level {block.level}; 0 to 9 are known.")
    _check_page_number(block.page)
    _check_span("block", block.start_s, block.end_s)
    _check_anchors(block.anchors, len(block.text))


def _check_anchors(anchors: Iterable[Anchor], length: int) -> None:
    for anchor in anchors:
        if not 0 <= anchor.start <= anchor.end <= length:
            raise ResultError(
                f"An anchor stands at {anchor.start}:{anchor.end} of {length} characters."
            )
        _check_box(anchor.box)
        _check_span("anchor", anchor.start_s, anchor.end_s)


def _check_page(page: Page, folder: Path) -> None:
    _check_page_number(page.number)
    for side in (page.width, page.height):
        if not (math.isfinite(side) and 0 <= side <= MOST_PIXELS):
            raise ResultError(f"Page {page.number} has a side of {side}.")
    if page.image:
        _check_file(page.image, folder)


def _check_media(media: Media, folder: Path) -> None:
    if media.kind not in MEDIA_KINDS:
        raise ResultError(f"A picture is of kind {media.kind[:50]!r}.")
    if not (0 <= media.width <= MOST_PIXELS and 0 <= media.height <= MOST_PIXELS):
        raise ResultError(f"{media.kind} is {media.width} × {media.height} pixels.")
    _check_file(media.file, folder)
    _check_page_number(media.page)
    _check_box(media.box)
    _check_span(media.kind, media.start_s, media.end_s)
    _check_span(f"{media.kind} frame", media.frame_s, None)


def _check_member(member: Member, folder: Path) -> None:
    _check_file(member.file, folder)
    if len(member.name) > 4096:
        raise ResultError(f"A member's name has {len(member.name)} characters.")


def _check_file(name: str, folder: Path) -> None:
    if not is_plain_file(name, folder):
        raise ResultError(f"{name[:100]!r} is not a file of this result.")


def _check_page_number(number: int | None) -> None:
    if number is not None and not 1 <= number <= MOST_PAGES:
        raise ResultError(f"A page has number {number}.")


def _check_box(box: Box | None) -> None:
    if box is None:
        return
    left, top, width, height = box
    inside = all(math.isfinite(side) and -SLACK <= side <= 1 + SLACK for side in box)
    if not inside or left + width > 1 + SLACK or top + height > 1 + SLACK:
        raise ResultError(f"A box is {box}; fractions of the page are from 0 to 1.")


def _check_span(what: str, start: float | None, end: float | None) -> None:
    for second in (start, end):
        if second is not None and not (math.isfinite(second) and 0 <= second <= MOST_SECONDS):
            raise ResultError(f"{what} stands at second {second}.")
    if start is not None and end is not None and end < start:
        raise ResultError(f"{what} ends at {end}, before its start {start}.")


def _with_clean_hints(parsed: Parsed) -> Parsed:
    """The value without descriptive fields of the wrong form: they are hints, not structure."""
    changes: dict[str, Any] = {
        name: ""
        for name, form in _HINTS.items()
        if getattr(parsed, name) and not form.fullmatch(getattr(parsed, name))
    }
    for name, length in _LENGTHS.items():
        if len(getattr(parsed, name)) > length:
            changes[name] = getattr(parsed, name)[:length]
    if any(len(author) > 200 for author in parsed.authors) or len(parsed.authors) > 500:
        changes["authors"] = tuple(author[:200] for author in parsed.authors[:500])
    if any(len(notice) > 500 for notice in parsed.notices) or len(parsed.notices) > 100:
        changes["notices"] = tuple(notice[:500] for notice in parsed.notices[:100])
    return replace(parsed, **changes) if changes else parsed
