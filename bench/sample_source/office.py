"""The handbook as DOCX and the tide tables as XLSX."""

import io
from datetime import datetime
from pathlib import Path

from docx import Document
from docx.enum.table import WD_TABLE_ALIGNMENT
from docx.shared import Cm, Pt, RGBColor
from openpyxl import Workbook
from openpyxl.chart import LineChart, Reference
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.worksheet.properties import PageSetupProperties
from openpyxl.worksheet.worksheet import Worksheet

from . import repack, tides
from .figures import figure_png
from .manuscript import Part, read_manuscript
from .style import LICENCE

COLUMNS_CM = (3.2, 3.2, 9.4)


def make_handbook(target: Path) -> None:
    """Set ``text/handbook.txt`` as a Word document."""
    text = read_manuscript("handbook.txt")
    document = Document()
    core = document.core_properties
    core.title, core.author = text.head["title"], "; ".join(text.authors)
    core.comments, core.language = f"Written for the MMSearch sample library, {LICENCE}", "en"
    core.last_modified_by = text.authors[0]
    document.settings.element.set("{http://www.w3.org/XML/1998/namespace}lang", "en")
    _dress(document)
    document.add_paragraph(text.head["title"], style="Title")
    date = datetime.fromisoformat(text.head["date"])
    byline = f"{text.authors[0]} · {text.head['institute']} · {date:%B %Y}"
    document.add_paragraph(byline, style="Subtitle")
    for part in text.parts:
        _add(document, part)
    document.save(str(target))
    repack.settle(target, text.head["date"])


def _dress(document) -> None:  # type: ignore[no-untyped-def] # docx has a factory, no class
    section = document.sections[0]
    section.page_width, section.page_height = Cm(21), Cm(29.7)
    section.left_margin = section.right_margin = Cm(2.6)
    sizes = {"Normal": 11, "Title": 24, "Subtitle": 11, "Heading 1": 15, "Heading 2": 12,
             "Caption": 9}  # fmt: skip
    for name, size in sizes.items():
        style = document.styles[name]
        style.font.size, style.font.name = Pt(size), "Calibri"
        style.font.italic = False
        if name != "Normal":
            style.font.color.rgb = RGBColor(0x0B, 0x5A, 0x73)
            fonts = style.element.get_or_add_rPr().get_or_add_rFonts()
            for key in list(fonts.attrib):
                if key.endswith("Theme"):
                    del fonts.attrib[key]
    document.styles["Normal"].paragraph_format.space_after = Pt(8)


def _add(document, part: Part) -> None:  # type: ignore[no-untyped-def]
    if part.kind == "heading":
        document.add_heading(part.text, level=part.level)
    elif part.kind == "figure":
        document.add_picture(io.BytesIO(figure_png(part.name)), width=Cm(13.6))
        document.paragraphs[-1].paragraph_format.keep_with_next = True
        document.add_paragraph(part.text, style="Caption").paragraph_format.space_after = Pt(14)
    elif part.kind == "table":
        caption = document.add_paragraph(part.text, style="Caption")
        caption.paragraph_format.keep_with_next = True
        table = document.add_table(rows=0, cols=len(part.rows[0]), style="Light Grid Accent 1")
        table.alignment, table.autofit = WD_TABLE_ALIGNMENT.LEFT, False
        for column, width in zip(table.columns, COLUMNS_CM, strict=True):
            column.width = Cm(width)
        for row in part.rows:
            for cell, text, width in zip(table.add_row().cells, row, COLUMNS_CM, strict=True):
                cell.text, cell.width = text, Cm(width)
                cell.paragraphs[0].paragraph_format.space_after = Pt(2)
        document.add_paragraph()
    else:
        document.add_paragraph(part.text)


def make_tide_tables(target: Path) -> None:
    """A workbook of two sheets: the constituents, and a week of high and low waters."""
    book = Workbook()
    book.properties.title = "Tide tables of Wickmouth, June 2026"
    book.properties.creator = "Sol Deepwater"
    book.properties.description = f"Written for the MMSearch sample library, {LICENCE}"
    first = book.active or book.create_sheet()
    first.title = "Constituents"
    module = tides.tide_module()
    _rows(first, ["Constituent", "Period (hours)", "Speed (degrees per hour)", "Amplitude (m)",
                  "Phase lag (degrees)", "Comes from"],
          [[c.name, round(c.period_h, 4), c.speed, c.amplitude_m, c.lag, c.cause]
           for c in module.WICKMOUTH], widths=[14, 16, 24, 15, 20, 44])  # fmt: skip
    first.append([])
    first.append(["Wickmouth is an invented harbour; periods and speeds are the real ones."])
    second = book.create_sheet("High and low water")
    week = [[f"{moment:%Y-%m-%d}", f"{moment:%H:%M}", kind, round(height, 2)]
            for moment, height, kind in tides.waters(7)]  # fmt: skip
    _rows(second, ["Date", "Time (UTC)", "Water", "Height above chart datum (m)"], week,
          widths=[14, 12, 10, 30])  # fmt: skip
    chart = LineChart()
    chart.title, chart.height, chart.width, chart.legend = "High and low waters (m)", 8, 18, None
    chart.add_data(Reference(second, min_col=4, min_row=2, max_row=len(week) + 1))
    second.add_chart(chart, "F2")
    book.save(str(target))
    repack.settle(target, "2025-04-22")


def _rows(sheet: Worksheet, header: list[str], rows: list[list[object]], *, widths: list[int]
          ) -> None:  # fmt: skip
    sheet.append(header)
    for row in rows:
        sheet.append(row)
    for cell in sheet[1]:
        cell.font = Font(name="Calibri", bold=True, color="FFFFFF")
        cell.fill = PatternFill("solid", fgColor="0B5A73")
        cell.alignment = Alignment(wrap_text=True, vertical="center")
    for column, width in zip("ABCDEFGH", widths, strict=False):
        sheet.column_dimensions[column].width = width
    sheet.freeze_panes = "A2"
    sheet.row_dimensions[1].height = 32
    sheet.page_setup.orientation, sheet.page_setup.paperSize = "landscape", 9
    sheet.page_setup.fitToHeight = 0
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    for row in sheet.iter_rows(min_row=2):
        for cell in row:
            if isinstance(cell.value, float) and round(cell.value, 2) == cell.value:
                cell.number_format = "0.00"
