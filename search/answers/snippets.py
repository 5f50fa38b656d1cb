"""A few words of a passage around what was asked, safe to show in a page."""

import re
from collections.abc import Sequence
from html import escape

from search.generators.terms import Term, content_terms, guess_language, stems, terms
from search.types import Candidate

LENGTH = 280  # characters of text, marks not counted
MOST_MARKS = 300
_UNSEEN = re.compile(
    r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff\ud800-\udfff]"
)


def snippet(candidate: Candidate, question: str, *, length: int = LENGTH) -> str:
    """The stretch of the passage that holds most of the question's words, as HTML.

    Everything is escaped; the only tag is <mark>. A passage without words shows its heading.
    """
    text = candidate.text if candidate.text.strip() else candidate.heading
    language = candidate.source.language or guess_language(question)
    asked = stems(content_terms(question, language) or terms(question, language))
    found = [t for t in terms(text, language) if t.stem in asked][:MOST_MARKS]
    start, end = _window(text, found, length)
    parts = [] if start == 0 else ["… "]
    position = start
    for term in found:
        if term.start < position or term.end > end:
            continue
        parts += [_safe(text[position : term.start])]
        parts += ["<mark>", _safe(text[term.start : term.end]), "</mark>"]
        position = term.end
    parts += [_safe(text[position:end]), "" if end >= len(text) else " …"]
    return re.sub(r"\s+", " ", "".join(parts)).strip()


def _safe(text: str) -> str:
    return escape(_UNSEEN.sub("", text), quote=True)


def _window(text: str, found: Sequence[Term], length: int) -> tuple[int, int]:
    """Start and end of the best stretch, between words."""
    if len(text) <= length:
        return 0, len(text)
    best, most = 0, (0, 0)
    for first in found:
        inside = [t for t in found if first.start <= t.start and t.end <= first.start + length]
        worth = (len({t.stem for t in inside}), len(inside))
        if worth > most:
            spare = length - (inside[-1].end - first.start)
            best, most = max(0, first.start - min(spare // 2, 80)), worth
    start = min(best, len(text) - length)
    end = min(len(text), start + length)
    return _after_space(text, start), _before_space(text, end)


def _after_space(text: str, at: int) -> int:
    if at == 0:
        return 0
    space = re.compile(r"\s").search(text, at, at + 30)
    return space.end() if space else at


def _before_space(text: str, at: int) -> int:
    if at >= len(text):
        return len(text)
    space = max(text.rfind(" ", at - 30, at), text.rfind("\n", at - 30, at))
    return space if space > 0 else at
