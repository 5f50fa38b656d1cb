"""Markdown: headings, paragraphs, lists, tables and code, without the marks."""

import re
from collections.abc import Iterator

import yaml
from markdown_it import MarkdownIt
from markdown_it.token import Token

from ingestion.parsers import metadata
from ingestion.parsers.base import Parser, capped, read_bytes, table_row
from ingestion.parsers.cleaning import clean_text, one_line
from ingestion.parsers.text import decode, paragraphs
from ingestion.types import Block, Limits, Parsed, ParseRequest

_FRONT = re.compile(r"\A---[ \t]*\n(.*?)\n(?:---|\.\.\.)[ \t]*(?:\n|\Z)", re.S)
_TAG = re.compile(r"<[^<>]{1,500}>")


class MarkdownParser(Parser):
    """CommonMark with tables; links and pictures leave their words, never an address."""

    accepts = frozenset({"text/markdown"})

    def parse(self, request: ParseRequest, limits: Limits) -> Parsed:
        """The blocks; title, authors and date from the front matter or the first heading."""
        text = clean_text(decode(read_bytes(request, limits)))
        front, body = _front_matter(text)
        notices: list[str] = []
        # What is nested too deeply for Markdown is kept as it stands.
        found = list(markdown_blocks(body)) or [Block(piece) for piece in paragraphs(body)]
        blocks = capped(found, limits, notices)
        headings = [block for block in blocks if block.kind == "heading"]
        first = min(headings, key=lambda block: block.level).text if headings else ""
        authors = front.get("authors") or front.get("author") or ""
        return Parsed(
            media_type=request.media_type,
            title=metadata.best_title([front.get("title", ""), first], request.filename),
            authors=metadata.split_authors(authors),
            published=metadata.iso_date(front.get("date", "")),
            doi=metadata.find_doi(front.get("doi", "")),
            language=metadata.detect_language(body),
            blocks=blocks,
            notices=tuple(notices),
        )


def _front_matter(text: str) -> tuple[dict[str, str], str]:
    match = _FRONT.match(text)
    if not match or len(match.group(1)) > 20_000:
        return {}, text
    try:
        # BaseLoader makes strings only; no aliases are expanded without an anchor bomb's size.
        loaded = yaml.load(match.group(1), yaml.BaseLoader) if "&" not in match.group(1) else None  # noqa: S506
    except yaml.YAMLError:
        return {}, text
    if not isinstance(loaded, dict):
        return {}, text
    return {str(key).lower(): _flat(value) for key, value in loaded.items()}, text[match.end() :]


def _flat(value: object) -> str:
    if isinstance(value, list):
        return "; ".join(_flat(item) for item in value)
    if isinstance(value, dict):
        return str(value.get("name", ""))
    return str(value)


def markdown_blocks(text: str) -> Iterator[Block]:
    """The blocks of a Markdown text in order."""
    tokens = MarkdownIt("commonmark").enable("table").parse(text)
    lists, table_from = 0, -1
    for at, token in enumerate(tokens):
        lists += _list_step(token)
        if token.type == "table_open":
            table_from = at
        elif token.type == "table_close":
            yield from _table_blocks(tokens[table_from:at])
            table_from = -1
        elif token.type in {"fence", "code_block"}:
            yield Block(token.content.rstrip("\n"), kind="code")
        elif token.type == "html_block":
            yield Block(one_line(_TAG.sub(" ", token.content)))
        elif token.type == "inline" and table_from < 0:
            yield _inline_block(token, tokens[at - 1], in_list=lists > 0)


def _list_step(token: Token) -> int:
    return token.nesting if token.type.partition("_")[2].startswith("list_") else 0


def _table_blocks(tokens: list[Token]) -> Iterator[Block]:
    header: list[str] = []
    row: list[str] = []
    for token in tokens:
        if token.type == "tr_open":
            row = []
        elif token.type == "inline":
            row.append(one_line(_words(token)))
        elif token.type == "thead_close":
            header = row
            yield Block(" | ".join(header), kind="table_row")
        elif token.type == "tr_close" and header:
            yield Block(table_row(header, row), kind="table_row")


def _inline_block(token: Token, opener: Token, *, in_list: bool) -> Block:
    text = _words(token).strip()
    if opener.type == "heading_open":
        return Block(one_line(text), kind="heading", level=int(opener.tag[1:]))
    return Block(text, kind="list" if in_list else "paragraph")


def _words(token: Token) -> str:
    """What a reader sees of an inline token."""
    parts: list[str] = []
    for child in token.children or ():
        if child.type in {"softbreak", "hardbreak"}:
            parts.append("\n")
        elif child.type == "image":
            parts.append(_words(child))
        elif child.type in {"text", "code_inline"}:
            parts.append(child.content)
    return "".join(parts)
