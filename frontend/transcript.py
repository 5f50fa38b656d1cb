"""What is said in a recording, line by line."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from search.models import Passage


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a transcript. ``origin`` is "transcript" for words that are spoken.

    ``spans`` are the characters of ``text`` that are cited; ``is_derived``: a machine wrote it
    down.
    """

    start_s: float
    end_s: float
    text: str
    passage_id: int
    origin: str
    spans: tuple[tuple[int, int], ...] = ()
    is_derived: bool = False


def transcript_of(
    passages: Iterable[Passage], *, cited: int | None = None, chars: tuple[int, int] | None = None
) -> list[Line]:
    """The lines of the passages in order of time: one per cue, or per passage that nobody says.

    Lines of the ``cited`` passage are marked; with ``chars``, only those characters of them.
    """
    lines: list[Line] = []
    for passage in passages:
        marked = (chars or (0, len(passage.text))) if passage.pk == cited else (0, 0)
        for start, end, start_s, end_s in _timed(passage):
            said = passage.text[start:end]
            if text := said.strip():
                begin = start + len(said) - len(said.lstrip())
                spans = _within(marked, begin, begin + len(text))
                derived = _is_derived(passage)
                lines.append(
                    Line(start_s, end_s, text, passage.pk, _origin(passage), spans, derived)
                )
    return sorted(lines, key=lambda line: (line.start_s, line.end_s))


def web_vtt(lines: Sequence[Line]) -> str:
    """The spoken lines as a WebVTT file."""
    cues = [
        f"{_vtt_time(line.start_s)} --> {_vtt_time(line.end_s)}\n{_vtt_text(line.text)}\n"
        for line in lines
        if line.origin == "transcript"
    ]
    return "WEBVTT\n\n" + "\n".join(cues)


def _within(marked: tuple[int, int], begin: int, end: int) -> tuple[tuple[int, int], ...]:
    first, last = max(marked[0], begin), min(marked[1], end)
    return ((first - begin, last - begin),) if first < last else ()


def _timed(passage: Passage) -> list[tuple[int, int, float, float]]:
    cues = [
        (int(a[0]), int(a[1]), float(a[6]), float(a[7]))
        for a in passage.anchors
        if len(a) >= 8 and a[6] is not None and a[7] is not None
    ]
    if cues and _origin(passage) == "transcript":
        return cues
    if passage.start_s is None:
        return []
    end_s = passage.end_s if passage.end_s is not None else passage.start_s
    return [(0, len(passage.text), passage.start_s, end_s)]


def _origin(passage: Passage) -> str:
    return str(passage.views[0][0]) if passage.views else "transcript"


def _is_derived(passage: Passage) -> bool:
    return bool(passage.views) and passage.views[0][1] == "derived"


def _vtt_time(seconds: float) -> str:
    milliseconds = max(0, round(seconds * 1000))
    minutes, milliseconds = divmod(milliseconds, 60_000)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02}:{minutes:02}:{milliseconds // 1000:02}.{milliseconds % 1000:03}"


def _vtt_text(text: str) -> str:
    escaped = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return "\n".join(line for line in escaped.splitlines() if line.strip())
