"""Does the cited passage carry the sentence? Works for any writer's text, and fails closed."""

import re
import unicodedata
from collections.abc import Sequence

from search.answers.citations import Cited
from search.generators.terms import content_terms, stems, stopwords, terms
from search.types import Citation, Locator, Support

SUPPORTED_FROM = 0.75  # share of the sentence's content words that the cited passages hold
WEAK_FROM = 0.4

_QUOTES = str.maketrans({"“": '"', "”": '"', "„": '"', "‘": "'", "’": "'", "‚": "'", "\u00ad": ""})
_NUMBER = re.compile(r"\d+(?:[.,:/-]\d+)*")
_MARKERS = re.compile(r"\[\d+\]")
_NAME = re.compile(r"(?<![.!?]\s)(?<!^)\b[^\W\d_a-zß-öø-ÿ][\w'’-]+")
_NEGATION = re.compile(
    r"\b(?:not|no|never|none|neither|nor|without|cannot|nicht|kein\w*|nie|ohne|ne|jamais|sans|nunca"
    r"|sin)\b|n['’]t\b",
    re.IGNORECASE,
)


def normalised(text: str) -> str:
    """A text as quotes are compared: one form of letters, quotes and spaces; case ignored."""
    return " ".join(unicodedata.normalize("NFKC", text).translate(_QUOTES).casefold().split())


def support_of(text: str, citations: Sequence[Citation]) -> Support:
    """How far the cited passages carry a sentence.

    QUOTED: its words stand in one of them exactly. SUPPORTED: nearly all its words do, with every
    number and name. WEAK: many do, or the two differ in a negation. NONE: else, and whenever a
    number or a name of the sentence is in none of them. Word overlap cannot see swapped roles: for
    a writer that does not quote, SUPPORTED is a filter and not a proof.
    """
    sound = [c for c in citations if is_sound(c)]
    plain = _MARKERS.sub("", text)
    forms = [form for form in (normalised(text), normalised(plain)) if form]
    if not sound or not forms:
        return Support.NONE
    passages = [normalised(c.candidate.text) for c in sound]
    if any(form in passage for form in forms for passage in passages):
        return Support.QUOTED
    return _overlap(plain, sound)


def is_sound(citation: Citation) -> bool:
    """Whether quote and place are those of the passage: a citation nobody can have made up."""
    candidate = citation.candidate
    whole, place = candidate.locator, citation.locator
    if citation.passage_id != candidate.passage_id or not citation.quote.strip():
        return False
    if candidate.text[citation.start : citation.end] != citation.quote:
        return False
    return place.page == whole.page and _within(place.start_s, place.end_s, whole)


def verified(cited: Sequence[Cited]) -> list[tuple[Cited, Support]]:
    """The sentences with the state of each; those without a sound citation are dropped."""
    found = []
    for sentence, citations in cited:
        sound = tuple(c for c in citations if is_sound(c))
        if sound:
            found.append(((sentence, sound), support_of(sentence.text, sound)))
    return found


def _within(start_s: float | None, end_s: float | None, whole: Locator) -> bool:
    first, last = whole.start_s, whole.end_s
    if start_s is None or first is None:
        return start_s is None
    return first - 0.5 <= start_s and (end_s is None or last is None or end_s <= last + 0.5)


def _overlap(text: str, citations: Sequence[Citation]) -> Support:
    language = citations[0].candidate.source.language or "en"
    passages = " \n".join(f"{c.candidate.text}" for c in citations)
    held = stems(terms(passages, language))
    if not _facts(text, language) <= held:
        return Support.NONE
    wanted = stems(content_terms(text, language))
    if not wanted:
        return Support.NONE
    share = len(wanted & held) / len(wanted)
    quotes = " ".join(c.quote for c in citations)
    same_sign = bool(_NEGATION.search(text)) == bool(_NEGATION.search(quotes))
    if share >= SUPPORTED_FROM and same_sign:
        return Support.SUPPORTED
    return Support.WEAK if share >= WEAK_FROM else Support.NONE


def _facts(text: str, language: str) -> frozenset[str]:
    """The stems of the numbers and names in a sentence."""
    numbers = " ".join(_NUMBER.findall(text))
    names = " ".join(w for w in _NAME.findall(text) if w.casefold() not in stopwords(language))
    return stems(terms(f"{numbers} {names}", language))
