"""The six slides about the tide, as PPTX."""

import io
import json
from pathlib import Path
from typing import Any

from pptx import Presentation
from pptx.chart.data import CategoryChartData
from pptx.dml.color import RGBColor
from pptx.enum.chart import XL_CHART_TYPE
from pptx.enum.text import MSO_ANCHOR, PP_ALIGN
from pptx.util import Emu, Inches, Pt

from . import repack, tides
from .figures import figure_png
from .style import LICENCE, TEXT

DEEP, SEA, INK, PALE, WARM = "0A2A43", "0B5A73", "1D2433", "EEF3F6", "8A3B12"


def make_slides(target: Path) -> None:
    """Set ``text/slides.json`` as a presentation with notes."""
    talk = json.loads((TEXT / "slides.json").read_text(encoding="utf-8"))
    deck = Presentation()
    deck.slide_width, deck.slide_height = Inches(13.333), Inches(7.5)
    core = deck.core_properties
    core.title, core.author, core.language = talk["title"], talk["author"], "en"
    core.last_modified_by = talk["author"]
    core.comments = f"Written for the MMSearch sample library, {LICENCE}"
    fill = {"picture": _picture, "points": _points, "chart": _chart, "table": _table}
    for number, page in enumerate(talk["slides"], start=1):
        slide = deck.slides.add_slide(deck.slide_layouts[0 if page["kind"] == "title" else 5])
        if page["kind"] == "title":
            _title_slide(slide, page)
        else:
            _heading(slide, page["title"], number)
            fill[page["kind"]](slide, page)
        slide.notes_slide.notes_text_frame.text = page["notes"]
    deck.save(str(target))
    repack.settle(target, talk["date"])


def _write(frame: Any, text: str, *, size: int, colour: str = INK, bold: bool = False) -> Any:
    paragraph = frame.paragraphs[0] if not frame.text else frame.add_paragraph()
    run = paragraph.add_run()
    run.text = text
    run.font.size, run.font.bold, run.font.name = Pt(size), bold, "Calibri"
    run.font.color.rgb = RGBColor.from_string(colour)
    return paragraph


def _place(shape: Any, left: float, top: float, width: float, height: float) -> None:
    shape.left, shape.top = Inches(left), Inches(top)
    shape.width, shape.height = Inches(width), Inches(height)


def _title_slide(slide: Any, page: dict[str, Any]) -> None:
    slide.background.fill.solid()
    slide.background.fill.fore_color.rgb = RGBColor.from_string(DEEP)
    title, subtitle = slide.shapes.title, slide.placeholders[1]
    _place(title, 0.9, 2.2, 11.5, 1.6)
    _place(subtitle, 0.9, 4.0, 11.5, 0.8)
    for shape, text, size, colour in ((title, page["title"], 48, "FFFFFF"),
                                      (subtitle, page["subtitle"], 20, "9FD0DF")):  # fmt: skip
        shape.text_frame.vertical_anchor = MSO_ANCHOR.MIDDLE
        bold = shape is title
        _write(
            shape.text_frame, text, size=size, colour=colour, bold=bold
        ).alignment = PP_ALIGN.LEFT


def _heading(slide: Any, text: str, number: int) -> None:
    title = slide.shapes.title
    _place(title, 0.9, 0.55, 11.5, 0.9)
    title.text_frame.vertical_anchor = MSO_ANCHOR.MIDDLE
    _write(title.text_frame, text, size=34, colour=SEA, bold=True).alignment = PP_ALIGN.LEFT
    foot = slide.shapes.add_textbox(Inches(11.9), Inches(6.9), Inches(0.6), Inches(0.35))
    _write(foot.text_frame, str(number), size=12, colour=SEA).alignment = PP_ALIGN.RIGHT


def _bullets(slide: Any, points: list[str], box: tuple[float, float, float, float]) -> None:
    frame = slide.shapes.add_textbox(*(Inches(side) for side in box)).text_frame
    frame.word_wrap = True
    for point in points:
        _write(frame, point, size=22).space_after = Pt(18)


def _picture(slide: Any, page: dict[str, Any]) -> None:
    picture = figure_png(page["figure"])
    slide.shapes.add_picture(io.BytesIO(picture), Inches(0.9), Inches(1.85), width=Inches(6.6))
    _bullets(slide, page["points"], (7.8, 2.0, 4.7, 4.4))


def _points(slide: Any, page: dict[str, Any]) -> None:
    _bullets(slide, page["points"], (0.9, 2.0, 7.0, 4.4))
    panel = slide.shapes.add_shape(1, Inches(8.5), Inches(2.0), Inches(3.9), Inches(3.3))
    panel.fill.solid()
    panel.fill.fore_color.rgb = RGBColor.from_string(PALE)
    panel.line.fill.background()
    panel.shadow.inherit = False
    panel.text_frame.vertical_anchor = MSO_ANCHOR.MIDDLE
    for text, size, bold in ((page["big"], 54, True), (page["big_note"], 20, False)):
        colour = WARM if bold else INK
        _write(
            panel.text_frame, text, size=size, colour=colour, bold=bold
        ).alignment = PP_ALIGN.CENTER


def _chart(slide: Any, page: dict[str, Any]) -> None:
    series = tides.daily_highest()
    chart_series = CategoryChartData()
    chart_series.categories = [day for day, _ in series]
    chart_series.add_series("Highest water of the day (m)", [height for _, height in series])
    box = (Inches(0.9), Inches(1.7), Inches(11.5), Inches(4.1))
    chart = slide.shapes.add_chart(XL_CHART_TYPE.LINE_MARKERS, *box, chart_series).chart
    chart.has_legend, chart.has_title = False, True
    frame = chart.chart_title.text_frame
    _write(frame, "Highest water of each day at Wickmouth, June 2026 (metres)", size=14)
    chart.value_axis.minimum_scale, chart.value_axis.maximum_scale = 3.0, 5.0
    chart.value_axis.tick_labels.font.size = Pt(12)
    chart.category_axis.tick_labels.font.size = Pt(12)
    chart.value_axis.major_gridlines.format.line.color.rgb = RGBColor.from_string("D5DAE1")
    chart.value_axis.major_unit = 0.5
    line = chart.plots[0].series[0]
    line.format.line.color.rgb = RGBColor.from_string(SEA)
    line.format.line.width, line.smooth = Emu(31750), False
    line.marker.format.fill.solid()
    line.marker.format.fill.fore_color.rgb = RGBColor.from_string(WARM)
    _bullets(slide, [page["point"]], (0.9, 5.95, 11.5, 0.9))


def _table(slide: Any, page: dict[str, Any]) -> None:
    rows = [page["header"], *page["rows"]]
    box = (Inches(0.9), Inches(1.9), Inches(11.5), Inches(0.7 * len(rows)))
    table = slide.shapes.add_table(len(rows), 3, *box).table
    for column, width in enumerate((2.6, 2.9, 6.0)):
        table.columns[column].width = Inches(width)
    for i, row in enumerate(rows):
        for j, text in enumerate(row):
            cell = table.cell(i, j)
            cell.fill.solid()
            cell.fill.fore_color.rgb = RGBColor.from_string(
                SEA if i == 0 else PALE if i % 2 else "FFFFFF"
            )
            cell.vertical_anchor = MSO_ANCHOR.MIDDLE
            colour = "FFFFFF" if i == 0 else INK
            _write(cell.text_frame, text, size=20, colour=colour, bold=i == 0 or j == 0)
