"""Subtitles as timed words, and those of the text tracks inside recordings."""

import html
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

import av
from av.container import InputContainer

from ingestion.media.plain import plain_line
from ingestion.media.probe import DAMAGED
from ingestion.types import Block
from search.types import Anchor

LETTERS_A_SECOND = 15.0  # reading speed, where an end is missing
MOST_CUES = 100_000
MOST_LETTERS = 5000  # of one cue
TOUCHING_S = 0.1
SHORTEST_LINE = 8  # letters; shorter ones may well be said twice

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
            in_order[at] = replace(cue, end_s=round(end_s, 3))
    return in_order, backwards


def _without_repeats(cues: Iterable[Cue]) -> list[Cue]:
    """Rolling captions show a line again with the next one: each line is kept once."""
    kept: list[Cue] = []
    shown = ""  # the whole text of the last cue, with what was left out of it
    for cue in cues:
        if not kept or cue.start_s > kept[-1].end_s + TOUCHING_S:
            kept.append(cue)
        elif cue.text == shown or (len(cue.text) > SHORTEST_LINE and shown.endswith(cue.text)):
            kept[-1] = replace(kept[-1], end_s=max(kept[-1].end_s, cue.end_s))
        elif len(shown) > SHORTEST_LINE and cue.text.startswith(f"{shown} "):
            kept.append(replace(cue, text=cue.text[len(shown) + 1 :]))
        else:
            kept.append(cue)
        shown = cue.text
    return kept


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
            except (*DAMAGED, UnicodeDecodeError):
                faults += 1
                continue
            if words:
                found.append(Cue(round(start_s, 3), round(start_s + length_s, 3), words))
    except DAMAGED:
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
