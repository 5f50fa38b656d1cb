"""Subtitles as timed words, and those of the text tracks inside recordings."""

import html
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

import av
from av.container import InputContainer

from ingestion.media.plain import plain_line
from ingestion.types import Block
from search.types import Anchor

LETTERS_A_SECOND = 15.0  # reading speed, where an end is missing
MOST_CUES = 100_000
MOST_LETTERS = 5000  # of one cue

_TAG = re.compile(r"</?[A-Za-z][^<>]{0,200}>|</?>|<\d[\d:.]{0,20}>")
_ASS_TAG = re.compile(r"\{\\[^{}]{0,500}\}")
_ASS_BREAK = re.compile(r"\\[Nnh]")


@dataclass(frozen=True, slots=True)
class Cue:
    """A subtitle: its words and when they are shown, from the recording's beginning."""

    start_s: float
    end_s: float
    text: str


@dataclass(frozen=True, slots=True)
class Cues:
    """Cues by start time, and sentences about those that could not be read."""

    cues: tuple[Cue, ...] = ()
    notices: tuple[str, ...] = ()


def clean(text: str) -> str:
    """The words of a cue: no tags, no positions, entities written out."""
    text = _ASS_BREAK.sub(" ", _ASS_TAG.sub("", text))
    return plain_line(html.unescape(_TAG.sub("", text)))[:MOST_LETTERS].strip()


def ordered(found: Iterable[Cue]) -> tuple[tuple[Cue, ...], int]:
    """Cues by start time without repeats, and how many ended before they began."""
    cues, backwards = _in_order(list(found))
    return tuple(_without_repeats(cues)), backwards


def _in_order(cues: list[Cue]) -> tuple[list[Cue], int]:
    """Cues by start; those that end before they begin get the time it takes to read them."""
    in_order = sorted(cues, key=lambda cue: (cue.start_s, cue.end_s))
    backwards = 0
    for at, cue in enumerate(in_order):
        if cue.end_s < cue.start_s:
            backwards += 1
        if cue.end_s <= cue.start_s:
            read_s = max(1.0, len(cue.text) / LETTERS_A_SECOND)
            later = [other.start_s for other in in_order[at + 1 : at + 2]]
            end_s = min([cue.start_s + read_s, *(s for s in later if s > cue.start_s)])
            in_order[at] = replace(cue, end_s=end_s)
    return in_order, backwards


def _without_repeats(cues: Iterable[Cue]) -> Iterator[Cue]:
    """Rolling captions show a line again with the next one: each line is kept once."""
    before: Cue | None = None
    for cue in cues:
        text = cue.text
        if before is not None and cue.start_s <= before.end_s + 0.1:
            if text == before.text:
                continue
            if text.startswith(f"{before.text} ") and len(before.text) > 12:
                text = text[len(before.text) + 1 :]
        before = cue
        yield replace(cue, text=text)


def track_cues(container: InputContainer, index: int, *, origin_s: float, name: str) -> Cues:
    """The cues of a text track inside a recording. Reads the container from its current place."""
    stream = container.streams[index]
    found: list[Cue] = []
    faults = 0
    try:
        for packet in container.demux(stream):
            if packet.pts is None or len(found) >= MOST_CUES:
                continue
            start_s = max(0.0, float(packet.pts * packet.time_base) - origin_s)
            length_s = float((packet.duration or 0) * packet.time_base)
            try:
                words = clean(" ".join(_lines(packet)))
            except (av.FFmpegError, UnicodeDecodeError):
                faults += 1
                continue
            if words:
                found.append(Cue(start_s, start_s + length_s, words))
    except av.FFmpegError:
        faults += 1
    cues, _ = ordered(found)
    return Cues(cues, (f"Parts of {name} could not be read.",) if faults else ())


def _lines(packet: av.Packet) -> Iterator[str]:
    for subtitle in packet.decode():
        for part in getattr(subtitle, "rects", None) or [subtitle]:
            words = getattr(part, "dialogue", None) or getattr(part, "text", None)
            if isinstance(words, bytes):
                words = words.decode("utf-8", "replace")
            if words:
                yield words


def cue_blocks(cues: Iterable[Cue], *, section: str = "") -> tuple[Block, ...]:
    """One block per cue, its characters anchored to its span of time."""
    return tuple(
        Block(
            cue.text,
            kind="cue",
            section=section,
            anchors=(Anchor(0, len(cue.text), start_s=cue.start_s, end_s=cue.end_s),),
            start_s=cue.start_s,
            end_s=cue.end_s,
        )
        for cue in cues
    )
