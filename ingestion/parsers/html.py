"""Web pages: the main text as blocks, and what the page says of itself. Nothing is fetched."""

import json
import re
from collections.abc import Iterator
from typing import Any

import trafilatura
from lxml import etree
from lxml import html as lxml_html

from ingestion.errors import IngestError
from ingestion.parsers import metadata
from ingestion.parsers.base import Parser, capped, read_bytes, table_row
from ingestion.parsers.cleaning import clean_text, one_line, shown, tidy_lines
from ingestion.parsers.text import decode
from ingestion.types import Block, Limits, Parsed, ParseRequest

_CHARSET = re.compile(rb"<meta[^>]{0,200}charset\s*=\s*[\"']?\s*([\w-]{2,20})", re.I)
_HIDDEN = re.compile(
    r"display\s*:\s*none|visibility\s*:\s*hidden|opacity\s*:\s*0(?:\.0+)?\s*(?:;|$)|"
    r"font-size\s*:\s*[01](?:px|pt)?\s*(?:;|$)",
    re.I,
)
_SILENT = frozenset({"script", "style", "noscript", "template", "svg", "iframe", "object"})
_BLOCKS = {
    "p": "paragraph", "quote": "paragraph", "item": "list", "code": "code", "head": "heading",
    "h1": "heading", "h2": "heading", "h3": "heading", "h4": "heading", "h5": "heading",
    "h6": "heading", "li": "list", "dt": "list", "dd": "list", "pre": "code",
    "blockquote": "paragraph", "figcaption": "caption", "caption": "caption",
}  # fmt: skip
_LARGE = 4000  # blocks: beyond this trafilatura takes minutes
_TITLES = ("citation_title", "dc.title", "og:title", "twitter:title")
_AUTHORS = ("citation_author", "dc.creator", "author", "article:author")
_DATES = (
    "citation_publication_date", "citation_date", "citation_online_date", "dc.date",
    "article:published_time", "date",
)  # fmt: skip
_DOIS = ("citation_doi", "dc.identifier", "prism.doi", "doi")


class HtmlParser(Parser):
    """The article without its menus; hidden text is left out, scripts never run."""

    accepts = frozenset({"text/html", "application/xhtml+xml"})

    def parse(self, request: ParseRequest, limits: Limits) -> Parsed:
        """Blocks, title, authors, date and DOI.

        Raises:
            IngestError: no text can be found in it.
        """
        tree = parsed_tree(html_text(read_bytes(request, limits)), request.filename)
        facts = _facts(tree)
        headline = tree.findtext(".//title") or ""
        language = one_line(tree.get("lang") or "")[:2].lower()
        link = tree.find(".//link[@rel='canonical']")
        drop_hidden(tree)
        notices: list[str] = []
        blocks = capped(html_blocks(tree), limits, notices)
        if not blocks:
            raise IngestError(f"{shown(request.filename)} is a web page without any text.")
        text = "\n".join(block.text for block in blocks[:200])
        first = next((block.text for block in blocks if block.kind == "heading"), "")
        doi = metadata.find_doi(" ".join(_values(facts, _DOIS)))
        return Parsed(
            media_type=request.media_type,
            title=metadata.best_title(
                [*_values(facts, _TITLES), headline, first], request.filename
            ),
            authors=_authors(facts),
            published=metadata.iso_date(next(iter(_values(facts, _DATES)), "")),
            doi=doi or metadata.identifiers(text[:2000])[0],
            url=_address(link.get("href", "") if link is not None else ""),
            language=metadata.detect_language(text) or (language if language.isalpha() else ""),
            blocks=blocks,
            notices=tuple(notices),
        )


def html_text(raw: bytes) -> str:
    """The page as text: by its own word on the encoding if that works."""
    declared = _CHARSET.search(raw[:4096])
    if declared and not raw.startswith((b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")):
        try:
            return raw.decode(declared.group(1).decode("ascii"))
        except (UnicodeDecodeError, LookupError):
            pass
    return decode(raw)


def parsed_tree(text: str, filename: str) -> Any:
    """The page's tree.

    Raises:
        IngestError: nothing in it can be parsed.
    """
    # An encoding declared inside is void once the bytes are text, and lxml refuses it.
    body = re.sub(r"^\s*<\?xml[^>]{0,200}\?>", "", clean_text(text), count=1)
    try:
        tree = lxml_html.document_fromstring(body, parser=lxml_html.HTMLParser(no_network=True))
    except (etree.ParserError, etree.XMLSyntaxError, ValueError) as error:
        raise IngestError(
            f"{shown(filename)} is no web page that can be read ({error})."
        ) from error
    return tree


def drop_hidden(tree: Any) -> None:
    """Take away what a browser would not show: scripts, and what is styled to be unseen."""
    for element in list(tree.iter(etree.Element)):
        style = element.get("style") or ""
        is_unseen = element.get("hidden") is not None or _HIDDEN.search(style)
        if (element.tag in _SILENT or is_unseen) and element.getparent() is not None:
            element.drop_tree()


def html_blocks(tree: Any, *, whole: bool = False) -> Iterator[Block]:
    """The main text as trafilatura finds it; all text if that is too little, or if ``whole``."""
    everything = list(_walk(tree))
    main = [] if whole or len(everything) > _LARGE else _main_text(tree)
    kept = sum(len(block.text) for block in main)
    enough = kept > 2000 or kept > 0.3 * sum(len(block.text) for block in everything)
    yield from main if main and enough else everything


def _main_text(tree: Any) -> list[Block]:
    extracted = trafilatura.extract(
        lxml_html.tostring(tree, encoding="unicode"),
        output_format="xml",
        include_comments=False,
        include_tables=True,
        include_formatting=False,
        favor_recall=True,
    )
    return list(_walk(etree.fromstring(extracted.encode()))) if extracted else []


def _walk(root: Any) -> Iterator[Block]:
    """Blocks in document order, from HTML or from trafilatura's XML."""
    body = root.find(".//main")
    body = root if body is None or root.tag == "html" else body
    taken: set[Any] = set()
    for element in body.iter(etree.Element):
        if any(up in taken for up in element.iterancestors()):
            continue
        if element.tag == "table":
            taken.add(element)
            yield from _table(element)
        elif element.tag in _BLOCKS and not _holds_blocks(element):
            taken.add(element)
            yield from _block(element)
        elif element.tag in {"div", "section", "article", "td", "body", "center", "span"}:
            yield from _own_words(element)


def _holds_blocks(element: Any) -> bool:
    return any(
        child is not element
        and (child.tag in _BLOCKS or child.tag in {"table", "list", "ul", "ol"})
        for child in element.iter(etree.Element)
    )


def _own_words(element: Any) -> Iterator[Block]:
    """Text that stands in a container directly, between its blocks."""
    if _holds_blocks(element):
        loose = one_line(" ".join([element.text or "", *(child.tail or "" for child in element)]))
    elif element.find(".//div") is None and element.getparent() is not None:
        parent = element.getparent()
        is_inline = element.tag == "span" and not _holds_blocks(parent)
        loose = "" if is_inline else one_line(" ".join(element.itertext()))
    else:
        loose = one_line(element.text or "")
    if loose:
        yield Block(loose)


def _block(element: Any) -> Iterator[Block]:
    kind = _BLOCKS[element.tag]
    raw = "".join(element.itertext())
    text = clean_text(raw).strip("\n") if kind == "code" else one_line(raw)
    if kind == "code":
        text = "\n".join(line.rstrip() for line in text.split("\n"))
    level = 0
    if kind == "heading":
        rank = element.get("rend", element.tag)
        level = int(rank[1]) if rank[1:2].isdigit() else 2
    if text.strip():
        yield Block(tidy_lines(text) if kind == "caption" else text, kind=kind, level=level)


def _table(table: Any) -> Iterator[Block]:
    header: list[str] = []
    for number, row in enumerate(table.iter("tr", "row")):
        cells = [one_line(" ".join(cell.itertext())) for cell in row.iter("td", "th", "cell")]
        heads = [c for c in row.iter("th", "cell") if c.tag == "th" or c.get("role") == "head"]
        if number == 0 and (len(heads) == len(cells) or len(cells) > 1):
            header = cells
            text = " | ".join(filter(None, cells))
        else:
            text = table_row(header, cells)
        if text:
            yield Block(text, kind="table_row")


def _facts(tree: Any) -> dict[str, list[str]]:
    """What the page's meta elements and JSON-LD say, by lower-case name."""
    facts: dict[str, list[str]] = {}
    for meta in list(tree.iter("meta"))[:500]:
        name = (meta.get("name") or meta.get("property") or "").lower()
        value = one_line(meta.get("content") or "")
        if name and value:
            facts.setdefault(name, []).append(value)
    for script in tree.xpath("//script[@type='application/ld+json']")[:10]:
        for name, value in _linked_facts(script.text or ""):
            facts.setdefault(name, []).append(value)
    return facts


def _linked_facts(text: str) -> Iterator[tuple[str, str]]:
    try:
        loaded = json.loads(text[:200_000])
    except (ValueError, RecursionError):
        return
    for item in loaded if isinstance(loaded, list) else [loaded]:
        if not isinstance(item, dict):
            continue
        yield from (("date", str(item[key])) for key in ("datePublished",) if item.get(key))
        people = item.get("author")
        for person in people if isinstance(people, list) else [people]:
            name = person.get("name") if isinstance(person, dict) else person
            if isinstance(name, str):
                yield "author", one_line(name)


def _values(facts: dict[str, list[str]], names: tuple[str, ...]) -> list[str]:
    return [value for name in names for value in facts.get(name, [])]


def _authors(facts: dict[str, list[str]]) -> tuple[str, ...]:
    for name in _AUTHORS:
        found = [a for value in facts.get(name, []) for a in metadata.split_authors(value)]
        people = [author for author in found if not author.startswith(("http", "@"))]
        if people:
            return tuple(dict.fromkeys(people))
    return ()


def _address(link: str) -> str:
    return one_line(link)[:1000] if link.lower().startswith(("https://", "http://")) else ""
