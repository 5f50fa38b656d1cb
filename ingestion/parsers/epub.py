"""Electronic books: their chapters in the order of the spine."""

import posixpath
import zipfile
from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote

from lxml import etree

from ingestion.errors import IngestError
from ingestion.parsers import metadata
from ingestion.parsers.base import Parser, capped
from ingestion.parsers.cleaning import one_line, shown
from ingestion.parsers.html import drop_hidden, html_blocks, html_text, parsed_tree
from ingestion.parsers.zip_safety import BROKEN, check_office, open_zip
from ingestion.types import Block, Limits, Parsed, ParseRequest

_BROKEN = (*BROKEN, KeyError, etree.XMLSyntaxError)
_CONTAINER = "META-INF/container.xml"


class EpubParser(Parser):
    """The text of every chapter; a locked or damaged one leaves a notice."""

    accepts = frozenset({"application/epub+zip"})

    def parse(self, request: ParseRequest, limits: Limits) -> Parsed:
        """Blocks in reading order with title, authors and date from the package.

        Raises:
            TooLargeError: it unpacks to more than an honest book does.
            IngestError: damaged, or without a readable chapter.
        """
        check_office(request, limits)
        notices: list[str] = []
        try:
            with open_zip(request) as book:
                root = _package_name(book)
                package = _xml(book, root)
                chapters = _chapters(package, posixpath.dirname(root))[: limits.pages]
                blocks = [b for name in chapters for b in _chapter(book, name, notices)]
        except _BROKEN as error:
            raise IngestError(
                f"{shown(request.filename)} is a damaged book ({type(error).__name__})."
            ) from error
        if not blocks:
            raise IngestError(f"{shown(request.filename)} is a book without a readable chapter.")
        first = "\n".join(block.text for block in blocks[:100])
        return Parsed(
            media_type=request.media_type,
            title=metadata.best_title(_values(package, "title"), request.filename),
            authors=tuple(_values(package, "creator")),
            published=metadata.iso_date(" ".join(_values(package, "date"))),
            licence=" ".join(_values(package, "rights"))[:500],
            doi=metadata.find_doi(" ".join(_values(package, "identifier"))),
            language=metadata.detect_language(first),
            blocks=capped(blocks, limits, notices),
            notices=tuple(notices),
        )


def _xml(book: zipfile.ZipFile, name: str) -> Any:
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
    return etree.fromstring(book.read(name), parser)


def _package_name(book: zipfile.ZipFile) -> str:
    for root in _xml(book, _CONTAINER).iter("{*}rootfile"):
        return str(root.get("full-path"))
    raise KeyError(_CONTAINER)


def _chapters(package: Any, folder: str) -> list[str]:
    """Names of the chapter files inside the book, in reading order."""
    files = {item.get("id"): item.get("href") or "" for item in package.iter("{*}item")}
    order = (files.get(item.get("idref")) for item in package.iter("{*}itemref"))
    return [posixpath.normpath(posixpath.join(folder, unquote(href))) for href in order if href]


def _chapter(book: zipfile.ZipFile, name: str, notices: list[str]) -> Iterator[Block]:
    try:
        tree = parsed_tree(html_text(book.read(name)), name)
    except (*_BROKEN, IngestError):
        notices.append(f"The chapter {shown(posixpath.basename(name))} could not be read.")
        return
    drop_hidden(tree)
    yield from html_blocks(tree, whole=True)


def _values(package: Any, name: str) -> list[str]:
    found = (one_line(element.text or "") for element in package.iter(f"{{*}}{name}"))
    return [value for value in found if value]
