"""SVG and other XML: the words between the tags. Nothing is drawn, run or fetched."""

from collections.abc import Iterator
from xml.etree.ElementTree import Element, ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import fromstring

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
        """Blocks of text; entities, external references and scripts are never followed."""
        name = shown(request.filename)
        try:
            root = fromstring(read_bytes(request, limits))
        except DefusedXmlException as error:
            raise IngestError(
                f"{name} defines entities of its own, which can be used to attack a reader; "
                "save it without them."
            ) from error
        except (ParseError, ValueError, LookupError) as error:
            raise IngestError(f"{name} is no valid XML ({error}).") from error
        notices: list[str] = []
        blocks = capped((Block(text) for text in _texts(root)), limits, notices)
        titles = [one_line("".join(e.itertext())) for e in root.iter() if _name(e) in _TITLES]
        if not blocks:
            notices.append(f"{name} holds no text; drawings are not looked at.")
        return Parsed(
            media_type=request.media_type,
            title=metadata.best_title(titles[:1], request.filename),
            blocks=blocks,
            language=metadata.detect_language("\n".join(block.text for block in blocks[:200])),
            notices=tuple(notices),
        )


def _name(element: Element) -> str:
    tag = element.tag
    return tag.rpartition("}")[2].lower() if isinstance(tag, str) else ""


def _texts(root: Element) -> Iterator[str]:
    """The words of each lowest element that holds text directly, with its inline children."""
    pending = [root]
    while pending:
        element = pending.pop()
        if _name(element) in _SILENT:
            continue
        if (element.text or "").strip() or any((child.tail or "").strip() for child in element):
            text = one_line(" ".join(_loud(element)))
            if text:
                yield text
        else:
            pending.extend(reversed(element))


def _loud(element: Element) -> Iterator[str]:
    stack: list[Element | str] = [element]
    while stack:
        item = stack.pop()
        if isinstance(item, str):
            yield item
        elif _name(item) not in _SILENT:
            for child in reversed(item):
                stack += [child.tail or "", child]
            stack.append(item.text or "")
