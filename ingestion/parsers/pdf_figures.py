"""Figures of a PDF page: which of what is drawn is one, and which caption belongs to it.

All boxes here are in points from the top left, turned so that the letters stand upright.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from ingestion.parsers.pdf_drawn import Cluster
from search.types import Box

SMALLEST_PT = 36.0  # along each side; less is an icon, a formula or a line
_PART_PT = 10.0  # of a figure, where a caption says that there is one
_FARTHEST = 0.14  # of the page's height, between a figure and its caption
_BESIDE_PT = 60.0  # between two parts of one figure
_LABEL_PT = 9.0  # between a figure and the words on its axes
_LARGE = 0.025  # of the page: drawings without a caption are at least so large
_FULL = 0.7  # of the page: a picture without a caption that is larger is the page itself
_WORDY = 0.22  # of a drawing without a caption: with more text it is a form, a frame or a table
_MANY_STROKES = 40  # of a drawing without a caption: fewer are a box or an ornament
_FRAME = 0.3  # of a drawing of few strokes: with more text it is a frame around it
_BANNER = 5.0  # times as wide as tall, without a caption: an ornament


@dataclass(frozen=True, slots=True)
class Text:
    """Printed lines that belong together. ``role``: figure or table (captions), heading, prose,
    or label; ``lines``: their places among the lines of the page."""

    box: Box
    role: str
    lines: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Region:
    """A figure or table: its box, its caption, and the places of the lines that stand in it."""

    kind: str
    box: Box
    caption: Text | None = None
    members: tuple[int, ...] = ()


def figures(
    texts: Sequence[Text], clusters: Sequence[Cluster], width: float, height: float
) -> list[Region]:
    """The figures of a page of this size: those with a caption, and what stands for itself."""
    captions = [text for text in texts if text.role in {"figure", "table"}]
    parts = [one for one in clusters if _may_be_part(one, texts)]
    owners = _owners(captions, parts, texts, height)
    found = []
    for number, caption in enumerate(captions):
        own = [part.box for n, part in enumerate(parts) if owners.get(n) == number]
        if own and _is_large(hull(own)):
            found.append(Region("figure", hull(own), caption))
    free = [part for n, part in enumerate(parts) if n not in owners]
    for part in free:
        inside_other = any(holds(one.box, part.box) for one in found)
        if not inside_other and _stands_for_itself(part, texts, width, height):
            found.append(Region("figure", part.box))
    return [replace(one, box=_with_labels(one.box, texts, found)) for one in found]


def _may_be_part(one: Cluster, texts: Sequence[Text]) -> bool:
    """Whether a cluster may be a figure, or a part of one: no rule, and no frame around text."""
    if min(one.box[2:]) < _PART_PT:
        return False
    is_plain = one.pictured < _FRAME and one.strokes < _MANY_STROKES
    return not (is_plain and covered(one.box, texts) > _FRAME)


def _is_large(box: Box) -> bool:
    return min(box[2:]) >= SMALLEST_PT / 2 and max(box[2:]) >= SMALLEST_PT


def _stands_for_itself(part: Cluster, texts: Sequence[Text], width: float, height: float) -> bool:
    """Whether a cluster without a caption is a figure: a photograph, a drawing of many strokes."""
    _, _, wide, tall = part.box
    share = wide * tall / max(width * height, 1e-6)
    if min(wide, tall) < SMALLEST_PT or share > _FULL or max(wide / tall, tall / wide) > _BANNER:
        return False
    if part.pictured > 0.5:
        return share > _LARGE / 2
    if share < _LARGE or part.strokes < _MANY_STROKES or part.rules > part.shapes:
        return False
    return covered(part.box, texts) < _WORDY


def _owners(
    captions: Sequence[Text], parts: Sequence[Cluster], texts: Sequence[Text], height: float
) -> dict[int, int]:
    """Part by part, the number of its caption: the nearest first, then what stands beside."""
    pairs = sorted(
        (gap, n, number)
        for number, caption in enumerate(captions)
        for n, part in enumerate(parts)
        if (gap := _gap(caption, part.box, texts)) is not None and gap < _FARTHEST * height
    )
    owners: dict[int, int] = {}
    for gap, n, number in pairs:
        if n not in owners and number not in owners.values() and gap >= 0:
            owners[n] = number
    for _ in range(3):
        for n, part in enumerate(parts):
            if n not in owners:
                fits = _fitting(part.box, captions, parts, owners, texts)
                if fits is not None:
                    owners[n] = fits
    return owners


def _gap(caption: Text, box: Box, texts: Sequence[Text]) -> float | None:
    """How far a figure is from its caption; None if something stands between them."""
    own = caption.box
    if overlap(own, box, axis=0) < 0.3 * min(own[2], box[2]):
        return _gap_beside(own, box)
    above, below = own[1] - bottom(box), box[1] - bottom(own)
    gap = max(above, below)
    if gap < -0.35 * box[3]:  # in the middle of it
        return None
    if _is_barred(own, box, texts, but=caption):
        return None
    # Captions stand below figures as a rule, above tables.
    is_usual = (above >= below) == (caption.role == "figure")
    return max(0.0, gap) if is_usual else max(0.0, gap) * 1.5 + 8.0


def _gap_beside(own: Box, box: Box) -> float | None:
    if overlap(own, box, axis=1) < 0.6 * min(own[3], box[3]):
        return None
    gap = max(own[0] - box[0] - box[2], box[0] - own[0] - own[2])
    return gap + 30.0 if gap < 40.0 else None


def _is_barred(one: Box, other: Box, texts: Sequence[Text], *, but: Text) -> bool:
    """Whether running text, a heading or another caption stands between two boxes."""
    upper, lower = sorted((one, other), key=lambda box: box[1])
    return any(
        text is not but
        and text.role != "label"
        and bottom(upper) - 2 <= middle(text.box) <= lower[1] + 2
        and overlap(text.box, hull([one, other]), axis=0) > 0.3 * text.box[2]
        for text in texts
    )


def _fitting(
    box: Box,
    captions: Sequence[Text],
    parts: Sequence[Cluster],
    owners: dict[int, int],
    texts: Sequence[Text],
) -> int | None:
    """The caption whose figure goes on in this part: beside it, or above or below it."""
    for number, caption in enumerate(captions):
        own = [part.box for n, part in enumerate(parts) if owners.get(n) == number]
        if not own:
            continue
        figure = hull(own)
        together = hull([figure, box])
        if _are_beside(figure, box) and not any(
            text is not caption and text.role != "label" and holds(together, text.box)
            and not holds(figure, text.box) and not holds(box, text.box)
            for text in texts
        ):  # fmt: skip
            return number
    return None


def _are_beside(figure: Box, box: Box) -> bool:
    level = overlap(figure, box, axis=1) > 0.5 * min(figure[3], box[3])
    plumb = overlap(figure, box, axis=0) > 0.5 * min(figure[2], box[2])
    across = max(figure[0] - box[0] - box[2], box[0] - figure[0] - figure[2])
    down = max(figure[1] - bottom(box), box[1] - bottom(figure))
    return (level and across < _BESIDE_PT) or (plumb and down < _BESIDE_PT)


def _with_labels(box: Box, texts: Sequence[Text], found: Sequence[Region]) -> Box:
    """The box with the words on its axes and in its corners, which are no part of the drawing."""
    others = [one.box for one in found if one.box != box]
    most = grown(box, 0.25 * max(box[2:]) + _LABEL_PT)
    for _ in range(3):
        near = grown(box, _LABEL_PT)
        for text in texts:
            if text.role != "label" or not _touch(near, text.box) or not holds(most, text.box):
                continue
            if not _is_flush(text.box, box):
                continue
            wider = hull([box, text.box])
            if not any(_touch(wider, other) for other in others) and not _cuts(wider, texts):
                box = wider
    return box


def _is_flush(label: Box, box: Box) -> bool:
    """Whether a label stands beside a figure, or above or below it without sticking out."""
    if overlap(label, box, axis=1) > 0.5 * min(label[3], box[3]):
        return True
    return overlap(label, grown(box, 2 * _LABEL_PT), axis=0) >= label[2]


def _cuts(box: Box, texts: Sequence[Text]) -> bool:
    """Whether a box runs into running text or a caption that it does not hold."""
    return any(
        text.role != "label"
        and overlap(box, text.box, axis=0) > 3
        and overlap(box, text.box, axis=1) > 3
        and not holds(box, text.box)
        for text in texts
    )


def covered(box: Box, texts: Iterable[Text]) -> float:
    """The share of a box that text takes."""
    area = sum(
        max(0.0, overlap(box, text.box, axis=0)) * max(0.0, overlap(box, text.box, axis=1))
        for text in texts
    )
    return area / max(box[2] * box[3], 1e-6)


def lines_in(box: Box, boxes: Sequence[Box], taken: Iterable[int]) -> tuple[int, ...]:
    """The places of the lines that stand in a box, but those that are ``taken``."""
    gone = set(taken)
    return tuple(n for n, one in enumerate(boxes) if n not in gone and holds(box, one))


def bottom(box: Box) -> float:
    """Where a box ends."""
    return box[1] + box[3]


def middle(box: Box) -> float:
    """How far down the middle of a box stands."""
    return box[1] + box[3] / 2


def overlap(one: Box, other: Box, *, axis: int) -> float:
    """How much two boxes share, across (0) or down (1); below zero: the gap between them."""
    far = min(one[axis] + one[axis + 2], other[axis] + other[axis + 2])
    return far - max(one[axis], other[axis])


def holds(outer: Box, box: Box) -> bool:
    """Whether the middle of a box stands in another."""
    x, y = box[0] + box[2] / 2, middle(box)
    return outer[0] <= x <= outer[0] + outer[2] and outer[1] <= y <= bottom(outer)


def hull(boxes: Sequence[Box]) -> Box:
    """The smallest box around all."""
    x, y = min(box[0] for box in boxes), min(box[1] for box in boxes)
    right = max(box[0] + box[2] for box in boxes)
    return (x, y, right - x, max(bottom(box) for box in boxes) - y)


def _touch(one: Box, other: Box) -> bool:
    return overlap(one, other, axis=0) >= 0 and overlap(one, other, axis=1) >= 0


def grown(box: Box, by: float) -> Box:
    """The box with so much more on each side."""
    return (box[0] - by, box[1] - by, box[2] + 2 * by, box[3] + 2 * by)
