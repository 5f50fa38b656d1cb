"""The pages of a PDF as blocks in reading order, with its figures and tables as parts of their own.

A part's caption and rows carry its name; words printed in a figure are labels, kept out of the
running text.
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from ingestion.media.reading_order import reading_order
from ingestion.parsers.pdf_blocks import Flow, caption_of, printed
from ingestion.parsers.pdf_drawn import Cluster, Drawing
from ingestion.parsers.pdf_figures import (
    Region,
    Text,
    figures,
    grown,
    hull,
    lines_in,
    middle,
    overlap,
)
from ingestion.parsers.pdf_lines import PrintedLine, inside, upright
from ingestion.parsers.pdf_tables import rows_of, tables
from ingestion.parsers.pdf_typography import PageLines, body_lines, study
from ingestion.types import Block
from search.types import Anchor, Box

_MOST_PARTS = 1000
_EVERYWHERE = 0.3  # of the pages: what stands on so many, in one place, belongs to the template
_PROSE = 100  # characters from which lines are no label
_MARGIN_PT = 2.0  # around a figure
_CODE = 0.8  # of the lines of a table that are printed like code: then it is no table
_CELL_GAP = " | "
_SUBCAPTION = re.compile(r"^\(?[a-h]\)\s")


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure that was found: its name, which its caption's block carries, and its place."""

    name: str
    page: int
    box: Box
    caption: str = ""


@dataclass(frozen=True, slots=True)
class _Sheet:
    """A page in points, turned so that its letters stand upright."""

    drawing: Drawing
    turn: int

    @property
    def wide(self) -> float:
        return self.drawing.height if self.turn in {90, 270} else self.drawing.width

    @property
    def high(self) -> float:
        return self.drawing.width if self.turn in {90, 270} else self.drawing.height

    def placed(self, box: Box) -> Box:
        """A box as shown, in fractions, as one in points."""
        x, y, width, height = upright(box, self.turn)
        return (x * self.wide, y * self.high, width * self.wide, height * self.high)

    def shown(self, box: Box) -> Box:
        """A box in points, with a margin, in fractions of the page as shown, cut at its edges."""
        x, y, width, height = grown(box, _MARGIN_PT)
        right, bottom = (x + width) / self.wide, (y + height) / self.high
        standing = inside(x / self.wide, y / self.high, right, bottom)
        x, y, width, height = upright(standing, (360 - self.turn) % 360)
        return inside(x, y, x + width, y + height)

    @property
    def clusters(self) -> list[Cluster]:
        return [replace(one, box=self.placed(one.box)) for one in self.drawing.clusters]


@dataclass(slots=True)
class Layout:
    """Blocks and figures of a document, as they are found."""

    drawings: Mapping[int, Drawing]
    blocks: list[Block] = field(default_factory=list)
    figures: list[Figure] = field(default_factory=list)
    tables: int = 0

    def keep_figure(self, box: Box, page: int, caption: str) -> None:
        """Keep a figure under the next name."""
        name = f"figure-{len(self.figures) + 1:04d}"
        self.figures.append(Figure(name, page, box, caption))

    def name_of(self, region: Region) -> str:
        """A new name for a figure or table, "" when there are too many."""
        if len(self.figures) + self.tables >= _MOST_PARTS:
            return ""
        self.tables += region.kind == "table"
        number = self.tables if region.kind == "table" else len(self.figures) + 1
        return f"{region.kind}-{number:04d}"


def document_layout(pages: Sequence[PageLines], drawings: Mapping[int, Drawing]) -> Layout:
    """All blocks in reading order, and the figures. Running heads are kept once, page numbers
    never. ``drawings``: what is drawn, page by page, where that is to be looked at.
    """
    style = study(pages)
    layout = Layout(_without_template(drawings))
    seen: set[str] = set()
    left = dict.fromkeys(layout.drawings)
    for page in pages:
        lines = body_lines(page.lines, style, seen)
        drawing = None if page.derived else layout.drawings.get(page.number)
        left.pop(page.number, None)
        for place, group in enumerate(_in_order(lines)):
            whole = drawing if place == 0 or drawing is None else replace(drawing, clusters=())
            _read_group(Flow(group, page, style), whole, layout)
    for number in left:  # not a printed word on it
        sheet = _Sheet(layout.drawings[number], 0)
        for region in figures((), sheet.clusters, sheet.wide, sheet.high):
            if layout.name_of(region):
                layout.keep_figure(sheet.shown(region.box), number, "")
    return layout


def _without_template(drawings: Mapping[int, Drawing]) -> dict[int, Drawing]:
    """The drawings without what stands in one place of many pages: logos, frames, ornaments."""
    places = Counter(_spot(one) for drawing in drawings.values() for one in drawing.clusters)
    least = max(3, _EVERYWHERE * len(drawings))
    return {
        number: replace(
            drawing,
            clusters=tuple(one for one in drawing.clusters if places[_spot(one)] < least),
        )
        for number, drawing in drawings.items()
    }


def _spot(one: Cluster) -> tuple[float, ...]:
    return tuple(round(side, 2) for side in one.box)


def _in_order(lines: list[PrintedLine]) -> list[list[PrintedLine]]:
    """Lines by the way they lie, the commonest way first, each group in reading order."""
    turns = Counter({turn: 0 for turn in (0, 90, 180, 270)})
    for line in lines:
        turns[line.turn] += len(line.text)
    groups = []
    for turn, count in turns.most_common():
        if not count:
            continue
        group = [line for line in lines if line.turn == turn]
        if group[0].paragraph < 0:  # OCR has its own order
            code = [index for index, line in enumerate(group) if line.mono]
            order = reading_order([upright(line.box, turn) for line in group], code)
            group = [group[index] for index in order]
        groups.append(group)
    return groups


def _read_group(flow: Flow, drawing: Drawing | None, layout: Layout) -> None:
    """The blocks of lines that lie one way, with the figures and tables among them."""
    sheet = None if drawing is None else _Sheet(drawing, flow.lines[0].turn)
    regions = [] if sheet is None else _regions(flow, sheet)
    if sheet is None or not regions:
        layout.blocks += _blocks(flow)
        return
    gone = {n for one in regions for n in _lines_of(one)}
    rest = [n for n in range(len(flow.lines)) if n not in gone]
    boxes = [sheet.placed(line.box) for line in flow.lines]
    cuts = sorted(((_place_of(one, boxes, rest), one) for one in regions), key=lambda cut: cut[0])
    begin = 0
    for at, region in cuts:
        layout.blocks += _blocks(flow.part(rest[begin:at]))
        layout.blocks += _part(region, flow, sheet, layout)
        begin = at
    layout.blocks += _blocks(flow.part(rest[begin:]))


def _blocks(flow: Flow) -> list[Block]:
    return [block for group in flow.groups() if (block := flow.block(group)).text]


def _regions(flow: Flow, sheet: _Sheet) -> list[Region]:
    """Tables, then figures of what is left; a table that is a picture is a figure."""
    boxes = [sheet.placed(line.box) for line in flow.lines]
    texts = [_text(group, flow, boxes) for group in flow.groups()]
    rules = [rule for one in sheet.drawing.rules if (rule := sheet.placed(one))[2] >= rule[3]]
    found = tables(texts, boxes, rules, sheet.wide)
    parts = [
        part
        for part in sheet.clusters
        if not any(_is_mostly_in(part.box, one.box) for one in found)
    ]
    named = {one.caption.lines[0] for one in found if one.caption}
    others = [text for text in texts if text.lines[0] not in named]
    taken = {n for one in found for n in _lines_of(one)}
    for one in figures(others, parts, sheet.wide, sheet.high):
        captions = one.caption.lines if one.caption else ()
        members = lines_in(one.box, boxes, taken.union(captions))
        taken.update(captions, members)
        found.append(replace(one, members=members))
    idle = [_as_table(text, found) for text in texts]
    rows = tables(idle, boxes, rules, sheet.wide, gone=taken)
    return [*found, *(one for one in rows if not _is_code(one, flow))]


def _is_code(region: Region, flow: Flow) -> bool:
    mono = sum(flow.lines[n].mono for n in region.members)
    return mono > _CODE * len(region.members)


def _as_table(text: Text, found: Sequence[Region]) -> Text:
    """The caption of a figure that was not found, as that of a table: some figures are rows."""
    if text.role not in {"figure", "table"}:
        return text
    named = [one.caption.lines[0] for one in found if one.caption]
    is_idle = text.role == "figure" and text.lines[0] not in named
    return replace(text, role="table" if is_idle else "figure")


def _text(group: list[int], flow: Flow, boxes: Sequence[Box]) -> Text:
    first = flow.lines[group[0]]
    box = hull([boxes[n] for n in group])
    length = sum(len(flow.lines[n].text) for n in group)
    role = caption_of(first) or ("heading" if flow.heads[group[0]] else "")
    if not role and _SUBCAPTION.match(first.text):
        role = "label"
    if not role:
        is_long = length >= _PROSE or (length > _PROSE / 2 and box[2] > 0.3 * flow.wide)
        role = "prose" if is_long else "label"
    return Text(box, role, tuple(group))


def _is_mostly_in(box: Box, region: Box) -> bool:
    shared = max(0.0, overlap(box, region, axis=0)) * max(0.0, overlap(box, region, axis=1))
    return shared > 0.5 * box[2] * box[3]


def _lines_of(region: Region) -> tuple[int, ...]:
    return (*(region.caption.lines if region.caption else ()), *region.members)


def _place_of(region: Region, boxes: Sequence[Box], rest: Sequence[int]) -> int:
    """How many of the other lines are read before a region: those above it in its column."""
    whole = hull([region.box, region.caption.box]) if region.caption else region.box
    last = None
    for at, n in enumerate(rest):
        if overlap(boxes[n], whole, axis=0) <= 0:
            continue
        if middle(boxes[n]) > whole[1]:
            return at
        last = at + 1
    return len(rest) if last is None else last


def _part(region: Region, flow: Flow, sheet: _Sheet, layout: Layout) -> Iterator[Block]:
    """The caption of a figure or table, then the words in it."""
    name = layout.name_of(region)
    caption = flow.block(list(region.caption.lines)) if region.caption else None
    if region.kind == "figure" and name:
        words = caption.text if caption else ""
        layout.keep_figure(sheet.shown(region.box), flow.page.number, words)
    if caption is not None:
        yield replace(caption, kind="caption", level=0, part=name)
    rows = rows_of(region.members, [sheet.placed(line.box) for line in flow.lines])
    if region.kind == "table":
        for row in rows:
            yield replace(_row(row, flow, dict.fromkeys(row, _CELL_GAP), "table_row"), part=name)
    elif rows:
        gaps = {row[0]: "\n" for row in rows}
        yield _row([n for row in rows for n in row], flow, gaps, "label")


def _row(places: Sequence[int], flow: Flow, gaps: Mapping[int, str], kind: str) -> Block:
    """Lines one after the other, each with its gap before it, or a blank."""
    text, anchors = "", []
    for n in places:
        line = flow.lines[n]
        text += gaps.get(n, " ") if text else ""
        start = len(text)
        text += line.text + ("-" if line.broken else "")
        anchors.append(Anchor(start, len(text), line.box))
    return printed(text, anchors, kind, 0, flow.page)
