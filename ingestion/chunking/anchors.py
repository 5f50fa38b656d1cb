"""Where a stretch of text stands, when the text it was cut from knows."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from search.types import Anchor, Box

_LINE_GAP = 1.2  # heights between two lines of one paragraph


def shifted(anchors: Iterable[Anchor], by: int) -> list[Anchor]:
    """The anchors of a text that now begins ``by`` characters later."""
    return [replace(a, start=a.start + by, end=a.end + by) for a in anchors]


def clipped(anchors: Iterable[Anchor], start: int, end: int) -> tuple[Anchor, ...]:
    """The anchors of ``text[start:end]``, counted from its own beginning.

    A line that is cut keeps the part of its box that its characters take, as if all characters
    were equally wide. A cue that is cut keeps its whole span of time.
    """
    kept = []
    for anchor in anchors:
        first, last = max(anchor.start, start), min(anchor.end, end)
        if first >= last:
            continue
        box = _cut(anchor.box, anchor, first, last) if anchor.box else None
        kept.append(replace(anchor, start=first - start, end=last - start, box=box))
    return tuple(kept)


def _cut(box: Box, anchor: Anchor, first: int, last: int) -> Box:
    x, y, width, height = box
    per_character = width / (anchor.end - anchor.start)
    return (x + per_character * (first - anchor.start), y, per_character * (last - first), height)


def merged_boxes(boxes: Sequence[Box]) -> tuple[Box, ...]:
    """Line boxes joined into blocks: lines of one column that follow each other become one box."""
    blocks: list[Box] = []
    for box in boxes:
        if blocks and _follows(blocks[-1], box):
            blocks[-1] = _hull(blocks[-1], box)
        else:
            blocks.append(box)
    return tuple((round(x, 5), round(y, 5), round(w, 5), round(h, 5)) for x, y, w, h in blocks)


def _follows(above: Box, below: Box) -> bool:
    overlap = min(above[0] + above[2], below[0] + below[2]) - max(above[0], below[0])
    if overlap <= 0:
        return False
    gap = below[1] - (above[1] + above[3])
    return -above[3] <= gap <= _LINE_GAP * below[3] and below[1] >= above[1]


def _hull(one: Box, other: Box) -> Box:
    x, y = min(one[0], other[0]), min(one[1], other[1])
    right = max(one[0] + one[2], other[0] + other[2])
    bottom = max(one[1] + one[3], other[1] + other[3])
    return (x, y, right - x, bottom - y)
