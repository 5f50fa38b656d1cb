"""Subtitle files: SRT, WebVTT and ASS.

One grammar reads SRT and WebVTT, since real files mix them: commas and points, missing hours,
missing blank lines, WebVTT settings in SRT. A live library for each exists, but none tells which
cues it dropped, and the reader of a partial document must be told.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from ingestion.media.cues import MOST_CUES, Cue, Cues, clean, ordered

LONGEST_S = 100 * 3600.0

_TIME = r"(?:(\d{1,3}):)?(\d{1,2}):(\d{1,2})(?:[.,:](\d{1,3}))?"
_TIMING = re.compile(rf"\s*{_TIME}\s*-{{1,3}}>\s*{_TIME}(?=\s|$)")
_DIALOGUE = re.compile(rf"Dialogue:[^,]*,\s*{_TIME}\s*,\s*{_TIME}\s*,(.*)", re.IGNORECASE)
_ASS_FIELDS_BEFORE_TEXT = 6  # style, name, three margins, effect


@dataclass(slots=True)
class _Found:
    """A cue as it stands in the file; times are None where they cannot be read."""

    line: int
    start_s: float | None
    end_s: float | None
    lines: list[str] = field(default_factory=list)


def decoded_text(payload: bytes) -> str:
    """The text of a subtitle file: UTF-8, UTF-16 with its mark, else Windows-1252."""
    if payload.startswith((b"\xff\xfe", b"\xfe\xff")):
        return payload.decode("utf-16", "replace")
    try:
        return payload.decode("utf-8-sig")
    except UnicodeDecodeError:
        return payload.decode("cp1252", "replace")


def read_cues(text: str, name: str) -> Cues:
    """The cues of a subtitle file's text; ``name`` is what the notices call the file."""
    lines = re.split(r"\r\n|\r|\n", text.lstrip("\ufeff"))
    is_ass = lines[0].strip() == "[Script Info]"
    cues: list[Cue] = []
    unreadable: list[int] = []
    for found in _ass(lines) if is_ass else _timed(lines):
        if found.start_s is None or found.end_s is None:
            unreadable.append(found.line)
        elif words := clean(" ".join(found.lines)):
            cues.append(Cue(found.start_s, found.end_s, words))
        if len(cues) >= MOST_CUES:
            break
    kept, backwards = ordered(cues)
    return Cues(kept, tuple(_notices(name, unreadable, backwards)))


def _timed(lines: list[str]) -> Iterator[_Found]:
    """The cues of SRT and WebVTT: a line of times, and text up to a blank line or the next."""
    current: _Found | None = None
    for number, line in enumerate(lines, start=1):
        if "-->" in line or _TIMING.match(line):
            if current is not None:
                yield _without_next_number(current)
            current = _Found(number, *_times(_TIMING.match(line)))
        elif not line.strip():
            if current is not None:
                yield current
            current = None
        elif current is not None:
            current.lines.append(line)
    if current is not None:
        yield current


def _without_next_number(found: _Found) -> _Found:
    """A cue that runs into the next one without a blank line ends with the next one's number."""
    if found.lines and found.lines[-1].strip().isdigit():
        found.lines.pop()
    return found


def _ass(lines: list[str]) -> Iterator[_Found]:
    """The spoken lines of Advanced SubStation Alpha."""
    for number, line in enumerate(lines, start=1):
        if not line.startswith("Dialogue:"):
            continue
        match = _DIALOGUE.match(line)
        parts = match[9].split(",", _ASS_FIELDS_BEFORE_TEXT) if match else []
        yield _Found(number, *_times(match), parts[_ASS_FIELDS_BEFORE_TEXT:])


def _times(match: re.Match[str] | None) -> tuple[float | None, float | None]:
    if match is None:
        return None, None
    start_s, end_s = _seconds(match.groups()[:4]), _seconds(match.groups()[4:8])
    return (start_s, end_s) if max(start_s, end_s) <= LONGEST_S else (None, None)


def _seconds(parts: tuple[str | None, ...]) -> float:
    hours, minutes, whole, fraction = (part or "0" for part in parts)
    return int(hours) * 3600 + int(minutes) * 60 + int(whole) + float(f"0.{fraction}")


def _notices(name: str, unreadable: list[int], backwards: int) -> Iterator[str]:
    if unreadable:
        yield (
            f"{name}: subtitles left out because their time cannot be read: {len(unreadable)}, "
            f"the first in line {unreadable[0]}."
        )
    if backwards:
        yield (
            f"{name}: subtitles whose end was estimated because they end before they begin: "
            f"{backwards}."
        )
