"""Stretches of speech as models give them, brought into order."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

SHORTEST_S = 0.02
MOST_LETTERS = 5000  # of one segment
SAID_AGAIN = 3  # segments of the same words in a row that are a model's loop
LOOPED = 6  # repeats of the same words inside a segment that are one
LONGEST_LOOP = 8  # words
PAUSE_S = 0.6  # silence that ends a segment of words
LONGEST_S = 8.0


@dataclass(frozen=True, slots=True)
class Segment:
    """What is said from one second to another. ``language``: ISO 639-1, empty if not known."""

    start_s: float
    end_s: float
    text: str
    language: str = ""


def tidied(raw: Iterable[Segment], *, length_s: float) -> list[Segment]:
    """The segments by time, inside 0 to ``length_s``, none over another, without loops.

    Times that are no numbers are taken for the beginning. Words whose time lies wholly under the
    segment before go to its end. Segments without words are left out.
    """
    kept: list[Segment] = []
    if length_s < SHORTEST_S:
        return kept
    worded = [replace(one, text=_plain(one.text)) for one in raw]
    inside = [_clamped(one, length_s) for one in worded if one.text]
    for one in sorted(inside, key=lambda segment: (segment.start_s, segment.end_s)):
        start_s = max(one.start_s, kept[-1].end_s) if kept else one.start_s
        if not kept or one.end_s - start_s >= SHORTEST_S:
            kept.append(replace(one, start_s=start_s))
        else:
            text = f"{kept[-1].text} {one.text}"[:MOST_LETTERS]
            kept[-1] = replace(kept[-1], text=text)
    return [_rounded(one, length_s) for one in _without_loops(kept)]


def joined(words: Sequence[Segment]) -> list[Segment]:
    """Words by time as segments: cut at pauses, and where one grows longer than eight seconds."""
    groups: list[list[Segment]] = [[word] for word in words[:1]]
    for before, word in pairwise(words):
        pause_s = word.start_s - before.end_s
        if pause_s >= PAUSE_S or word.end_s - groups[-1][0].start_s > LONGEST_S:
            groups.append([])
        groups[-1].append(word)
    return [
        replace(group[0], end_s=group[-1].end_s, text=" ".join(word.text for word in group))
        for group in groups
    ]


def _plain(text: str) -> str:
    """The words on one line, without what cannot be stored; loops inside are said once."""
    printable = "".join(letter if letter.isprintable() else " " for letter in text)
    words = printable.replace("\ufffd", " ").split()
    for length in range(1, LONGEST_LOOP + 1):
        words = _said_once(words, length)
    return " ".join(words)[:MOST_LETTERS].strip()


def _said_once(words: list[str], length: int) -> list[str]:
    """The words with those left out that repeat the ``length`` before them over and over."""
    kept: list[str] = []
    place = 0
    while place < len(words):
        loop, end = words[place : place + length], place + length
        while words[end : end + length] == loop:
            end += length
        if end - place >= LOOPED * length:
            kept += loop
            place = end
        else:
            kept.append(words[place])
            place += 1
    return kept


def _without_loops(segments: Sequence[Segment]) -> list[Segment]:
    """Of segments with the same words that follow one another, too many to be meant, the first."""
    runs: list[list[Segment]] = []
    for one in segments:
        if runs and runs[-1][0].text.casefold() == one.text.casefold():
            runs[-1].append(one)
        else:
            runs.append([one])
    return [one for run in runs for one in (run[:1] if len(run) >= SAID_AGAIN else run)]


def _clamped(one: Segment, length_s: float) -> Segment:
    start_s, end_s = _second(one.start_s), _second(one.end_s)
    start_s = min(max(start_s, 0.0), length_s - SHORTEST_S)
    return replace(one, start_s=start_s, end_s=min(max(end_s, start_s + SHORTEST_S), length_s))


def _rounded(one: Segment, length_s: float) -> Segment:
    return replace(one, start_s=round(one.start_s, 3), end_s=min(round(one.end_s, 3), length_s))


def _second(value: float) -> float:
    return float(value) if math.isfinite(value) else 0.0
