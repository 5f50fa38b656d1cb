"""What is usual in a PDF: letter sizes, distances, running heads, its words and its title."""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from statistics import median

from ingestion.parsers.pdf_lines import PrintedLine, upright

LARGER = 1.13  # headings are at least so much larger than the body
_PAGE_NUMBER = re.compile(
    r"^[-–—\s]*(?:page|seite|p\.|s\.)?\s*(?:\d{1,4}|[ivxlc]{1,6})(?:\s*(?:of|von|/)\s*\d+)?[-–—\s]*$",
    re.I,
)
_DIGITS = re.compile(r"\d+")
_WORD = re.compile(r"\w+(?:-\w+)*")
_MARGIN = 0.09  # running heads and feet stand in this share of the page's height
_NUMBER_MARGIN = 0.14


@dataclass(frozen=True, slots=True)
class PageLines:
    """The lines of one page that a reader sees. ``aspect``: width by height as shown."""

    number: int
    lines: tuple[PrintedLine, ...]
    aspect: float
    height: float
    derived: bool = False  # read by a machine


@dataclass(frozen=True, slots=True)
class Typography:
    """What is usual in this document."""

    body: float  # points
    pitch: float  # from line to line, by the size of the letters
    heading_sizes: tuple[float, ...]
    bold_speaks: bool  # bold is rare, so that it means something
    running: frozenset[str]
    words: Counter[str]


def study(pages: Sequence[PageLines]) -> Typography:
    """Measure sizes, distances, running heads and vocabulary over the whole document."""
    sizes: Counter[float] = Counter()
    bold = total = 0
    words: Counter[str] = Counter()
    for page in pages:
        for line in page.lines:
            sizes[round(line.size * 2) / 2] += len(line.text)
            bold += len(line.text) if line.bold else 0
            total += len(line.text)
            words.update(_whole_words(line))
    body = sizes.most_common(1)[0][0] if sizes else 0.0
    larger = sorted((s for s in sizes if body and s >= LARGER * body), reverse=True)
    return Typography(
        body=body,
        pitch=_usual_pitch(pages, body),
        heading_sizes=tuple(larger[:5]),
        bold_speaks=bold < 0.3 * total,
        running=_running_heads(pages),
        words=words,
    )


def _whole_words(line: PrintedLine) -> list[str]:
    """The words of a line but a fragment that goes on in the next."""
    found = _WORD.findall(line.text.lower())
    return found[:-1] if line.broken or line.text.endswith("-") else found


def _usual_pitch(pages: Sequence[PageLines], body: float) -> float:
    steps: list[float] = []
    for page in pages[:30]:
        for above, below in zip(page.lines, page.lines[1:], strict=False):
            size = above.size or above.box[3] * page.height
            step = (middle(below) - middle(above)) * page.height
            if (
                above.turn == below.turn == 0
                and 0.8 * size < step < 3 * size
                and (not body or abs(above.size - body) < 0.6)
            ):
                steps.append(step / size)
    return median(steps) if len(steps) >= 5 else 1.25


def middle(line: PrintedLine) -> float:
    """How far down the page the line stands."""
    return line.box[1] + line.box[3] / 2


def _running_heads(pages: Sequence[PageLines]) -> frozenset[str]:
    """Lines at the edge of the page that come back, whatever their numbers."""
    counts: Counter[str] = Counter()
    for page in pages:
        counts.update({_shape(line) for line in page.lines if _in_margin(line)})
    least = max(3, min(len(pages) // 4, 12))
    return frozenset(shape for shape, count in counts.items() if count >= least)


def _in_margin(line: PrintedLine, margin: float = _MARGIN) -> bool:
    return line.turn == 0 and not margin < middle(line) < 1 - margin


def _shape(line: PrintedLine) -> str:
    return _DIGITS.sub("#", line.text.lower())


def body_lines(
    lines: Sequence[PrintedLine], style: Typography, seen: set[str]
) -> list[PrintedLine]:
    """The lines without page numbers, and without running heads that were ``seen`` before.

    A margin that holds several bare numbers holds no page number: they are cells of a table.
    """
    numbers = Counter(middle(line) < 0.5 for line in lines if _is_bare_number(line))
    return [
        line
        for line in lines
        if not (_is_bare_number(line) and numbers[middle(line) < 0.5] == 1)
        and not _is_repeated(line, style, seen)
    ]


def _is_bare_number(line: PrintedLine) -> bool:
    return bool(_PAGE_NUMBER.match(line.text)) and _in_margin(line, _NUMBER_MARGIN)


def _is_repeated(line: PrintedLine, style: Typography, seen: set[str]) -> bool:
    if not _in_margin(line):
        return False
    shape = _shape(line)
    if shape not in style.running:
        return False
    if shape in seen:
        return True
    seen.add(shape)
    return False


def largest_lines(lines: Iterable[PrintedLine]) -> str:
    """The largest text in the upper part of a page: its title, most likely.

    On a page read by a machine it must stand out, since there sizes are guesses.
    """
    standing = [replace(line, box=upright(line.box, line.turn)) for line in lines]
    upper = [line for line in standing if middle(line) < 0.6 and len(line.text) > 3]
    readable = sorted((li for li in upper if sum(c.isalpha() for c in li.text) > 3), key=middle)
    if not readable:
        return ""
    most = max(_height(line) for line in readable)
    top = readable[0]
    usual = median(_height(line) for line in readable)
    stands_out = most >= usual * (1.25 if top.derived else 1.1)
    if not stands_out and not top.bold and (top.derived or len(readable) > 3):
        return ""
    if top.bold and _height(top) >= 0.8 * most:  # a modest title over larger headings
        chosen = _run_of(readable, lambda line: line.bold and _height(line) == _height(top))
    else:
        chosen = _run_of(readable, lambda line: _height(line) >= 0.93 * most)
    return " ".join(line.text for line in chosen[:5])


def _run_of(lines: Sequence[PrintedLine], fits: Callable[[PrintedLine], bool]) -> list[PrintedLine]:
    """The first lines that fit, as long as they stand close together."""
    chosen: list[PrintedLine] = []
    for line in filter(fits, lines):
        if chosen and middle(line) - middle(chosen[-1]) > 3 * line.box[3]:
            break
        chosen.append(line)
    return chosen


def _height(line: PrintedLine) -> float:
    return line.box[3] if line.derived or not line.size else line.size
