"""SVG and other XML: the words between the tags. Nothing is drawn, run, expanded or fetched."""

from collections.abc import Iterator
from typing import Any

from lxml import etree

from ingestion.errors import IngestError
from ingestion.parsers import metadata
from ingestion.parsers.base import Parser, capped, read_bytes
from ingestion.parsers.cleaning import one_line, shown
from ingestion.types import Block, Limits, Parsed, ParseRequest

_SILENT = frozenset({"script", "style", "metadata", "filter", "foreignobject", "handler"})
_TITLES = frozenset({"title", "article-title"})


class XmlParser(Parser):
    """The text of every element that holds any, in document order."""

    accepts = frozenset({"image/svg+xml", "application/xml"})

    def parse(self, request: ParseRequest, limits: Limits) -> Parsed:
        """Blocks of text; entities, external references and scripts are never followed.

        Raises:
            IngestError: not even a part of it is XML.
        """
        name = shown(request.filename)
        notices: list[str] = []
        root = _root(read_bytes(request, limits), name, notices)
        blocks = capped((Block(text) for text in _texts(root)), limits, notices)
        titles = (one_line(" ".join(_loud(e))) for e in _elements(root) if _name(e) in _TITLES)
        if not blocks:
            notices.append(f"{name} holds no text; drawings are not looked at.")
        return Parsed(
            media_type=request.media_type,
            title=metadata.best_title([next(titles, "")], request.filename),
            blocks=blocks,
            language=metadata.detect_language("\n".join(block.text for block in blocks[:200])),
            notices=tuple(notices),
        )


def _root(content: bytes, name: str, notices: list[str]) -> Any:
    """The root element; a damaged file is read as far as it goes."""
    try:
        return etree.fromstring(content, _reader(recover=False))
    except (etree.XMLSyntaxError, ValueError) as error:
        try:
            root = etree.fromstring(content, _reader(recover=True))
        except (etree.XMLSyntaxError, ValueError):
            root = None
        if root is None:
            raise IngestError(f"{name} is no valid XML ({error}).") from error
        notices.append(f"{name} is damaged ({error}); what could be read was kept.")
        return root


def _reader(*, recover: bool) -> etree.XMLParser:
    return etree.XMLParser(
        recover=recover, resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False
    )


def _elements(root: Any) -> Iterator[Any]:
    return root.iter(etree.Element)


def _name(element: Any) -> str:
    tag = element.tag
    return tag.rpartition("}")[2].lower() if isinstance(tag, str) else ""


def _texts(root: Any) -> Iterator[str]:
    """The words of each lowest element that holds text directly, with its inline children."""
    pending = [root]
    while pending:
        element = pending.pop()
        if not _name(element) or _name(element) in _SILENT:
            continue
        if (element.text or "").strip() or any((child.tail or "").strip() for child in element):
            text = one_line(" ".join(_loud(element)))
            if text:
                yield text
        else:
            pending.extend(reversed(element))


def _loud(element: Any) -> Iterator[str]:
    """All text inside but that of scripts, comments and entities."""
    stack: list[Any] = [element]
    while stack:
        item = stack.pop()
        if isinstance(item, str):
            yield item
        elif _name(item) and _name(item) not in _SILENT:
            for child in reversed(item):
                stack += [child.tail or "", child]
            stack.append(item.text or "")
