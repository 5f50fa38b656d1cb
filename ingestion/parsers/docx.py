"""Word files in document order: headings, paragraphs, lists, tables, notes and pictures."""

import posixpath
from collections.abc import Iterator
from typing import Any

import docx
from docx.document import Document
from docx.opc.exceptions import OpcError
from docx.oxml.ns import qn
from lxml import etree

from ingestion.errors import IngestError
from ingestion.parsers import metadata
from ingestion.parsers.base import Parser, capped, table_row
from ingestion.parsers.cleaning import one_line, shown, tidy_lines
from ingestion.parsers.embedded import Pictures
from ingestion.parsers.zip_safety import BROKEN, check_office
from ingestion.types import Block, Limits, Parsed, ParseRequest

BROKEN_OFFICE = (
    *BROKEN,
    OpcError,
    etree.XMLSyntaxError,
    KeyError,
    AttributeError,
    TypeError,
    IndexError,
)
_MATH = "{http://schemas.openxmlformats.org/officeDocument/2006/math}"
_FALLBACK = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"
_UNSEEN = frozenset(
    {qn("w:del"), qn("w:moveFrom"), qn("w:instrText"), qn("w:delText"), qn("w:txbxContent")}
    | {_FALLBACK, qn("w:pPr"), qn("w:sectPr")}
)
_TEMPLATE_DAYS = {"2013-12-23", "2013-01-27"}  # of the empty files python-docx and -pptx begin with
_NOTES = {"footnotes": "w:footnote", "endnotes": "w:endnote"}


class DocxParser(Parser):
    """What a reader of the file sees; deleted and hidden text is not read."""

    accepts = frozenset({"application/vnd.openxmlformats-officedocument.wordprocessingml.document"})

    def parse(self, request: ParseRequest, limits: Limits) -> Parsed:
        """Blocks in document order, then foot- and endnotes; pictures as media.

        Raises:
            TooLargeError: it unpacks to more than an honest file does.
            IngestError: damaged or locked.
        """
        check_office(request, limits)
        name = shown(request.filename)
        try:
            document = docx.Document(request.path)
            pictures = Pictures(request.output, limits)
            reader = _Reader(document, pictures)
            blocks = [*reader.blocks(document.element.body), *reader.notes()]
        except BROKEN_OFFICE as error:
            raise IngestError(
                f"{name} is damaged and cannot be read as a Word file ({type(error).__name__})."
            ) from error
        notices = pictures.notices()
        facts = document.core_properties
        first = next((b.text for b in blocks if b.kind == "heading" and b.level <= 1), "")
        text = "\n".join(block.text for block in blocks[:60])
        doi, url = metadata.identifiers(text[:3000])
        return Parsed(
            media_type=request.media_type,
            title=metadata.best_title([facts.title, first], request.filename),
            authors=metadata.split_authors(facts.author),
            published=iso_day(facts),
            doi=doi,
            url=url,
            language=metadata.detect_language(text),
            blocks=capped(blocks, limits, notices),
            media=tuple(pictures.media),
            notices=tuple(notices),
        )


def iso_day(facts: Any) -> str:
    """The day the file says it was made, "" if it does not or says nonsense."""
    try:
        made = facts.created
    except (ValueError, TypeError):
        return ""
    day = made.date().isoformat() if made else ""
    return "" if day in _TEMPLATE_DAYS else metadata.iso_date(day)


class _Reader:
    """Walks the XML of one document. Spans and counts in the file are never believed."""

    def __init__(self, document: Document, pictures: Pictures) -> None:
        self.document, self.pictures = document, pictures
        self.levels = {style.style_id: _style_level(style) for style in document.styles}

    def blocks(self, parent: Any) -> Iterator[Block]:
        """Blocks of the body, or of anything that holds paragraphs and tables."""
        for child in parent:
            if child.tag == qn("w:p"):
                yield from self._paragraph(child)
            elif child.tag == qn("w:tbl"):
                yield from self._table(child)
            elif child.tag in {qn("w:sdt"), qn("w:sdtContent"), qn("w:ins"), qn("w:customXml")}:
                yield from self.blocks(child)

    def notes(self) -> Iterator[Block]:
        """Foot- and endnotes, each as a paragraph."""
        for relation in self.document.part.rels.values():
            kind = relation.reltype.rpartition("/")[2]
            if kind not in _NOTES or relation.is_external:
                continue
            root = etree.fromstring(
                relation.target_part.blob, etree.XMLParser(resolve_entities=False)
            )
            for note in root.iter(qn(_NOTES[kind])):
                text = one_line(" ".join(visible_text(p) for p in note.iter(qn("w:p"))))
                if text:
                    yield Block(text, section="Notes")

    def _paragraph(self, paragraph: Any) -> Iterator[Block]:
        text = tidy_lines(visible_text(paragraph))
        level = self._level(paragraph)
        if text and level:
            yield Block(one_line(text), kind="heading", level=level)
        elif text:
            yield Block(text, kind="list" if self._is_list(paragraph) else "paragraph")
        for box in paragraph.iter(qn("w:txbxContent")):
            if not any(up.tag == _FALLBACK for up in box.iterancestors()):
                yield from self.blocks(box)
        self._pictures(paragraph)

    def _table(self, table: Any) -> Iterator[Block]:
        header: list[str] = []
        for number, row in enumerate(table.iter(qn("w:tr"))):
            if row.getparent() is not table and row.getparent().getparent() is not table:
                continue  # of a table inside a cell: its words are in that cell
            cells = [
                one_line(" ".join(visible_text(p) for p in cell.iter(qn("w:p"))))
                for cell in row.iter(qn("w:tc"))
                if next(cell.iterancestors(qn("w:tr"))) is row
            ]
            for paragraph in row.iter(qn("w:p")):
                self._pictures(paragraph)
            if number == 0 and sum(map(bool, cells)) > 1:
                header = cells
                yield Block(" | ".join(filter(None, cells)), kind="table_row")
            elif any(cells):
                yield Block(table_row(header, cells), kind="table_row")

    def _level(self, paragraph: Any) -> int:
        own = paragraph.find(f"{qn('w:pPr')}/{qn('w:outlineLvl')}")
        if own is not None and (own.get(qn("w:val")) or "9").isdigit():
            level = int(own.get(qn("w:val")) or 9)
            return level + 1 if level < 6 else 0
        style = paragraph.find(f"{qn('w:pPr')}/{qn('w:pStyle')}")
        return self.levels.get(style.get(qn("w:val")), 0) if style is not None else 0

    def _is_list(self, paragraph: Any) -> bool:
        if paragraph.find(f"{qn('w:pPr')}/{qn('w:numPr')}") is not None:
            return True
        style = paragraph.find(f"{qn('w:pPr')}/{qn('w:pStyle')}")
        return style is not None and "list" in (style.get(qn("w:val")) or "").lower()

    def _pictures(self, paragraph: Any) -> None:
        for blip in paragraph.iter(qn("a:blip")):
            relation = self.document.part.rels.get(blip.get(qn("r:embed")) or "")
            if relation is None or relation.is_external:
                continue
            name = posixpath.basename(str(relation.target_part.partname))
            self.pictures.keep(
                name, relation.target_part.blob, page=None, box=None, caption=_described(blip)
            )


def _style_level(style: Any) -> int:
    """1 to 6 for "Heading 1" to "Heading 6" and "Title", in any language Word writes."""
    name = (style.name or "").lower()
    if name in {"title", "titel"}:
        return 1
    word, _, number = name.rpartition(" ")
    if word in {"heading", "überschrift", "titre"} and number.isdigit():
        return min(6, int(number))
    outline = style.element.find(f"{qn('w:pPr')}/{qn('w:outlineLvl')}")
    value = outline.get(qn("w:val")) if outline is not None else ""
    return int(value) + 1 if value and value.isdigit() and int(value) < 6 else 0


def visible_text(paragraph: Any) -> str:
    """The words of a paragraph, formulas included, without deleted or hidden runs."""
    parts: list[str] = []
    pending = list(reversed(paragraph))
    while pending:
        node = pending.pop()
        if node.tag in _UNSEEN or (node.tag == qn("w:r") and _is_hidden(node)):
            continue
        if node.tag in {qn("w:t"), f"{_MATH}t"}:
            parts.append(node.text or "")
        elif node.tag == qn("w:tab"):
            parts.append("\t")
        elif node.tag in {qn("w:br"), qn("w:cr")}:
            parts.append("\n")
        else:
            pending.extend(reversed(node))
    return "".join(parts)


def _is_hidden(run: Any) -> bool:
    mark = run.find(f"{qn('w:rPr')}/{qn('w:vanish')}")
    return mark is not None and mark.get(qn("w:val")) not in {"0", "false"}


def _described(blip: Any) -> str:
    """The description that its author gave a picture."""
    for up in blip.iterancestors():
        for properties in up.findall(qn("wp:docPr")):
            return one_line(properties.get("descr") or "")
    return ""
