"""What a PDF page draws beside its letters, object by object, with its box as shown."""

from collections.abc import Iterable, Iterator, Sequence
from ctypes import c_float, c_int
from dataclasses import dataclass
from itertools import islice

import pypdfium2 as pdfium
from pypdfium2 import raw

from ingestion.parsers.pdf_lines import inside, shown_as
from search.types import Box

_MOST_OBJECTS = 20_000  # of one page
_MOST_CLIPS = 64
_FAR = 1e6  # points
_DEEPEST = 4  # drawings in drawings
_BACKGROUND = 0.85  # of the page: what covers more lies behind it all
_THIN_PT = 2.5  # less is a rule
_KINDS = {
    raw.FPDF_PAGEOBJ_PATH: "shape",
    raw.FPDF_PAGEOBJ_SHADING: "shape",
    raw.FPDF_PAGEOBJ_IMAGE: "picture",
}

Affine = tuple[float, float, float, float, float, float]
Seen = tuple[Box, str, int]
"""Box, kind and strokes."""


@dataclass(frozen=True, slots=True)
class Drawn:
    """One thing that is drawn. ``kind``: picture, shape or rule; ``strokes``: how much is in it."""

    kind: str
    box: Box
    strokes: int = 1


def things(page: pdfium.PdfPage, width: float, height: float) -> Iterator[Drawn]:
    """What is drawn on a page of this size in points, without backgrounds and column lines."""
    objects = (raw.FPDFPage_GetObject(page, n) for n in range(raw.FPDFPage_CountObjects(page)))
    for box, kind, strokes in islice(_seen(objects, shown_as(page), 0), _MOST_OBJECTS):
        _, _, wide, tall = box
        if wide * tall > _BACKGROUND or (tall > 0.6 and wide * width < _THIN_PT):
            continue  # the page itself, or a line between columns
        thin = min(wide * width, tall * height) < _THIN_PT
        yield Drawn("rule" if kind == "shape" and thin else kind, box, strokes)


def _seen(objects: Iterable[object], place: Affine, depth: int) -> Iterator[Seen]:
    """Each object that shows anything, also in drawings that were put in whole."""
    for item in islice(objects, _MOST_OBJECTS):
        kind = raw.FPDFPageObj_GetType(item) if item else raw.FPDF_PAGEOBJ_TEXT
        if kind == raw.FPDF_PAGEOBJ_FORM and depth < _DEEPEST:
            yield from _drawing_in(item, place, depth)
        elif kind in _KINDS and (kind != raw.FPDF_PAGEOBJ_PATH or _is_painted(item)):
            box = _box(item, place)
            if box is not None:
                segments = raw.FPDFPath_CountSegments(item) if kind == raw.FPDF_PAGEOBJ_PATH else 1
                yield box, _KINDS[kind], max(1, segments)


def _drawing_in(item: object, place: Affine, depth: int) -> Iterator[Seen]:
    """The parts of a drawing that was put on the page as one."""
    count = raw.FPDFFormObj_CountObjects(item)
    parts = (raw.FPDFFormObj_GetObject(item, n) for n in range(max(0, count)))
    matrix = raw.FS_MATRIX()
    if raw.FPDFPageObj_GetMatrix(item, matrix):
        own = (matrix.a, matrix.b, matrix.c, matrix.d, matrix.e, matrix.f)
        yield from _seen(parts, _chained(own, place), depth + 1)


def _chained(matrix: Sequence[float], place: Affine) -> Affine:
    """The map of a drawing's own points: first its matrix, then ``place``."""
    a, b, c, d, e, f = matrix
    px, qx, ox, py, qy, oy = place
    return (
        px * a + qx * b, px * c + qx * d, px * e + qx * f + ox,
        py * a + qy * b, py * c + qy * d, py * e + qy * f + oy,
    )  # fmt: skip


def _box(item: object, place: Affine) -> Box | None:
    """What can be seen of an object on the page as shown; None if nothing can."""
    left, bottom, right, top = (c_float() for _ in range(4))
    if not raw.FPDFPageObj_GetBounds(item, left, bottom, right, top):
        return None
    window = _window(item)
    x0, y0 = max(left.value, window[0]), max(bottom.value, window[1])
    x1, y1 = min(right.value, window[2]), min(top.value, window[3])
    px, qx, ox, py, qy, oy = place
    corners = [(x, y) for x in (x0, x1) for y in (y0, y1)]
    xs = [px * x + qx * y + ox for x, y in corners]
    ys = [py * x + qy * y + oy for x, y in corners]
    if x1 < x0 or y1 < y0 or not all(-1e6 < side < 1e6 for side in (*xs, *ys)):
        return None
    if max(xs) <= 0 or min(xs) >= 1 or max(ys) <= 0 or min(ys) >= 1:
        return None
    return inside(min(xs), min(ys), max(xs), max(ys))


def _window(item: object) -> tuple[float, float, float, float]:
    """The corners of what an object is cut to, in its own points: all its clips at once."""
    left, bottom, right, top = -_FAR, -_FAR, _FAR, _FAR
    clip = raw.FPDFPageObj_GetClipPath(item)
    x, y = c_float(), c_float()
    for n in range(min(raw.FPDFClipPath_CountPaths(clip), _MOST_CLIPS) if clip else 0):
        count = raw.FPDFClipPath_CountPathSegments(clip, n)
        if not 0 < count <= _MOST_CLIPS:
            continue
        points = []
        for at in range(count):
            segment = raw.FPDFClipPath_GetPathSegment(clip, n, at)
            if raw.FPDFPathSegment_GetPoint(segment, x, y):
                points.append((x.value, y.value))
        if points:
            left, right = (
                max(left, min(p[0] for p in points)),
                min(right, max(p[0] for p in points)),
            )
            bottom, top = (
                max(bottom, min(p[1] for p in points)),
                min(top, max(p[1] for p in points)),
            )
    return left, bottom, right, top


def _is_painted(path: object) -> bool:
    fill, stroke = c_int(), c_int()
    if not raw.FPDFPath_GetDrawMode(path, fill, stroke):
        return False
    return bool(fill.value or stroke.value)
