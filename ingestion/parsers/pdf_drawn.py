"""What is drawn on a PDF page beside its letters, in clusters of what touches."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pypdfium2 as pdfium
from numpy.typing import NDArray
from PIL import Image

from ingestion.parsers.pdf_lines import inside
from ingestion.parsers.pdf_objects import Drawn, things
from search.types import Box

_MOST_CLUSTERS = 200
_MOST_RULES = 400
_CELL_PT = 3.0  # of the grid on which neighbours are found: what is two cells apart touches
_MOST_CELLS = 400  # along one side
_PAPER = 246  # brightness from which nothing is seen


@dataclass(frozen=True, slots=True)
class Cluster:
    """Drawn things that touch each other, and how many there are of each kind.

    ``pictured``: share of the box that pictures take.
    """

    box: Box
    pictured: float = 0.0
    shapes: int = 0
    rules: int = 0
    strokes: int = 0


@dataclass(frozen=True, slots=True)
class Drawing:
    """All that is drawn on a page of this size in points; ``rules`` are the level ones."""

    width: float
    height: float
    clusters: tuple[Cluster, ...] = ()
    rules: tuple[Box, ...] = ()


def drawing_of(page: pdfium.PdfPage, picture: Image.Image | None) -> Drawing:
    """The clusters of a page, each cut to what the page's ``picture`` shows of it.

    Backgrounds of the page are left out, and whatever comes after the first 20,000 objects.
    """
    width, height = page.get_size()
    drawn = list(things(page, width, height))
    found = clusters(drawn, width, height)
    if picture is not None:
        grey = np.asarray(picture.convert("L"))
        found = [trimmed for one in found if (trimmed := _trimmed(one, grey)) is not None]
    level = [one.box for one in drawn if one.kind == "rule" and one.box[2] * width > 20]
    return Drawing(width, height, tuple(found), tuple(level[:_MOST_RULES]))


def clusters(drawn: Sequence[Drawn], width: float, height: float) -> list[Cluster]:
    """Things of a page of this size in points that touch or nearly do, as one; largest first."""
    if not drawn:
        return []
    cell = max(_CELL_PT, width / _MOST_CELLS, height / _MOST_CELLS)
    columns, rows = int(width / cell) + 1, int(height / cell) + 1
    grid = np.zeros((rows, columns), np.bool_)
    spots = []
    for one in drawn:
        x, y, wide, tall = one.box
        left, top = int(x * width / cell), int(y * height / cell)
        grid[
            top : int((y + tall) * height / cell) + 1, left : int((x + wide) * width / cell) + 1
        ] = True
        spots.append((min(top, rows - 1), min(left, columns - 1)))
    labels = labelled(_widened(grid))
    members: dict[int, list[Drawn]] = {}
    for one, spot in zip(drawn, spots, strict=True):
        members.setdefault(int(labels[spot]), []).append(one)
    hulls = {label: _hull([one.box for one in some]) for label, some in members.items()}
    largest = sorted(hulls, key=lambda label: -hulls[label][2] * hulls[label][3])[:_MOST_CLUSTERS]
    boxes = merged([hulls[label] for label in largest])
    gathered: list[list[Drawn]] = [[] for _ in boxes]
    for label in largest:
        at = next(n for n, box in enumerate(boxes) if _meet(box, hulls[label]))
        gathered[at] += members[label]
    return [_cluster(box, some) for box, some in zip(boxes, gathered, strict=True)]


def _cluster(box: Box, drawn: Sequence[Drawn]) -> Cluster:
    count = {"picture": 0, "shape": 0, "rule": 0}
    for one in drawn:
        count[one.kind] += 1
    pictured = sum(one.box[2] * one.box[3] for one in drawn if one.kind == "picture")
    return Cluster(
        box,
        min(1.0, pictured / max(box[2] * box[3], 1e-9)),
        count["shape"],
        count["rule"],
        sum(one.strokes for one in drawn if one.kind == "shape"),
    )


def _widened(grid: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """The grid with the neighbours of every cell that is set."""
    wide = grid.copy()
    wide[1:] |= grid[:-1]
    wide[:-1] |= grid[1:]
    tall = wide.copy()
    wide[:, 1:] |= tall[:, :-1]
    wide[:, :-1] |= tall[:, 1:]
    return wide


def labelled(grid: NDArray[np.bool_]) -> NDArray[np.int32]:
    """A number for each set of cells that hang together by their sides, 0 where none is set."""
    parents = [0]
    runs: list[tuple[int, int, int, int]] = []  # row, first, behind the last, number
    before: list[tuple[int, int, int, int]] = []
    for row, cells in enumerate(grid):
        edges = np.flatnonzero(np.diff(np.concatenate(([0], cells.view(np.int8), [0]))))
        here = []
        for first, behind in zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True):
            number = len(parents)
            parents.append(number)
            for _, start, stop, other in before:
                if start < behind and stop > first:
                    parents[_root(parents, other)] = _root(parents, number)
            here.append((row, first, behind, number))
        runs += here
        before = here
    labels = np.zeros(grid.shape, np.int32)
    for row, first, behind, number in runs:
        labels[row, first:behind] = _root(parents, number)
    return labels


def _root(parents: list[int], number: int) -> int:
    while parents[number] != number:
        parents[number] = parents[parents[number]]
        number = parents[number]
    return number


def merged(boxes: Iterable[Box]) -> list[Box]:
    """The boxes with those that overlap joined to their hull, until none do; largest first."""
    apart: list[Box] = []
    for box in boxes:
        grown = box
        while meeting := [other for other in apart if _meet(grown, other)]:
            apart = [other for other in apart if not _meet(grown, other)]
            grown = _hull([grown, *meeting])
        apart.append(grown)
    return sorted(apart, key=lambda box: (-box[2] * box[3], box))


def _meet(one: Box, other: Box) -> bool:
    return (
        one[0] <= other[0] + other[2]
        and other[0] <= one[0] + one[2]
        and one[1] <= other[1] + other[3]
        and other[1] <= one[1] + one[3]
    )


def _hull(boxes: Sequence[Box]) -> Box:
    return inside(
        min(box[0] for box in boxes),
        min(box[1] for box in boxes),
        max(box[0] + box[2] for box in boxes),
        max(box[1] + box[3] for box in boxes),
    )


def _trimmed(cluster: Cluster, grey: NDArray[np.uint8]) -> Cluster | None:
    """The cluster without white margins; None if nothing of it is seen."""
    tall, wide = grey.shape
    x, y, width, height = cluster.box
    left, top = int(x * wide), int(y * tall)
    region = grey[top : int((y + height) * tall) + 1, left : int((x + width) * wide) + 1]
    ink = region < _PAPER
    rows, columns = np.flatnonzero(ink.any(axis=1)), np.flatnonzero(ink.any(axis=0))
    if not len(rows):
        return None
    box = inside(
        max(x, (left + int(columns[0])) / wide),
        max(y, (top + int(rows[0])) / tall),
        min(x + width, (left + int(columns[-1]) + 1) / wide),
        min(y + height, (top + int(rows[-1]) + 1) / tall),
    )
    return replace(cluster, box=box)
