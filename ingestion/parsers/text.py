"""Plain text in any encoding: paragraphs as they stand."""

import re
from collections.abc import Iterator

from charset_normalizer import from_bytes

from ingestion.parsers import metadata, signatures
from ingestion.parsers.base import Parser, capped, read_bytes
from ingestion.parsers.cleaning import clean_text, shown
from ingestion.types import Block, Limits, Parsed, ParseRequest

_SAMPLE = 128 * 1024
_LONGEST = 20_000  # a paragraph beyond this is cut at white space
_CODE_PAGES = [
    "cp1252", "cp1250", "cp1251", "cp1253", "cp1254", "cp1255", "cp1256", "koi8_r", "shift_jis",
    "euc_jp", "gb18030", "big5", "euc_kr",
]  # fmt: skip
_BLANK = re.compile(r"\n[ \t]*\n\s*")


class TextParser(Parser):
    """Paragraphs divided by blank lines; their own line breaks are kept."""

    accepts = frozenset({"text/plain", "text/x-tex"})

    def parse(self, request: ParseRequest, limits: Limits) -> Parsed:
        """The text with its language; its title is the file name."""
        text = clean_text(decode(read_bytes(request, limits)))
        notices: list[str] = []
        blocks = capped((Block(piece) for piece in paragraphs(text)), limits, notices)
        if not blocks:
            notices.append(f"{shown(request.filename)} holds no text.")
        return Parsed(
            media_type=request.media_type,
            title=metadata.title_from_name(request.filename),
            doi=metadata.find_doi(text[:2000]),
            language=metadata.detect_language(text),
            blocks=blocks,
            notices=tuple(notices),
        )


def decode(raw: bytes) -> str:
    """Bytes as text: by byte order mark, as UTF-8, or by the likeliest code page."""
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        pass
    if raw[:2] in {b"\xff\xfe", b"\xfe\xff"} or b"\x00" in raw[:_SAMPLE]:
        text = signatures.as_text(raw)
        if text is not None:
            return text
    if _is_nearly_utf8(raw):
        return raw.decode("utf-8", "replace")
    if sum(byte >= 0x80 for byte in raw[:_SAMPLE]) < 20:
        return raw.decode("cp1252", "replace")  # too little to guess by
    best = from_bytes(raw[:_SAMPLE], cp_isolation=_CODE_PAGES).best()
    return raw.decode(best.encoding if best else "cp1252", "replace")


def _is_nearly_utf8(raw: bytes) -> bool:
    """Broken here and there, but UTF-8 sequences outnumber what is broken."""
    text = raw[:_SAMPLE].decode("utf-8", "replace")
    broken = text.count("\ufffd")
    return 0 < broken < 0.2 * sum(character > "\x7f" for character in text)


def paragraphs(text: str) -> Iterator[str]:
    """Pieces between blank lines, none longer than 20,000 characters."""
    for piece in _BLANK.split(text):
        whole = piece.strip("\n").rstrip()
        start = 0
        while len(whole) - start > _LONGEST:
            last = max(whole.rfind(blank, start, start + _LONGEST) for blank in ("\n", " "))
            cut = last if last > start + _LONGEST // 2 else start + _LONGEST
            yield whole[start:cut]
            start = cut
            while whole[start] in "\n ":
                start += 1
        if whole[start:].strip():
            yield whole[start:]
