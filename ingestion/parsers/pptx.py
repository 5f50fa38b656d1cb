"""PowerPoint: one page for each slide, with its title, words, tables, charts, notes, pictures."""

from collections.abc import Iterator
from itertools import islice
from typing import Any

import pptx
from pptx.exc import PythonPptxError
from pptx.util import Length

from ingestion.errors import IngestError
from ingestion.media.reading_order import reading_order
from ingestion.parsers import metadata
from ingestion.parsers.base import Parser, capped, table_row
from ingestion.parsers.cleaning import one_line, shown, tidy_lines
from ingestion.parsers.docx import BROKEN_OFFICE, iso_day
from ingestion.parsers.embedded import Pictures
from ingestion.parsers.zip_safety import check_office
from ingestion.types import Block, Limits, Page, Parsed, ParseRequest
from search.types import Anchor, Box

_BROKEN = (*BROKEN_OFFICE, PythonPptxError, NotImplementedError)
_MOST_DEPTH = 8  # of groups within groups
_MOST_POINTS = 200  # of one series
_MOST_SERIES = 50


class PptxParser(Parser):
    """Shapes in the order in which a slide is read; each shape's box goes with its words."""

    accepts = frozenset(
        {"application/vnd.openxmlformats-officedocument.presentationml.presentation"}
    )

    def parse(self, request: ParseRequest, limits: Limits) -> Parsed:
        """Blocks with the slide's number as page and its title as section.

        Raises:
            TooLargeError: it unpacks to more than an honest file does.
            IngestError: damaged or locked.
        """
        check_office(request, limits)
        slides, size, (title, author, made) = _opened(request)
        pictures = Pictures(request.output, limits)
        notices: list[str] = []
        if len(slides) > limits.pages:
            notices.append(f"Only the first {limits.pages:,} of {len(slides):,} slides were read.")
        blocks: list[Block] = []
        pages: list[Page] = []
        for number, slide in enumerate(slides[: limits.pages], start=1):
            pages.append(Page(number, "", size[0] / 12700, size[1] / 12700))
            blocks += _Slide(slide, number, size, pictures, notices).blocks()
        text = "\n".join(block.text for block in blocks[:60])
        first = next((block.text for block in blocks if block.kind == "heading"), "")
        return Parsed(
            media_type=request.media_type,
            title=metadata.best_title([title, first], request.filename),
            authors=metadata.split_authors(author),
            published=made,
            doi=metadata.find_doi(text[:2000]),
            language=metadata.detect_language(text),
            blocks=capped(blocks, limits, notices),
            pages=tuple(pages),
            media=tuple(pictures.media),
            notices=tuple([*notices, *pictures.notices()]),
        )


def _opened(
    request: ParseRequest,
) -> tuple[list[Any], tuple[float, float], tuple[str, str, str]]:
    """Slides, their width and height, and the file's own title, author and day."""
    try:
        deck = pptx.Presentation(request.path)
        facts = deck.core_properties
        size = (float(deck.slide_width or 1), float(deck.slide_height or 1))
        return list(deck.slides), size, (facts.title, facts.author, iso_day(facts))
    except _BROKEN as error:
        raise IngestError(
            f"{shown(request.filename)} is damaged and cannot be read as a PowerPoint file "
            f"({type(error).__name__})."
        ) from error


class _Slide:
    def __init__(
        self,
        slide: Any,
        number: int,
        size: tuple[float, float],
        pictures: Pictures,
        notices: list[str],
    ) -> None:
        self.slide, self.number, self.size = slide, number, size
        self.pictures, self.notices = pictures, notices
        self.title = ""

    def blocks(self) -> list[Block]:
        """The title, the shapes in reading order, then the speaker's notes."""
        found: list[Block] = []
        try:
            heading = self.slide.shapes.title
            if heading is not None and heading.has_text_frame:
                self.title = one_line(heading.text_frame.text)
                if self.title:
                    found.append(self._block(self.title, "heading", self._box(heading), level=1))
            for shape in self._ordered(heading):
                found += self._shape(shape)
            found += self._speech()
        except _BROKEN as error:
            self.notices.append(
                f"Slide {self.number} is damaged; a part of it was left out "
                f"({type(error).__name__})."
            )
        return found

    def _ordered(self, heading: Any) -> list[Any]:
        taken = heading.shape_id if heading is not None else None
        shapes = [s for s in _flattened(self.slide.shapes, 0) if s.shape_id != taken]
        boxes = [self._box(shape) or (0.0, 1.0, 0.0, 0.0) for shape in shapes]
        return [shapes[index] for index in reading_order(boxes)]

    def _shape(self, shape: Any) -> Iterator[Block]:
        box = self._box(shape)
        try:
            if getattr(shape, "has_table", False) and shape.has_table:
                yield from self._table(shape, box)
            elif getattr(shape, "has_chart", False) and shape.has_chart:
                yield from self._chart(shape.chart, box)
            elif shape.has_text_frame:
                yield from self._words(shape.text_frame, box)
            if _is_picture(shape):
                self._picture(shape, box)
        except _BROKEN as error:
            self.notices.append(
                f"A shape on slide {self.number} is damaged and was left out "
                f"({type(error).__name__})."
            )

    def _words(self, frame: Any, box: Box | None) -> Iterator[Block]:
        paragraphs = [(tidy_lines(p.text), p.level) for p in frame.paragraphs]
        lines = [(text, level) for text, level in paragraphs if text]
        if not lines:
            return
        is_list = len(lines) > 1
        text = "\n".join("  " * level + line for line, level in lines) if is_list else lines[0][0]
        yield self._block(text, "list" if is_list else "paragraph", box)

    def _table(self, shape: Any, box: Box | None) -> Iterator[Block]:
        rows = [
            [one_line(" ".join(p.text for p in cell.text_frame.paragraphs)) for cell in row.cells]
            for row in shape.table.rows
        ]
        header = rows[0] if rows else []
        if any(header):
            yield self._block(" | ".join(filter(None, header)), "table_row", box)
        for row in rows[1:]:
            if any(row):
                yield self._block(table_row(header, row), "table_row", box)

    def _chart(self, chart: Any, box: Box | None) -> Iterator[Block]:
        if chart.has_title and chart.chart_title.has_text_frame:
            text = one_line(chart.chart_title.text_frame.text)
            if text:
                yield self._block(text, "caption", box)
        # By the XML itself: python-pptx knows no 3-D, stock or surface charts.
        for series in islice(chart._chartSpace.iter("{*}ser"), _MOST_SERIES):
            names = _points(series, "{*}cat", "{*}xVal")
            values = _points(series, "{*}val", "{*}yVal")
            pairs = [
                f"{names[at]}: {value}" if at < len(names) else value
                for at, value in enumerate(values)
            ]
            name = " ".join(_points(series, "{*}tx")) or "Values"
            yield self._block(f"{name}: {'; '.join(pairs)}", "table_row", box)

    def _speech(self) -> Iterator[Block]:
        if not self.slide.has_notes_slide:
            return
        frame = self.slide.notes_slide.notes_text_frame
        text = tidy_lines(frame.text) if frame is not None else ""
        if text:
            yield Block(text, page=self.number, section="Notes")

    def _picture(self, shape: Any, box: Box | None) -> None:
        if shape._element.blip_rId is None:  # only a link to a file elsewhere
            self.pictures.unread += 1
            return
        properties = shape._element._nvXxPr.cNvPr
        caption = one_line(properties.get("descr") or "")
        image = shape.image
        self.pictures.keep(image.sha1, image.blob, page=self.number, box=box, caption=caption)

    def _block(self, text: str, kind: str, box: Box | None, *, level: int = 0) -> Block:
        anchors = (Anchor(0, len(text), box),) if box else ()
        section = "" if kind == "heading" else self.title
        return Block(text, kind, page=self.number, level=level, section=section, anchors=anchors)

    def _box(self, shape: Any) -> Box | None:
        """The shape's place as fractions of the slide; None if the file does not say."""
        sides = (shape.left, shape.top, shape.width, shape.height)
        if not all(isinstance(side, Length | int) for side in sides):
            return None
        wide, high = self.size
        x0, y0 = _clamped(shape.left / wide), _clamped(shape.top / high)
        x1 = _clamped((shape.left + shape.width) / wide)
        y1 = _clamped((shape.top + shape.height) / high)
        return (x0, y0, max(0.0, x1 - x0), max(0.0, y1 - y0))


def _points(series: Any, *names: str) -> list[str]:
    """The cached values of one part of a chart's series."""
    for name in names:
        for part in series.iterchildren(name):
            found = islice(part.iter("{*}v"), _MOST_POINTS)
            return [_number(one_line(value.text or "")) for value in found]
    return []


def _number(text: str) -> str:
    try:
        return f"{float(text):g}" if "." in text and len(text) > 6 else text
    except ValueError:
        return text


def _clamped(value: float) -> float:
    return min(1.0, max(0.0, value))


def _is_picture(shape: Any) -> bool:
    return shape._element.tag.endswith("}pic")


def _flattened(shapes: Any, depth: int) -> Iterator[Any]:
    """Shapes, and those within groups."""
    for shape in shapes:
        if shape._element.tag.endswith("}grpSp") and depth < _MOST_DEPTH:
            yield from _flattened(shape.shapes, depth + 1)
        else:
            yield shape
