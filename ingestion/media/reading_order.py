"""In which order a person reads boxes that lie on a page: columns before rows, headings between."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from statistics import median

from search.types import Box

_BINS = 200
_MIN_LINES = 3  # on each side, or it is no column
_MAX_CROSSING = 0.34  # share of lines that may run across the gutter (titles, wide figures)
_MIN_FILL = 0.45  # a column's median line fills this share of it; table cells do not
_GOOD_FILL = 0.75
_CENTRAL = (0.42, 0.58)  # where the gutter of two equal columns stands
_WHITE = 0.7  # heights of a line: white space that parts a page into bands
_MAX_DEPTH = 6


@dataclass(frozen=True, slots=True)
class _Gutter:
    x: float
    left: tuple[int, ...]
    right: tuple[int, ...]
    across: tuple[int, ...]


def reading_order(boxes: Sequence[Box], code: Collection[int] = ()) -> list[int]:
    """Indices of ``boxes`` as they are read, left to right and top to bottom.

    A region with a gutter is read column by column. Lines that run across the gutter (titles,
    wide captions) part the page into bands, and each band is read on its own. ``code``: indices
    of lines of program code, whose comments stand beside it and are no column.
    """
    return _Page(boxes, frozenset(code)).order(list(range(len(boxes))), 0)


@dataclass(frozen=True, slots=True)
class _Page:
    boxes: Sequence[Box]
    code: frozenset[int]

    def order(self, members: list[int], depth: int) -> list[int]:
        gutter = _find_gutter(self.boxes, members) if depth < _MAX_DEPTH else None
        if gutter is not None and not self._parts_code(gutter):
            return self._by_columns(members, gutter, depth)
        pieces = _stacked(self.boxes, members) if depth < _MAX_DEPTH else [members]
        if len(pieces) == 1:
            return _by_rows(self.boxes, members)
        return [index for piece in pieces for index in self.order(piece, depth + 1)]

    def _by_columns(self, members: list[int], gutter: _Gutter, depth: int) -> list[int]:
        ordered: list[int] = []
        for band in _bands(self.boxes, members, gutter):
            if any(index in gutter.across for index in band):
                ordered += _by_rows(self.boxes, band)
                continue
            ordered += self.order([i for i in band if i in gutter.left], depth + 1)
            ordered += self.order([i for i in band if i in gutter.right], depth + 1)
        return ordered

    def _parts_code(self, gutter: _Gutter) -> bool:
        sides = (gutter.left, gutter.right)
        return all(sum(i in self.code for i in side) > len(side) / 2 for side in sides)


def _bands(boxes: Sequence[Box], members: list[int], gutter: _Gutter) -> list[list[int]]:
    """Members cut from top to bottom wherever lines that cross the gutter begin or end."""
    across = set(gutter.across)
    bands: list[list[int]] = []
    crossing: bool | None = None
    for index in sorted(members, key=lambda i: _middle(boxes[i])):
        if (index in across) is not crossing:
            crossing = index in across
            bands.append([])
        bands[-1].append(index)
    return bands


def _stacked(boxes: Sequence[Box], members: list[int]) -> list[list[int]]:
    """Members parted wherever white space as high as a line runs across the whole region."""
    if len(members) < 2 * _MIN_LINES:
        return [members]
    tall = median(boxes[i][3] for i in members)
    pieces: list[list[int]] = [[]]
    bottom = 0.0
    for index in sorted(members, key=lambda i: boxes[i][1]):
        if pieces[-1] and boxes[index][1] - bottom > _WHITE * tall:
            pieces.append([])
        pieces[-1].append(index)
        bottom = max(bottom, boxes[index][1] + boxes[index][3])
    return pieces


def _find_gutter(boxes: Sequence[Box], members: list[int]) -> _Gutter | None:
    if len(members) < 2 * _MIN_LINES:
        return None
    low = min(boxes[i][0] for i in members)
    high = max(boxes[i][0] + boxes[i][2] for i in members)
    width = high - low
    if width <= 0:
        return None
    x = _emptiest_x(boxes, members, low, width)
    left: list[int] = []
    right: list[int] = []
    across: list[int] = []
    for i in members:
        start, end = boxes[i][0], boxes[i][0] + boxes[i][2]
        side = left if end <= x else right if start >= x else across
        side.append(i)
    gutter = _Gutter(x, tuple(left), tuple(right), tuple(across))
    return gutter if _reads_as_columns(boxes, gutter) else None


def _emptiest_x(boxes: Sequence[Box], members: list[int], low: float, width: float) -> float:
    """The x in the middle of the widest strip that the fewest lines cover."""
    cover = [0] * _BINS
    for i in members:
        first = int((boxes[i][0] - low) / width * _BINS)
        last = int((boxes[i][0] + boxes[i][2] - low) / width * _BINS)
        for at in range(max(0, first), min(_BINS, last + 1)):
            cover[at] += 1
    inner = range(_BINS // 6, _BINS - _BINS // 6)
    fewest = min(cover[at] for at in inner)
    best_start, best_length, start = inner.start, 0, None
    for at in [*inner, inner.stop]:
        if at < inner.stop and cover[at] == fewest:
            start = at if start is None else start
        elif start is not None:
            if at - start > best_length:
                best_start, best_length = start, at - start
            start = None
    return low + (best_start + best_length / 2) / _BINS * width


def _reads_as_columns(boxes: Sequence[Box], gutter: _Gutter) -> bool:
    count = len(gutter.left) + len(gutter.right) + len(gutter.across)
    if len(gutter.across) > _MAX_CROSSING * count:
        return False
    if min(len(gutter.left), len(gutter.right)) < _MIN_LINES:
        return False
    low = min(boxes[i][0] for i in gutter.left)
    high = max(boxes[i][0] + boxes[i][2] for i in gutter.right)
    fills = sorted((_fill(boxes, gutter.left), _fill(boxes, gutter.right)))
    if _CENTRAL[0] < (gutter.x - low) / (high - low) < _CENTRAL[1] and fills[1] >= _GOOD_FILL:
        return True  # prose on one side: the other may hold a figure, a list, formulas
    return fills[0] >= _MIN_FILL


def _fill(boxes: Sequence[Box], side: Sequence[int]) -> float:
    """How much of its column's width the middling line takes."""
    low = min(boxes[i][0] for i in side)
    high = max(boxes[i][0] + boxes[i][2] for i in side)
    return median(boxes[i][2] for i in side) / max(high - low, 1e-9)


def _by_rows(boxes: Sequence[Box], members: list[int]) -> list[int]:
    """Top to bottom; boxes on one printed line from left to right."""
    rows: list[list[int]] = []
    for index in sorted(members, key=lambda i: _middle(boxes[i])):
        _, _, _, height = boxes[index]
        if rows:
            _, top, _, tall = boxes[rows[-1][0]]
            if abs(_middle(boxes[index]) - (top + tall / 2)) <= 0.5 * min(height, tall):
                rows[-1].append(index)
                continue
        rows.append([index])
    return [index for row in rows for index in sorted(row, key=lambda i: boxes[i][0])]


def _middle(box: Box) -> float:
    return box[1] + box[3] / 2
