"""From quoted characters to the place they open: page and boxes, seconds, characters."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from search.generators.base import Drafted, Quote
from search.generators.sentences import sentence_spans
from search.generators.terms import content_terms, stems
from search.types import Anchor, Box, Candidate, Citation, Evidence, Locator, View, is_figure

_SINGLE_BREAK = re.compile(r"(?<!\n)\n(?!\n)")
_READINGS = {
    "ocr": "read by OCR",
    "transcript": "transcribed by a machine",
    "caption": "described by a machine",
}

Cited = tuple[Drafted, tuple[Citation, ...]]


def cite(drafted: Sequence[Drafted], evidence: Sequence[Evidence]) -> list[Cited]:
    """Each sentence with its citations, markers 1, 2, … in the order of first use.

    One marker for each different quote. Labels that are not in the evidence and characters that
    are not in the passage are left out; a label without a quote gets the sentence of its passage
    that shares most words with the text.
    """
    by_label = {piece.label: piece.candidate for piece in evidence}
    kept: dict[tuple[int, int, int], Citation] = {}
    found: list[Cited] = []
    for sentence in drafted:
        own: list[Citation] = []
        for quote in _quotes(sentence, by_label):
            candidate = by_label[quote.label]
            key = (candidate.passage_id, quote.start, quote.end)
            if key not in kept:
                kept[key] = citation(len(kept) + 1, candidate, quote.start, quote.end)
            if kept[key] not in own:
                own.append(kept[key])
        found.append((sentence, tuple(own)))
    return found


def renumber(cited: Sequence[Cited]) -> list[Cited]:
    """The same with markers 1, 2, … again, after sentences were dropped."""
    markers: dict[int, int] = {}
    for _, citations in cited:
        for one in citations:
            markers.setdefault(one.marker, len(markers) + 1)
    return [(s, tuple(replace(c, marker=markers[c.marker]) for c in cs)) for s, cs in cited]


def citation(marker: int, candidate: Candidate, start: int, end: int) -> Citation:
    """Characters ``start:end`` of a passage as evidence."""
    return Citation(
        marker=marker,
        passage_id=candidate.passage_id,
        quote=candidate.text[start:end],
        start=start,
        end=end,
        locator=locate(candidate, start, end),
        candidate=candidate,
    )


def locate(candidate: Candidate, start: int, end: int) -> Locator:
    """Where characters ``start:end`` of the passage stand.

    A line's box is cut to the part its quoted characters take, as if all were equally wide. Sound
    opens where the first quoted cue begins. What the passage has no anchors for it says as a whole.
    """
    whole = candidate.locator
    touched = [a for a in candidate.anchors if a.start < end and start < a.end]
    boxes = tuple(box for a in touched if (box := _cut(a, start, end)) is not None)
    begins = [a.start_s for a in touched if a.start_s is not None]
    ends = [a.end_s for a in touched if a.end_s is not None]
    return Locator(
        page=whole.page,
        page_label=whole.page_label,
        boxes=(*_figure(candidate), *boxes) or whole.boxes,
        start_s=min(begins, default=whole.start_s),
        end_s=max(ends, default=whole.end_s),
        chars=_document_chars(candidate, start, end),
    )


def _figure(candidate: Candidate) -> tuple[Box, ...]:
    """The figure whose caption is quoted, which is to be seen with its words."""
    boxes = candidate.locator.boxes
    return boxes[:1] if is_figure(candidate.kind, candidate.locator.page) else ()


def how_read(candidate: Candidate, start: int, end: int) -> str:
    """How a machine came to these characters, or nothing when they are the author's own."""
    for view in candidate.views:
        if view.origin == "derived" and view.start < end and start < view.end:
            return _how(view)
    return ""


def _how(view: View) -> str:
    return _READINGS.get(view.name, f"derived ({view.name})")


def _quotes(sentence: Drafted, by_label: dict[int, Candidate]) -> Iterator[Quote]:
    for quote in sentence.quotes:
        candidate = by_label.get(quote.label)
        if candidate and 0 <= quote.start < quote.end <= len(candidate.text):
            yield quote
    if sentence.quotes:
        return
    for label in sentence.labels:
        candidate = by_label.get(label)
        nearest = _nearest(label, candidate, sentence.text) if candidate else None
        if nearest:
            yield nearest


def _nearest(label: int, candidate: Candidate, text: str) -> Quote | None:
    """The sentence of a passage that shares most words with a text."""
    language = candidate.source.language or "en"
    wanted = stems(content_terms(text, language))
    best, most = None, 0.0
    for span in sentence_spans(candidate.text):
        here = stems(content_terms(candidate.text[span.start : span.end], language))
        shared = len(wanted & here) / (len(here) ** 0.25 or 1)
        if shared > most:
            best, most = Quote(label, span.start, span.end), shared
    return best


def _cut(anchor: Anchor, start: int, end: int) -> Box | None:
    if anchor.box is None or anchor.end <= anchor.start:
        return None
    x, y, width, height = anchor.box
    per_character = width / (anchor.end - anchor.start)
    first, last = max(start, anchor.start) - anchor.start, min(end, anchor.end) - anchor.start
    left, right = _fraction(x + per_character * first), _fraction(x + per_character * last)
    top, bottom = _fraction(y), _fraction(y + height)
    if right <= left or bottom <= top:
        return None
    return (left, top, _fraction(right - left), _fraction(bottom - top))


def _fraction(value: float) -> float:
    return round(min(max(value, 0.0), 1.0), 5)


def _document_chars(candidate: Candidate, start: int, end: int) -> tuple[int, int] | None:
    """The same characters counted in the document's text; None where they cannot be counted.

    The document joins its blocks by a blank line; a passage joins rows and cues by one break. When
    the passage is shorter than its place by exactly its single breaks, each of them stands for two.
    """
    if candidate.locator.chars is None:
        return None
    first, last = candidate.locator.chars
    missing = (last - first) - len(candidate.text)
    if missing == 0:
        return (first + start, first + end)
    breaks = [match.start() for match in _SINGLE_BREAK.finditer(candidate.text)]
    if missing != len(breaks):
        return None
    return (
        first + start + sum(b < start for b in breaks),
        first + end + sum(b < end for b in breaks),
    )
