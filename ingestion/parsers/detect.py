"""What a file is, by its content; the name only chooses among kinds of text."""

import re
import zipfile
from pathlib import PurePosixPath

from ingestion.errors import IngestError, UnsupportedFormatError
from ingestion.parsers import signatures
from ingestion.parsers.cleaning import shown

WE_READ = (
    "We read PDF, Word, PowerPoint, Excel, EPUB, HTML, Markdown, text, source code, CSV, JSON, "
    "BibTeX, RIS, SVG, subtitles, ZIP and TAR, pictures, video and sound."
)
_HEAD = 64 * 1024
_OOXML = "application/vnd.openxmlformats-officedocument"
_PARTS = (
    ("word/", f"{_OOXML}.wordprocessingml.document"),
    ("ppt/", f"{_OOXML}.presentationml.presentation"),
    ("xl/", f"{_OOXML}.spreadsheetml.sheet"),
)
_HTML = re.compile(
    r"<(!doctype\s+html|html|head|body|title|meta|article|table|div|p|h1)[\s>]", re.I
)
_PDF = re.compile(rb"(?:^|[\r\n])%PDF-\d")
_SVG = re.compile(r"<(?:\w+:)?svg[\s>]")
_BIBTEX = re.compile(
    r"^\s*@(article|book|inproceedings|incollection|inbook|misc|techreport|phdthesis|"
    r"mastersthesis|proceedings|online|unpublished|string|comment|preamble)\s*[{(]",
    re.I | re.M,
)
_CSL = re.compile(
    r'"type"\s*:\s*"(article|article-journal|article-magazine|article-newspaper|book|chapter|'
    r'dataset|paper-conference|report|thesis|webpage|post-weblog|software)"'
)
_SRT = re.compile(r"\A\s*\d+\s*\n\d{1,2}:\d\d:\d\d[,.]\d{1,3}\s*-->")
_OPENINGS = (
    ("WEBVTT", "text/vtt"),
    ("[Script Info]", "text/x-ssa"),
    ("TY  - ", "application/x-research-info-systems"),
)


def media_type(path: str, filename: str) -> str:
    """The media type of a file's content.

    Raises:
        UnsupportedFormatError: no format we read, with the reason and what would help.
        IngestError: the file is empty.
    """
    with open(path, "rb") as stream:
        head = stream.read(_HEAD)
    if not head:
        raise IngestError(f"{shown(filename)} is empty.")
    refusal = signatures.refused(head)
    if refusal:
        raise UnsupportedFormatError(f"{shown(filename)} {refusal}")
    if head[:4] in {b"PK\x03\x04", b"PK\x05\x06"}:
        return _zip_type(path, filename)
    kind = signatures.by_magic(head)
    if kind:
        return kind
    text = signatures.as_text(head)
    named_pdf = filename.lower().endswith(".pdf")
    if _PDF.search(head[:1024]) or ((text is None or named_pdf) and b"%PDF-" in head[:1024]):
        return "application/pdf"
    if text is None:
        raise UnsupportedFormatError(f"{shown(filename)} is in no format we know. {WE_READ}")
    return _text_type(text, filename)


def _zip_type(path: str, filename: str) -> str:
    try:
        with zipfile.ZipFile(path) as archive:
            names = set(archive.namelist())
            mimetype = archive.read("mimetype")[:80] if _small(archive, "mimetype") else b""
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, ValueError, OSError) as error:
        raise IngestError(
            f"{shown(filename)} is a damaged ZIP or Office file and cannot be opened ({error})."
        ) from error
    if mimetype.startswith(b"application/epub+zip"):
        return "application/epub+zip"
    if mimetype.startswith(b"application/vnd.oasis"):
        raise UnsupportedFormatError(
            f"{shown(filename)} is an OpenDocument file; save it as docx, pptx, xlsx or PDF."
        )
    if "[Content_Types].xml" in names:
        for prefix, kind in _PARTS:
            if any(name.startswith(prefix) for name in names):
                return kind
    return "application/zip"


def _small(archive: zipfile.ZipFile, name: str) -> bool:
    try:
        return archive.getinfo(name).file_size < 200
    except KeyError:
        return False


def _text_type(text: str, filename: str) -> str:
    suffix = PurePosixPath(filename.replace("\\", "/")).suffix.lower()
    start = text.lstrip("\ufeff \t\r\n")
    marked = _marked_text(start, text, suffix)
    if marked:
        return marked
    if suffix in signatures.BY_SUFFIX:
        return signatures.BY_SUFFIX[suffix]
    if suffix in signatures.BINARY_SUFFIXES:
        raise UnsupportedFormatError(
            f"{shown(filename)} is no {suffix[1:].upper()} file: its content is plain text. "
            "If it is meant as text, give it the ending .txt."
        )
    if start.startswith("#!"):
        return "text/x-shellscript" if "sh" in start.split("\n", 1)[0] else "text/x-python"
    return "text/plain"


def _marked_text(start: str, text: str, suffix: str) -> str:
    """Kinds of text that announce themselves."""
    for opening, kind in _OPENINGS:
        if start.startswith(opening):
            return kind
    if _SRT.match(start.replace("\r", "")):
        return "application/x-subrip"
    if start.startswith("<"):
        return _markup_type(start, suffix)
    if start[:1] in {"{", "["} and suffix in {".json", ".csl", ""} and _CSL.search(text):
        return "application/vnd.citationstyles.csl+json"
    if suffix in {".bib", ".bibtex", ".txt", ""} and _BIBTEX.search(start[:4096]):
        return "application/x-bibtex"
    return ""


def _markup_type(start: str, suffix: str) -> str:
    if suffix in {".md", ".markdown", ".php", ".vue", ".jsx", ".tsx"}:
        return ""
    html = _HTML.search(start[:1024])
    svg = _SVG.search(start[:4096])
    if svg and not (html and html.start() < svg.start()):
        return "image/svg+xml"
    if html or suffix in {".html", ".htm", ".xhtml"}:
        return "text/html"
    return "application/xml" if start.startswith("<?xml") or suffix == ".xml" else ""
