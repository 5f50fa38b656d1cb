"""From bytes to ``Parsed``: the parser is chosen by what the file contains, not by its name.

A new parser is one file with one class and one entry in the settings; its module is imported only
when a file of its type is met.
"""

import fnmatch
from collections.abc import Sequence
from dataclasses import dataclass, replace
from importlib import import_module

from ingestion.errors import IngestError, TooLargeError, UnsupportedFormatError
from ingestion.parsers.base import Parser, capped
from ingestion.parsers.cleaning import clean_text, one_line, shown
from ingestion.parsers.detect import media_type
from ingestion.types import Block, Limits, Parsed, ParseRequest

_OOXML = "application/vnd.openxmlformats-officedocument"


@dataclass(frozen=True, slots=True)
class ParserEntry:
    """A parser's dotted path, and the media types (with * and ?) worth importing it for.

    Without types the module is imported and asked.
    """

    path: str
    media_types: tuple[str, ...] = ()


DEFAULT_PARSERS: tuple[ParserEntry, ...] = (
    ParserEntry("ingestion.parsers.pdf.PdfParser", ("application/pdf",)),
    ParserEntry("ingestion.parsers.text.TextParser", ("text/plain", "text/x-tex")),
    ParserEntry("ingestion.parsers.markdown.MarkdownParser", ("text/markdown",)),
    ParserEntry("ingestion.parsers.html.HtmlParser", ("text/html", "application/xhtml+xml")),
    ParserEntry("ingestion.parsers.docx.DocxParser", (f"{_OOXML}.wordprocessingml.*",)),
    ParserEntry("ingestion.parsers.pptx.PptxParser", (f"{_OOXML}.presentationml.*",)),
    ParserEntry("ingestion.parsers.xlsx.XlsxParser", (f"{_OOXML}.spreadsheetml.*",)),
    ParserEntry("ingestion.parsers.epub.EpubParser", ("application/epub+zip",)),
    ParserEntry("ingestion.parsers.table.TableParser", ("text/csv", "text/tab-separated-values")),
    ParserEntry(
        "ingestion.parsers.records.RecordsParser",
        (
            "application/x-bibtex",
            "application/x-research-info-systems",
            "application/vnd.citationstyles.csl+json",
        ),
    ),
    ParserEntry("ingestion.parsers.json.JsonParser", ("application/json", "application/jsonl")),
    ParserEntry("ingestion.parsers.xml.XmlParser", ("image/svg+xml", "application/xml")),
    ParserEntry(
        "ingestion.parsers.archive.ArchiveParser",
        (
            "application/zip",
            "application/x-tar",
            "application/gzip",
            "application/x-bzip2",
            "application/x-xz",
        ),
    ),
    ParserEntry("ingestion.parsers.subtitles.SubtitleParser", ("text/vtt", "*subrip*", "*ssa*")),
    ParserEntry("ingestion.parsers.code.CodeParser", ("text/*",)),
    ParserEntry("ingestion.parsers.image.ImageParser", ("image/*",)),
    ParserEntry("ingestion.parsers.video.VideoParser", ("video/*",)),
    ParserEntry("ingestion.parsers.audio.AudioParser", ("audio/*",)),
)


def parse(
    request: ParseRequest,
    limits: Limits,
    parsers: Sequence[ParserEntry | str] = DEFAULT_PARSERS,
) -> Parsed:
    """Read one file with the first parser that accepts what it contains.

    Raises:
        UnsupportedFormatError: no parser reads this.
        IngestError: the file is empty, damaged, locked or over a limit; the sentence says which.
    """
    name = shown(request.filename)
    try:
        kind = media_type(request.path, request.filename)
        parser = parser_for(kind, parsers)
        if parser is None:
            raise UnsupportedFormatError(f"{name} is of type {kind}, which no parser here reads.")
        parsed = parser.parse(replace(request, media_type=kind), limits)
    except MemoryError as error:
        raise TooLargeError(
            f"{name} needs more memory than one file may use; try a smaller version."
        ) from error
    except RecursionError as error:
        raise IngestError(f"{name} is nested too deeply to be read.") from error
    return _safe(parsed, limits)


def parser_for(kind: str, parsers: Sequence[ParserEntry | str]) -> Parser | None:
    """The first parser that accepts the media type, None if there is none.

    Raises:
        IngestError: an entry names no parser.
    """
    for entry in (ParserEntry(item) if isinstance(item, str) else item for item in parsers):
        patterns = entry.media_types
        if patterns and not any(fnmatch.fnmatchcase(kind, pattern) for pattern in patterns):
            continue
        parser = _load(entry.path)
        if kind in parser.accepts:
            return parser
    return None


def _load(path: str) -> Parser:
    module, _, name = path.rpartition(".")
    try:
        parser: Parser = getattr(import_module(module), name)()
    except (ImportError, AttributeError, ValueError) as error:
        raise IngestError(
            f"The parser {path} cannot be loaded ({error}); correct its entry in PARSERS."
        ) from error
    return parser


def _safe(parsed: Parsed, limits: Limits) -> Parsed:
    """The last net: clean short fields, text that can be stored, within the limit."""
    notices = [one_line(notice) for notice in parsed.notices]
    blocks = capped((_clean(block) for block in parsed.blocks), limits, notices)
    return replace(
        parsed,
        title=one_line(parsed.title)[:500],
        authors=tuple(one_line(author)[:200] for author in parsed.authors[:200]),
        blocks=blocks,
        notices=tuple(dict.fromkeys(notices)),
    )


def _clean(block: Block) -> Block:
    text = clean_text(block.text)
    if text == block.text:
        return block
    # Anchors count characters of the text as the parser wrote it: they no longer fit.
    return replace(block, text=text, anchors=())
