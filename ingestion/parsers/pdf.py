"""PDF: text lines with their boxes, page pictures, figures, and OCR where a page has no text."""

import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import pypdfium2 as pdfium
from pypdfium2 import raw

from ingestion.errors import IngestError, UnsupportedFormatError
from ingestion.media import progress
from ingestion.media.ocr import ocr_missing, reads_language
from ingestion.parsers import metadata
from ingestion.parsers.base import Parser, capped
from ingestion.parsers.cleaning import one_line, shown
from ingestion.parsers.pdf_crops import crops
from ingestion.parsers.pdf_drawn import Drawing
from ingestion.parsers.pdf_layout import document_layout
from ingestion.parsers.pdf_lines import PrintedLine
from ingestion.parsers.pdf_page import read_page
from ingestion.parsers.pdf_typography import PageLines, largest_lines
from ingestion.types import Limits, Member, Page, Parsed, ParseRequest

_OCR_SHARE = 0.6  # of the time allowed: then no more pages are read by a machine,
_DRAW_SHARE = 0.8  # and then no more are drawn
_OUTPUT_SHARE = 0.9
_BAD_IN_A_ROW = 50
_MOST_ATTACHMENTS = 100
_LONGEST_SIDE = 100_000.0  # points; only the ratio of the sides matters


@dataclass(slots=True)
class _Reading:
    """What is known while the pages of one document are read."""

    request: ParseRequest
    limits: Limits
    texts: list[PageLines] = field(default_factory=list)
    pages: list[Page] = field(default_factory=list)
    drawings: dict[int, Drawing] = field(default_factory=dict)
    broken: list[int] = field(default_factory=list)
    hidden: list[int] = field(default_factory=list)
    unread: list[int] = field(default_factory=list)
    undrawn: list[int] = field(default_factory=list)
    language: str = ""
    written: int = 0
    cpu_from: float = field(default_factory=time.process_time)
    wall_from: float = field(default_factory=time.monotonic)

    def spent(self) -> float:
        """Share of the time allowed that has gone, by the worse of both clocks."""
        cpu = (time.process_time() - self.cpu_from) / self.limits.cpu_s
        return max(cpu, (time.monotonic() - self.wall_from) / self.limits.wall_s)


class PdfParser(Parser):
    """Pages as they are shown: rotation and crop box count, hidden text does not."""

    accepts = frozenset({"application/pdf"})

    def parse(self, request: ParseRequest, limits: Limits) -> Parsed:
        """Blocks with an anchor for each printed line, pictures of pages and figures, attachments.

        Raises:
            IngestError: locked by a password, damaged, or without a page.
        """
        document = _open(request)
        try:
            reading = _Reading(request, limits)
            notices = _read_pages(document, reading)
            layout = document_layout(reading.texts, reading.drawings)
            media = crops(document, layout.figures, request.output, lambda: _draws(reading))
            members = _attachments(document, request, limits, notices)
            facts = document.get_metadata_dict(skip_empty=True)
        finally:
            document.close()
        blocks = capped(layout.blocks, limits, notices)
        if not blocks:
            notices.append("No words were found; only the pictures of its pages can be searched.")
        first = [text for text in reading.texts if text.number == 1]
        title, authors = _title_and_authors(first, facts, request.filename)
        doi, url = metadata.identifiers(_words(first) + " " + " ".join(facts.values()))
        scanned = all(text.derived for text in reading.texts)
        return Parsed(
            media_type=request.media_type,
            title=title,
            authors=authors,
            published=_published(first, "" if scanned else facts.get("CreationDate", "")),
            doi=doi,
            url=url,
            language=metadata.detect_language(_words(reading.texts[:20])),
            blocks=blocks,
            pages=tuple(reading.pages),
            media=media,
            members=members,
            notices=tuple(notices),
        )


def _open(request: ParseRequest) -> pdfium.PdfDocument:
    name = shown(request.filename)
    try:
        document = pdfium.PdfDocument(request.path)
        count = len(document)
    except pdfium.PdfiumError as error:
        code = getattr(error, "err_code", None)
        if code == raw.FPDF_ERR_PASSWORD:
            raise IngestError(
                f"{name} is locked with a password; remove the password and upload it again."
            ) from error
        if code == raw.FPDF_ERR_SECURITY:
            raise UnsupportedFormatError(
                f"{name} is protected in a way we cannot open; print it to a new PDF."
            ) from error
        raise IngestError(
            f"{name} is damaged and cannot be opened as PDF; open it in a viewer and save it anew."
        ) from error
    if count == 0:
        document.close()
        raise IngestError(f"{name} is a PDF without a page.")
    return document


def _read_pages(document: pdfium.PdfDocument, reading: _Reading) -> list[str]:
    """Read page after page into ``reading``; the notices to be shown."""
    with suppress(pdfium.PdfiumError):  # without them, forms stay empty in the pictures
        document.init_forms()
    total = len(document)
    count = min(total, reading.limits.pages)
    can_read = not ocr_missing()
    bad_in_a_row = 0
    for index in range(count):
        before = len(reading.broken)
        _take_page(document, index, reading, can_read=can_read)
        bad_in_a_row = bad_in_a_row + 1 if len(reading.broken) > before else 0
        if bad_in_a_row >= _BAD_IN_A_ROW:
            break
        progress.report((index + 1) / count)
    if not reading.pages:
        raise IngestError(
            f"{shown(reading.request.filename)} is damaged: none of its pages can be read."
        )
    return _notices(reading, total, count, can_read=can_read)


def _take_page(
    document: pdfium.PdfDocument, index: int, reading: _Reading, *, can_read: bool
) -> None:
    number, spent, draws = index + 1, reading.spent(), _draws(reading)
    try:
        page = document[index]
        width, height = page.get_size()
        result = read_page(
            page,
            number,
            reading.request.output,
            language=reading.language,
            draws=draws,
            reads=can_read and spent < _OCR_SHARE,
        )
        page.close()
    except (pdfium.PdfiumError, ValueError, OSError, MemoryError):
        reading.broken.append(number)
        return
    label = one_line(document.get_page_label(index))[:40]
    shrink = min(1.0, _LONGEST_SIDE / max(width, height, 1.0))
    reading.pages.append(Page(number, label, width * shrink, height * shrink, result.image))
    reading.texts += result.texts
    if result.drawing is not None:
        reading.drawings[number] = result.drawing
    if result.image:
        reading.written += (Path(reading.request.output) / result.image).stat().st_size
    for flag, pages in (
        (result.was_hidden, reading.hidden),
        (result.wants_ocr, reading.unread),
        (not draws, reading.undrawn),
    ):
        if flag:
            pages.append(number)
    if not reading.language and any(text.derived for text in result.texts):
        guess = metadata.detect_language(_words(reading.texts))
        reading.language = guess if reads_language(guess) else "en"


def _draws(reading: _Reading) -> bool:
    """Whether there is time and room left for more pictures."""
    limit = _OUTPUT_SHARE * reading.limits.output_bytes
    return reading.spent() < _DRAW_SHARE and reading.written < limit


def _notices(reading: _Reading, total: int, count: int, *, can_read: bool) -> list[str]:
    notices = []
    if total > count:
        notices.append(f"Only the first {count:,} of {total:,} pages were read.")
    if reading.broken:
        notices.append(f"{pages_named(reading.broken)} could not be read: damaged or too complex.")
    if reading.hidden:
        notices.append(
            f"{pages_named(reading.hidden)} held text that no reader can see; it was left out."
        )
    if reading.unread:
        why = ocr_missing() if not can_read else "There was no time left to read it by machine."
        notices.append(f"{pages_named(reading.unread)} held pictures of text only. {why}")
    if reading.undrawn:
        notices.append(f"{pages_named(reading.undrawn)} have no picture: the limit was reached.")
    return notices


def pages_named(numbers: Sequence[int]) -> str:
    """ "Page 3", "Pages 3, 4 and 9", "120 pages (3, 4, 9 …)"."""
    if len(numbers) == 1:
        return f"Page {numbers[0]}"
    if len(numbers) > 6:
        return f"{len(numbers)} pages ({', '.join(map(str, numbers[:3]))} …)"
    return f"Pages {', '.join(map(str, numbers[:-1]))} and {numbers[-1]}"


def _words(texts: Sequence[PageLines]) -> str:
    return "\n".join(line.text for text in texts for line in text.lines)


def _title_and_authors(
    first: Sequence[PageLines], facts: dict[str, str], filename: str
) -> tuple[str, tuple[str, ...]]:
    """The file's own title if page 1 bears it out or nothing else is there; authors likewise."""
    lines: list[PrintedLine] = [line for text in first for line in text.lines]
    claimed, largest = one_line(facts.get("Title", "")), one_line(largest_lines(lines))
    printed = set(_words(first).lower().split())
    parts = claimed.lower().split()
    is_borne_out = sum(part in printed for part in parts) >= 0.5 * max(1, len(parts))
    candidates = [claimed, largest] if is_borne_out else [largest, claimed]
    title = metadata.best_title(candidates, filename)
    authors = metadata.split_authors(facts.get("Author", ""))
    if not authors and title == largest and not all(text.derived for text in first):
        bottom = max((line.box[1] for line in lines if line.text in largest), default=0.0)
        below = sorted((line for line in lines if line.box[1] > bottom), key=lambda li: li.box[1])
        authors = metadata.authors_below_title([line.text for line in below])
    return title, authors


def _published(first: Sequence[PageLines], created: str) -> str:
    written = metadata.written_date(_words(first))
    return written or metadata.iso_date(created)


def _attachments(
    document: pdfium.PdfDocument, request: ParseRequest, limits: Limits, notices: list[str]
) -> tuple[Member, ...]:
    """Files that travel inside the PDF, each to be read as a document of its own."""
    members: list[Member] = []
    left = limits.unpacked_bytes
    for index in range(min(document.count_attachments(), _MOST_ATTACHMENTS)):
        try:
            attachment = document.get_attachment(index)
            name, content = one_line(attachment.get_name()), bytes(attachment.get_data())
        except (pdfium.PdfiumError, ValueError, MemoryError):
            notices.append(f"Attachment {index + 1} is damaged and was left out.")
            continue
        if content.lstrip()[:5] == b"<math":  # formulas of the text, for screen readers
            continue
        left -= len(content)
        if left < 0:
            notices.append("Not all attachments were kept: together they are too large.")
            break
        file = f"member-{len(members) + 1:04d}"
        (Path(request.output) / file).write_bytes(content)
        members.append(Member(file, name or f"attachment {index + 1}"))
    return tuple(members)
