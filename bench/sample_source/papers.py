"""Set the three papers as PDF with ReportLab: one or two columns, figures, tables, page labels."""

import io
import os
import re
from datetime import UTC, datetime
from pathlib import Path

from reportlab import rl_config
from reportlab.lib.colors import HexColor
from reportlab.lib.enums import TA_LEFT
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import (
    BaseDocTemplate,
    Flowable,
    Frame,
    FrameBreak,
    Image,
    KeepTogether,
    NextPageTemplate,
    PageTemplate,
    Paragraph,
    Spacer,
    Table,
    TableStyle,
)

from .figures import figure_png
from .manuscript import Manuscript, Part, read_manuscript
from .style import FAMILIES, INK, LICENCE_URL, RULE, SOFT

WIDTH, HEIGHT = A4
MARGIN, GAP, TOP, FOOT = 50.0, 20.0, 62.0, 58.0
SIZES = {"Charis": (9.6, 13.6), "STIX": (11.2, 14.6), "Gentium": (10.9, 15.4)}  # size, leading
NOTE = "Authors and institute are invented; the facts are not. CC0 1.0."


def set_paper(source: str, target: Path, *, quotes: list[str]) -> None:
    """Set ``text/SOURCE`` as ``target``. A paragraph that holds a quote stays in one piece."""
    paper = read_manuscript(source)
    _register_fonts()
    moment = datetime.fromisoformat(paper.head["date"]).replace(hour=9, tzinfo=UTC)
    os.environ["SOURCE_DATE_EPOCH"] = str(int(moment.timestamp()))
    rl_config.invariant = 0
    styles = _styles(paper)
    head = _title_block(paper, styles)
    head_height = sum(_height(part, WIDTH - 2 * MARGIN) for part in head) + 16
    document = _template(paper, target, head_height)
    story: list[Flowable] = [*head, FrameBreak(), NextPageTemplate("later")]
    column = _column_width(paper)
    for part in paper.parts:
        story += _flow(part, styles, column, quotes)
    document.build(_fasten_headings(story), canvasmaker=_canvas_for(paper))


def _register_fonts() -> None:
    for family, paths in FAMILIES.items():
        names = [family, f"{family}-Bold", f"{family}-Italic", f"{family}-BoldItalic"]
        for name, path in zip(names, paths, strict=True):
            pdfmetrics.registerFont(TTFont(name, str(path)))
        pdfmetrics.registerFontFamily(family, *names)


def _styles(paper: Manuscript) -> dict[str, ParagraphStyle]:
    family, accent = paper.head["family"], HexColor(paper.head["accent"])
    size, leading = SIZES[family]
    body = ParagraphStyle(
        "body", fontName=family, fontSize=size, leading=leading, textColor=HexColor(INK),
        spaceAfter=leading * 0.5, alignment=TA_LEFT, allowWidows=0, allowOrphans=0,
    )  # fmt: skip
    small = {"fontSize": size * 0.87, "leading": leading * 0.86}
    return {
        "body": body,
        "title": ParagraphStyle("title", body, fontName=f"{family}-Bold", fontSize=21,
                                leading=25.5, spaceAfter=8, textColor=accent),
        "authors": ParagraphStyle("authors", body, fontSize=size + 0.6, leading=15, spaceAfter=1),
        "institute": ParagraphStyle("institute", body, fontName=f"{family}-Italic", spaceAfter=8),
        "abstract": ParagraphStyle("abstract", body, leftIndent=10, rightIndent=10,
                                   borderColor=accent, spaceAfter=5),
        "heading": ParagraphStyle("heading", body, fontName="Lato-Bold", fontSize=11,
                                  leading=14, spaceBefore=7, spaceAfter=4, textColor=accent),
        "caption": ParagraphStyle("caption", body, fontName="Lato", fontSize=7.9, leading=10.4,
                                  textColor=HexColor(SOFT), spaceBefore=3, spaceAfter=2),
        "cell": ParagraphStyle("cell", body, spaceAfter=0, **small),
        "head_cell": ParagraphStyle("head_cell", body, spaceAfter=0, fontName="Lato-Bold",
                                    fontSize=7.9, leading=9.6),
        "reference": ParagraphStyle("reference", body, leftIndent=14, firstLineIndent=-14,
                                    spaceAfter=3, **small),
    }  # fmt: skip


def _title_block(paper: Manuscript, styles: dict[str, ParagraphStyle]) -> list[Flowable]:
    head = paper.head
    bold = f"<font name='{head['family']}-Bold'>"
    return [
        Paragraph(_typeset(head["title"]), styles["title"]),
        Paragraph(" · ".join(paper.authors), styles["authors"]),
        Paragraph(head["institute"], styles["institute"]),
        Paragraph(f"{bold}Abstract.</font> {_typeset(head['abstract'])}", styles["abstract"]),
        Paragraph(f"{bold}Keywords:</font> {head['keywords']}", styles["abstract"]),
        Paragraph(f"{bold}DOI:</font> {head['doi']}", styles["abstract"]),
    ]


def _height(part: Flowable, width: float) -> float:
    return part.wrap(width, HEIGHT)[1] + part.getSpaceAfter()


def _column_width(paper: Manuscript) -> float:
    full = WIDTH - 2 * MARGIN
    return (full - GAP) / 2 if paper.head["columns"] == "2" else full - 50


def _columns(paper: Manuscript, height: float) -> list[Frame]:
    width = _column_width(paper)
    starts = [MARGIN, MARGIN + width + GAP] if paper.head["columns"] == "2" else [MARGIN + 25]
    bare = {"leftPadding": 0, "rightPadding": 0, "topPadding": 0, "bottomPadding": 0}
    return [Frame(x, FOOT, width, height, id=f"column{i}", **bare) for i, x in enumerate(starts)]


def _template(paper: Manuscript, target: Path, head_height: float) -> BaseDocTemplate:
    head = paper.head
    document = BaseDocTemplate(
        str(target),
        pagesize=A4,
        title=head["title"],
        author=", ".join(paper.authors),
        subject=f"{head['journal']} {head['volume']} ({head['year']}). doi:{head['doi']}",
        keywords=head["keywords"],
        creator=f"Written for the MMSearch sample library, {LICENCE_URL}",
        lang="en",
    )
    body = HEIGHT - TOP - FOOT
    bare = {"leftPadding": 0, "rightPadding": 0, "topPadding": 0, "bottomPadding": 0}
    title = Frame(MARGIN, HEIGHT - TOP - head_height, WIDTH - 2 * MARGIN, head_height, **bare)

    def first(canvas: Canvas, _document: BaseDocTemplate) -> None:
        _furniture(canvas, paper)
        canvas.setStrokeColor(HexColor(RULE))
        line = HEIGHT - TOP - head_height + 9
        canvas.line(MARGIN, line, WIDTH - MARGIN, line)

    def later(canvas: Canvas, _document: BaseDocTemplate) -> None:
        _furniture(canvas, paper)

    document.addPageTemplates([
        PageTemplate("first", [title, *_columns(paper, body - head_height)], onPage=first),
        PageTemplate("later", _columns(paper, body), onPage=later),
    ])  # fmt: skip
    return document


def _label(paper: Manuscript, page: int) -> str:
    return f"{paper.head['label_prefix']}{int(paper.head['first_page']) + page - 1}"


def _furniture(canvas: Canvas, paper: Manuscript) -> None:
    """Running head and foot of one page."""
    head = paper.head
    canvas.setFont("Lato", 7.8)
    canvas.setFillColor(HexColor(SOFT))
    canvas.drawString(MARGIN, HEIGHT - 40, f"{head['journal']}  {head['volume']} ({head['year']})")
    canvas.drawRightString(WIDTH - MARGIN, HEIGHT - 40, f"doi:{head['doi']}")
    canvas.setStrokeColor(HexColor(RULE))
    canvas.setLineWidth(0.6)
    canvas.line(MARGIN, HEIGHT - 46, WIDTH - MARGIN, HEIGHT - 46)
    canvas.drawString(MARGIN, 34, NOTE)
    canvas.setFont("Lato-Bold", 9)
    canvas.drawRightString(WIDTH - MARGIN, 34, _label(paper, canvas.getPageNumber()))


def _canvas_for(paper: Manuscript) -> type[Canvas]:
    class Labelled(Canvas):  # type: ignore[misc]
        """A canvas that gives every page its printed number as label."""

        def showPage(self) -> None:  # noqa: N802 ReportLab's name
            if self.getPageNumber() == 1:
                prefix = paper.head["label_prefix"] or None
                self.addPageLabel(0, "ARABIC", int(paper.head["first_page"]), prefix)
            super().showPage()

    return Labelled


def _flow(part: Part, styles: dict[str, ParagraphStyle], width: float, quotes: list[str]
          ) -> list[Flowable]:  # fmt: skip
    if part.kind == "heading":
        return [Paragraph(_typeset(part.text), styles["heading"])]
    if part.kind == "figure":
        return [
            KeepTogether(
                [
                    Spacer(0, 4),
                    _picture(part, width),
                    Paragraph(_caption(part.text), styles["caption"]),
                    Spacer(0, 8),
                ]
            )
        ]
    if part.kind == "table":
        return [
            KeepTogether(
                [
                    Spacer(0, 2),
                    Paragraph(_caption(part.text), styles["caption"]),
                    _table(part, styles, width),
                    Spacer(0, 10),
                ]
            )
        ]
    if part.kind == "break":
        return [FrameBreak()]
    if part.kind == "references":
        return [Paragraph(_typeset(row[0]), styles["reference"]) for row in part.rows]
    paragraph = Paragraph(_typeset(part.text), styles["body"])
    whole = any(quote in part.text for quote in quotes)
    return [KeepTogether([paragraph])] if whole else [paragraph]


def _typeset(text: str) -> str:
    """Curled apostrophes, and no line break inside ``20 000`` or between a number and its unit."""
    text = re.sub(r"(?<=\w)'(?=\w|\s)", "\u2019", text)
    return re.sub(r"(?<=\d) (?=\d{3}\b|(?:mm|kg|km|dB|L|m)\b)", "\u00a0", text)


def _caption(text: str) -> str:
    label, rest = text.split(". ", 1)
    return f"<font name='Lato-Bold'>{label}.</font> {_typeset(rest)}"


def _picture(part: Part, width: float) -> Image:
    image = Image(io.BytesIO(figure_png(part.name)))
    wide = min(width, image.imageWidth * 72 / 300)
    image.drawWidth, image.drawHeight = wide, wide * image.imageHeight / image.imageWidth
    return image


def _table(part: Part, styles: dict[str, ParagraphStyle], width: float) -> Table:
    rows = [[Paragraph(_typeset(cell), styles["head_cell" if i == 0 else "cell"]) for cell in row]
            for i, row in enumerate(part.rows)]  # fmt: skip
    longest = [max(max(len(row[i]), 7) for row in part.rows) ** 0.75
               for i in range(len(part.rows[0]))]  # fmt: skip
    widths = [width * share / sum(longest) for share in longest]
    ink, rule = HexColor(INK), HexColor(RULE)
    return Table(rows, colWidths=widths, style=TableStyle([
        ("LINEABOVE", (0, 0), (-1, 0), 0.9, ink), ("LINEBELOW", (0, 0), (-1, 0), 0.5, ink),
        ("LINEBELOW", (0, 1), (-1, -2), 0.3, rule), ("LINEBELOW", (0, -1), (-1, -1), 0.9, ink),
        ("TOPPADDING", (0, 0), (-1, -1), 2), ("BOTTOMPADDING", (0, 0), (-1, -1), 3),
        ("LEFTPADDING", (0, 0), (-1, -1), 3), ("RIGHTPADDING", (0, 0), (-1, -1), 3),
        ("VALIGN", (0, 0), (-1, -1), "MIDDLE"),
    ]))  # fmt: skip


def _fasten_headings(story: list[Flowable]) -> list[Flowable]:
    """No heading at the foot of a column: it moves on with what follows it."""
    fastened: list[Flowable] = []
    for part in story:
        before = fastened[-1] if fastened else None
        if isinstance(before, Paragraph) and before.style.name == "heading":
            before.keepWithNext = 1
        fastened.append(part)
    return fastened
