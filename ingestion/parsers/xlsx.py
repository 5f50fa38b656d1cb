"""Excel: one page for each sheet, one block for each row."""

from collections.abc import Iterator
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

import openpyxl
from openpyxl.utils.exceptions import InvalidFileException

from ingestion.errors import IngestError
from ingestion.parsers import metadata
from ingestion.parsers.base import Parser, capped, table_row
from ingestion.parsers.cleaning import one_line, shown
from ingestion.parsers.docx import BROKEN_OFFICE, iso_day
from ingestion.parsers.table import MOST_ROWS, is_header
from ingestion.parsers.zip_safety import check_office
from ingestion.types import Block, Limits, Page, Parsed, ParseRequest

_MOST_SHEETS = 500
_MOST_COLUMNS = 200
_EMPTY_ROWS = 200  # in a row: the rest of the sheet is empty


class XlsxParser(Parser):
    """The values as last calculated; formulas are not run."""

    accepts = frozenset({"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"})

    def parse(self, request: ParseRequest, limits: Limits) -> Parsed:
        """Rows as "Header: value; Header: value", the sheet's name as section and page label.

        Raises:
            TooLargeError: it unpacks to more than an honest file does.
            IngestError: damaged or locked.
        """
        check_office(request, limits)
        name = shown(request.filename)
        notices: list[str] = []
        blocks: list[Block] = []
        try:
            # A stream, since openpyxl refuses paths that do not end as it likes.
            with Path(request.path).open("rb") as stream:
                book = openpyxl.load_workbook(
                    stream, read_only=True, data_only=True, keep_links=False
                )
                sheets = book.worksheets[: min(_MOST_SHEETS, limits.pages)]
                pages = [Page(n, one_line(s.title)) for n, s in enumerate(sheets, start=1)]
                for page, sheet in zip(pages, sheets, strict=True):
                    blocks += _rows(sheet, page.number, MOST_ROWS - len(blocks), notices)
            facts = book.properties
        except (*BROKEN_OFFICE, InvalidFileException) as error:
            raise IngestError(
                f"{name} is damaged and cannot be read as an Excel file ({type(error).__name__})."
            ) from error
        if len(book.worksheets) > len(sheets):
            notices.append(f"Only the first {len(sheets)} sheets were read.")
        if not blocks:
            notices.append(f"{name} holds no values.")
        return Parsed(
            media_type=request.media_type,
            title=metadata.best_title([facts.title or ""], request.filename),
            authors=metadata.split_authors(facts.creator or ""),
            published=iso_day(facts),
            language=metadata.detect_language("\n".join(block.text for block in blocks[:200])),
            blocks=capped(blocks, limits, notices),
            pages=tuple(pages),
            notices=tuple(notices),
        )


def _rows(sheet: Any, number: int, left: int, notices: list[str]) -> Iterator[Block]:
    """The rows of a sheet that hold anything; the first full one names the columns."""
    header: list[str] = []
    empty = kept = 0
    name = one_line(sheet.title)
    sheet.reset_dimensions()  # what the file says of its own size may be a lie
    for row in sheet.iter_rows(max_col=_MOST_COLUMNS, values_only=True):
        cells = [_cell(value) for value in row]
        if not any(cells):
            empty += 1
            if empty > _EMPTY_ROWS:
                break
            continue
        empty = 0
        if kept >= left:
            notices.append(f"Only the first {MOST_ROWS:,} rows were kept; sheet {name} goes on.")
            break
        kept += 1
        if not header and kept <= 5 and is_header(cells):
            header = cells
            text = " | ".join(filter(None, cells))
        else:
            text = table_row(header, cells)
        yield Block(text, kind="table_row", page=number, section=name)


def _cell(value: object) -> str:
    match value:
        case None:
            return ""
        case bool():
            return "yes" if value else "no"
        case float():
            return f"{value:.12g}"
        case datetime():
            plain = value.isoformat(sep=" ", timespec="minutes")
            return plain.removesuffix(" 00:00")
        case date() | time():
            return value.isoformat()
        case _:
            return one_line(str(value))
