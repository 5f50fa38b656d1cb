"""Tables of a PDF page: the region that a caption names, by its rules or by its rows.

Boxes are in points from the top left, upright, as in pdf_figures.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ingestion.parsers.pdf_figures import (
    Region,
    Text,
    bottom,
    holds,
    hull,
    lines_in,
    middle,
    overlap,
)
from search.types import Box

_FAR_PT = 1e9
_NEAR_PT = 40.0  # between a caption and its table
_SLACK_PT = 8.0
_FEWEST_ROWS = 2  # with several cells
_GAP = 2.4  # heights of a line: a wider gap ends a table without rules
_WIDE = 0.3  # of the page: a line of running text so wide is no cell
_LONG = 0.8  # of the column: a line so long is no cell


@dataclass(frozen=True, slots=True)
class _Found:
    """A region that may be the table; ``rows``: how many of its rows have several cells."""

    box: Box
    rows: int


@dataclass(frozen=True, slots=True)
class _Side:
    """Where a caption's table is looked for: the lines and rules below it, or above it.

    ``edge``: where the caption ends on that side; ``end``: where the next caption or heading is;
    ``prose``: the lines of running text among those that are ``free``.
    """

    down: bool
    caption: Text
    column: Box
    edge: float
    end: float
    free: tuple[int, ...]
    prose: frozenset[int]

    def away(self, box: Box) -> float:
        """How far from the caption the middle of a box is, below zero on its other side."""
        return (middle(box) - self.edge) * (1 if self.down else -1)

    @property
    def depth(self) -> float:
        """How far it is to the next caption or heading."""
        return abs(self.end - self.edge)


def tables(
    texts: Sequence[Text],
    lines: Sequence[Box],
    rules: Sequence[Box],
    width: float,
    *,
    gone: Iterable[int] = (),
) -> list[Region]:
    """The table of each caption that has one in words.

    ``lines``: all printed lines, of which those in ``gone`` belong to something else.
    """
    found: list[Region] = []
    taken = set(gone) | {
        n for text in texts if text.role in {"table", "figure"} for n in text.lines
    }
    for whole in texts:
        if whole.role != "table":
            continue
        caption = _alone(whole, texts, lines, width)
        taken -= set(whole.lines[len(caption.lines) :])
        free = tuple(n for n in range(len(lines)) if n not in taken)
        sides = (_side(caption, texts, free, width, down=down) for down in (True, False))
        tried = [
            _ruled(side, texts, lines, rules) or _by_rows(side, lines, width) for side in sides
        ]
        best = max(filter(None, tried), key=lambda one: one.rows, default=None)
        if best is not None:
            members = lines_in(best.box, lines, taken)
            taken.update(members)
            found.append(Region("table", best.box, caption, members))
    return found


def rows_of(places: Sequence[int], lines: Sequence[Box]) -> list[list[int]]:
    """Lines by rows from the top, each from the left."""
    rows: list[list[int]] = []
    for n in sorted(places, key=lambda n: middle(lines[n])):
        last = rows[-1] if rows else None
        height = min(lines[n][3], lines[last[-1]][3]) if last else 0.0
        if last and middle(lines[n]) - middle(lines[last[0]]) < 0.55 * height:
            last.append(n)
        else:
            rows.append([n])
    return [sorted(row, key=lambda n: lines[n][0]) for row in rows]


def _alone(caption: Text, texts: Sequence[Text], lines: Sequence[Box], width: float) -> Text:
    """The caption without first cells of a table that stands close below it.

    A cell has others beside it in its column of text, and is much shorter than the caption.
    """
    column = _column(caption, texts, width)
    first = lines[caption.lines[0]]
    for at, n in enumerate(caption.lines[1:], start=1):
        row = [
            one
            for other, one in enumerate(lines)
            if other not in caption.lines[:at]
            and abs(middle(one) - middle(lines[n])) < 0.5 * lines[n][3]
            and overlap(one, column, axis=0) > 0.6 * one[2]
        ]
        if len(row) > 1 and lines[n][2] < 0.6 * first[2]:
            own = caption.lines[:at]
            return Text(hull([lines[n] for n in own]), caption.role, own)
    return caption


def _column(caption: Text, texts: Sequence[Text], width: float) -> Box:
    """The column of text in which a caption stands; the page where it crosses the middle."""
    half = width / 2
    x, _, wide, _ = caption.box
    prose = [text.box for text in texts if text.role == "prose"]
    has_two = any(box[0] > 0.47 * width for box in prose)
    if not has_two or (x < half - 5 and x + wide > half + 5):
        return (0.0, 0.0, width, 1e6)
    return (0.0, 0.0, half + 4, 1e6) if x + wide / 2 < half else (half - 4, 0.0, half + 4, 1e6)


def _side(
    caption: Text, texts: Sequence[Text], free: tuple[int, ...], width: float, *, down: bool
) -> _Side:
    column, own = _column(caption, texts, width), caption.box
    stops = [
        text.box[1] if down else bottom(text.box)
        for text in texts
        if text.lines[0] != caption.lines[0]
        and text.role in {"table", "figure", "heading"}
        and overlap(text.box, column, axis=0) > 0.5 * text.box[2]
        and (middle(text.box) > middle(own)) == down
    ]
    end = min(stops, default=_FAR_PT) if down else max(stops, default=-_FAR_PT)
    running = (text.lines for text in texts if text.role == "prose" and len(text.lines) > 1)
    prose = frozenset(n for places in running for n in places)
    return _Side(down, caption, column, bottom(own) if down else own[1], end, free, prose)


def _ruled(
    side: _Side, texts: Sequence[Text], lines: Sequence[Box], rules: Sequence[Box]
) -> _Found | None:
    """From the rule next to the caption to the last one as wide, with no running text between."""
    beyond = sorted((r for r in rules if -3 < side.away(r) < side.depth), key=side.away)
    own = side.caption.box
    near = [
        rule
        for rule in beyond
        if side.away(rule) < _NEAR_PT and overlap(rule, own, axis=0) > 0.5 * min(rule[2], own[2])
    ]
    if not near:
        return None
    frame = widest = max(near, key=lambda rule: rule[2])
    for rule in beyond:
        if overlap(rule, widest, axis=0) < rule[2] - _SLACK_PT:
            continue
        if _is_between(frame, rule, texts, lines):
            break
        frame = hull([frame, rule])
    held = [n for n in side.free if holds(frame, lines[n])]
    count = sum(len(row) > 1 for row in rows_of(held, lines))
    if count < _FEWEST_ROWS:
        return None
    return _Found(hull([frame, *(lines[n] for n in (*held, *_head(side, frame, lines)))]), count)


def _head(side: _Side, frame: Box, lines: Sequence[Box]) -> list[int]:
    """The row that stands on the uppermost rule: the names of the columns, as some set them."""
    return [
        n
        for n in side.free
        if n not in side.prose
        and 0 < frame[1] - middle(lines[n]) < 1.6 * lines[n][3]
        and overlap(lines[n], frame, axis=0) > lines[n][2] - _SLACK_PT
    ]


def _is_between(frame: Box, rule: Box, texts: Sequence[Text], lines: Sequence[Box]) -> bool:
    """Whether running text as wide as the table stands between it and a further rule."""
    upper, lower = sorted((frame, rule), key=lambda box: box[1])
    return any(
        text.role == "prose"
        and bottom(upper) < middle(text.box) < lower[1]
        and overlap(text.box, frame, axis=0) > 0.5 * text.box[2]
        and sum(lines[n][2] > _LONG * frame[2] for n in text.lines) > 1
        for text in texts
    )


def _by_rows(side: _Side, lines: Sequence[Box], width: float) -> _Found | None:
    """Rows of several cells that follow each other closely, begun next to the caption."""
    near = [
        n
        for n in side.free
        if 0 < side.away(lines[n]) < side.depth
        and overlap(lines[n], side.column, axis=0) > 0.6 * lines[n][2]
    ]
    widest = 0.6 * min(side.column[2], 2 * side.caption.box[2])
    taken: list[int] = []
    several, reached = 0, 0.0
    rows = rows_of(near, lines)
    for row in rows if side.down else reversed(rows):
        box = hull([lines[n] for n in row])
        step = side.away(box) - box[3] / 2 - reached
        is_long = len(row) == 1 and box[2] > widest
        is_prose = any(n in side.prose and lines[n][2] > _WIDE * width for n in row)
        if is_long or is_prose or step > (_GAP * box[3] if taken else _NEAR_PT):
            break
        several += len(row) > 1
        taken += row
        reached = side.away(box) + box[3] / 2
    if several < _FEWEST_ROWS or 2 * several < len(rows_of(taken, lines)):
        return None
    return _Found(hull([lines[n] for n in taken]), several)
