"""Comma- and tab-separated tables: one block a row, each cell with its column's name."""

import csv
import io
from itertools import islice

from ingestion.parsers import metadata
from ingestion.parsers.base import Parser, capped, read_bytes, table_row
from ingestion.parsers.cleaning import clean_text, one_line
from ingestion.parsers.text import decode
from ingestion.types import Block, Limits, Parsed, ParseRequest

MOST_ROWS = 50_000


class TableParser(Parser):
    """CSV and TSV. The first row names the columns when none of its cells is a number."""

    accepts = frozenset({"text/csv", "text/tab-separated-values"})

    def parse(self, request: ParseRequest, limits: Limits) -> Parsed:
        """Rows as "Column: value; Column: value"."""
        text = clean_text(decode(read_bytes(request, limits)))
        notices: list[str] = []
        rows = _rows(text, request.media_type, notices)
        names = is_header(rows[0]) if rows else False
        header = rows[0] if names else []
        blocks = [Block(table_row(header, row), kind="table_row") for row in rows[names:]]
        if names:
            blocks.insert(0, Block(" | ".join(filter(None, header)), kind="table_row"))
        return Parsed(
            media_type=request.media_type,
            title=metadata.title_from_name(request.filename),
            language=metadata.detect_language("\n".join(block.text for block in blocks[:200])),
            blocks=capped(blocks, limits, notices),
            notices=tuple(notices),
        )


def _rows(text: str, kind: str, notices: list[str]) -> list[list[str]]:
    csv.field_size_limit(max(1_000_000, len(text) + 1))
    delimiter = "\t" if kind == "text/tab-separated-values" else _delimiter(text)
    reader = csv.reader(io.StringIO(text), delimiter=delimiter)
    rows: list[list[str]] = []
    try:
        for row in islice(reader, MOST_ROWS + 1):
            rows.append([one_line(cell) for cell in row])
    except csv.Error as error:
        notices.append(f"The table is broken after row {len(rows)} ({error}).")
    if len(rows) > MOST_ROWS:
        notices.append(f"Only the first {MOST_ROWS:,} rows of the table were kept.")
        rows.pop()
    return [row for row in rows if any(row)]


def _delimiter(text: str) -> str:
    """The sign that divides the first lines most evenly."""
    lines = [line for line in text[:20_000].split("\n")[:20] if line.strip()]
    counts = {sign: [line.count(sign) for line in lines] for sign in ",;\t|"}
    return max(counts, key=lambda sign: (min(counts[sign], default=0), sum(counts[sign])))


def is_header(row: list[str]) -> bool:
    """Whether a first row names its columns: several cells, none of them a number."""
    filled = [cell for cell in row if cell]
    return len(filled) > 1 and not any(_is_number(cell) for cell in filled)


def _is_number(cell: str) -> bool:
    try:
        float(cell.replace(",", ".").rstrip("%"))
    except ValueError:
        return False
    return True
