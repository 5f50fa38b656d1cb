"""JSON, JSON Lines and notebooks as readable text."""

import json
from collections.abc import Iterator

from ingestion.errors import IngestError
from ingestion.parsers import metadata
from ingestion.parsers.base import Parser, capped, read_bytes
from ingestion.parsers.cleaning import shown
from ingestion.parsers.markdown import markdown_blocks
from ingestion.parsers.text import decode
from ingestion.types import Block, Limits, Parsed, ParseRequest


class JsonParser(Parser):
    """One block for each member of the outermost list or object; notebooks cell by cell."""

    accepts = frozenset({"application/json", "application/jsonl"})

    def parse(self, request: ParseRequest, limits: Limits) -> Parsed:
        """The values, indented; an object's keys are the blocks' sections."""
        text = decode(read_bytes(request, limits))
        notices: list[str] = []
        if request.media_type == "application/jsonl":
            blocks = capped(_lines(text, notices), limits, notices)
        else:
            blocks = capped(_members(_load(text, request.filename)), limits, notices)
        return Parsed(
            media_type=request.media_type,
            title=metadata.title_from_name(request.filename),
            blocks=blocks,
            language=metadata.detect_language("\n".join(block.text for block in blocks[:100])),
            notices=tuple(notices),
        )


def _load(text: str, filename: str) -> object:
    try:
        return json.loads(text)
    except ValueError as error:
        raise IngestError(f"{shown(filename)} is no valid JSON ({error}).") from error


def _members(value: object) -> Iterator[Block]:
    if isinstance(value, dict) and isinstance(value.get("cells"), list) and "nbformat" in value:
        yield from _cells(value["cells"])
    elif isinstance(value, dict):
        for key, member in value.items():
            yield Block(f"{key}: {pretty(member)}", kind="code", section=str(key)[:200])
    elif isinstance(value, list):
        for member in value:
            yield Block(pretty(member), kind="code")
    else:
        yield Block(pretty(value), kind="code")


def _cells(cells: list[object]) -> Iterator[Block]:
    for number, cell in enumerate(cells, start=1):
        if not isinstance(cell, dict):
            continue
        source = cell.get("source", "")
        text = "".join(map(str, source)) if isinstance(source, list) else str(source)
        if cell.get("cell_type") == "markdown":
            yield from markdown_blocks(text)
        else:
            yield Block(text, kind="code", section=f"Cell {number}")


def _lines(text: str, notices: list[str]) -> Iterator[Block]:
    broken = 0
    for line in text.splitlines():
        if not line.strip():
            continue
        try:
            yield Block(pretty(json.loads(line)), kind="code")
        except ValueError:
            broken += 1
    if broken:
        notices.append(f"{broken} lines are no valid JSON and were left out.")


def pretty(value: object) -> str:
    """A value as a person would write it down: bare text, or indented JSON."""
    if isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False, indent=2)
