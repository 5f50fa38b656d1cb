"""How evidence is written on a page. The only mark_safe of the project is here."""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from html import escape, unescape
from typing import Any

from django import template
from django.utils.safestring import SafeString, mark_safe

register = template.Library()

_MARK = re.compile(r"(</?mark>)")
_KIND_NAMES = {
    "text": "Text",
    "page": "Page",
    "image": "Picture",
    "video": "Video",
    "audio": "Recording",
}
_SUPPORT_NAMES = {
    "quoted": "Quoted word for word",
    "supported": "Supported by the source",
    "weak": "Weakly supported",
    "none": "Not supported",
}
_STATE_NAMES = {
    "received": "Waiting",
    "parsed": "Read",
    "chunked": "Cut into passages",
    "encoded": "Encoded",
    "searchable": "Searchable",
    "partial": "Searchable, with gaps",
    "failed": "Failed",
}
_SIGNAL_NAMES = {
    "bm25": "Words",
    "dense": "Meaning",
    "binary": "Meaning",
    "matryoshka": "Meaning",
    "narrow": "Meaning",
    "sparse": "Weighted words",
    "multi": "Meaning, word for word",
    "image:details": "Details of the picture",
}
_MEDIUM_NAMES = {"image": "a picture", "clip": "a clip", "audio": "a sound"}
_MODALITY_NAMES = {
    "text": "written text",
    "image": "words read in a picture",
    "audio": "words that were heard",
    "video": "moving pictures",
}
_OFFICE = "application/vnd.openxmlformats-officedocument."
_FORMAT_NAMES = {
    "application/pdf": "PDF",
    f"{_OFFICE}wordprocessingml.document": "Word",
    f"{_OFFICE}spreadsheetml.sheet": "Excel",
    f"{_OFFICE}presentationml.presentation": "PowerPoint",
    "application/zip": "ZIP archive",
    "application/json": "JSON",
    "application/epub+zip": "EPUB",
    "application/xml": "XML",
    "text/plain": "Text",
    "text/html": "HTML",
    "text/markdown": "Markdown",
    "text/csv": "CSV table",
    "text/tab-separated-values": "TSV table",
    "text/x-python": "Python code",
    "text/vtt": "Subtitles",
    "application/x-subrip": "Subtitles",
    "application/x-bibtex": "BibTeX",
    "application/x-research-info-systems": "RIS",
    "application/vnd.citationstyles.csl+json": "CSL-JSON",
    "image/jpeg": "JPEG picture",
    "image/png": "PNG picture",
    "image/svg+xml": "SVG drawing",
    "video/mp4": "MP4 video",
    "video/webm": "WebM video",
    "audio/mpeg": "MP3 sound",
    "audio/wav": "WAV sound",
    "audio/flac": "FLAC sound",
    "audio/ogg": "Ogg sound",
}
_JSON_ESCAPES = {ord("<"): "\\u003C", ord(">"): "\\u003E", ord("&"): "\\u0026"}


@register.simple_tag
def timestamp(seconds: float | None) -> str:
    """Seconds as a player writes them: 12:41, or 1:02:03 from an hour on."""
    if seconds is None:
        return ""
    minutes, second = divmod(int(max(seconds, 0)), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{second:02}" if hours else f"{minutes}:{second:02}"


@register.simple_tag
def time_span(start_s: float | None, end_s: float | None) -> str:
    """From–to, or one time when both are the same."""
    begin, end = timestamp(start_s), timestamp(end_s)
    return begin if not end or begin == end else f"{begin}–{end}"


@register.simple_tag
def duration(start_s: float | None, end_s: float | None = None) -> str:
    """ISO 8601, for <time datetime> and schema.org: PT761S."""
    length = (end_s - (start_s or 0)) if end_s is not None else (start_s or 0)
    return f"PT{max(length, 0):g}S"


@register.simple_tag
def highlight(text: str, spans: Iterable[tuple[int, int]] = ()) -> SafeString:
    """The text, escaped, with characters start:end of each span in <mark>."""
    parts, position = [], 0
    for start, end in sorted(spans):
        begin = max(position, start)
        if begin >= min(end, len(text)):
            continue
        parts.append(escape(text[position:begin]))
        parts.append(f"<mark>{escape(text[begin:end])}</mark>")
        position = min(end, len(text))
    parts.append(escape(text[position:]))
    return mark_safe("".join(parts))  # noqa: S308 - every part was escaped above


@register.filter
def snippet(marked: str) -> SafeString:
    """A snippet with its marks. Whatever else it holds is shown as text, not obeyed."""
    parts, is_open = [], False
    for part in _MARK.split(marked or ""):
        if part == "<mark>":
            parts.append("" if is_open else part)
            is_open = True
        elif part == "</mark>":
            parts.append(part if is_open else "")
            is_open = False
        else:
            parts.append(escape(unescape(part)))
    return mark_safe("".join(parts) + ("</mark>" if is_open else ""))  # noqa: S308 - escaped above


@register.simple_tag
def json_ld(value: Mapping[str, Any] | list[Any]) -> SafeString:
    """JSON for inside a script element: nothing in it can end the element."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return mark_safe(text.translate(_JSON_ESCAPES))  # noqa: S308 - no angle bracket is left


@register.filter
def kind_name(kind: str) -> str:
    return _KIND_NAMES.get(kind, kind.capitalize())


@register.filter
def support_name(support: str) -> str:
    return _SUPPORT_NAMES.get(support, support)


@register.filter
def state_name(state: str) -> str:
    return _STATE_NAMES.get(state, state)


@register.filter
def signal_name(retriever: str) -> str:
    """What a retriever goes by, as a reader would say it."""
    return _SIGNAL_NAMES.get(retriever, retriever)


@register.filter
def modality_name(modality: str) -> str:
    """Where the words of a match stand."""
    return _MODALITY_NAMES.get(modality, modality)


@register.filter
def percent(share: float) -> str:
    return f"{round(100 * (share or 0))} %"


@register.filter
def format_name(media_type: str) -> str:
    """The media type in the words of a reader; rare ones as they are."""
    return _FORMAT_NAMES.get(media_type, media_type)


@register.filter
def medium_name(medium: str) -> str:
    """A file that was asked with, in a sentence."""
    return _MEDIUM_NAMES.get(medium, "a file")


@register.filter
def asked_name(media: Sequence[Mapping[str, Any]]) -> str:
    """The heading of a question without words."""
    named = _MEDIUM_NAMES.get(media[0]["medium"], "a file") if media else "a picture"
    return f"Your {named.removeprefix('a ')}"
