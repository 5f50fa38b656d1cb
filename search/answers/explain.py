"""Why a hit stands where it stands: shares of its signals, of what was read, of what was heard."""

from collections import Counter
from collections.abc import Iterable, Mapping

from search.fusion import shares
from search.generators.terms import content_terms, guess_language, stems, terms
from search.types import Candidate, Hit, Modality, View

_MODALITY_OF_VIEW = {
    "ocr": Modality.IMAGE,
    "transcript": Modality.AUDIO,
    "caption": Modality.TEXT,
    "text": Modality.TEXT,
}
_MODALITIES = ("image", "video", "audio")


def signal_shares(candidate: Candidate) -> dict[str, float]:
    """How much of the score each retriever gave; not negative, summing to 1."""
    return shares(Hit(candidate.passage_id, candidate.score, candidate.signals))


def modality_shares(candidate: Candidate, question: str) -> dict[str, float]:
    """What the match rests on, summing to 1: author's text, words read in a picture, words heard.

    A retriever that looks or listens itself (its name begins with image, video or audio) counts
    for its own modality; the others read words, which count for where those words come from.
    """
    read = _words_by_modality(candidate, question)
    found: dict[str, float] = {}
    for name, share in (signal_shares(candidate) or {"": 1.0}).items():
        own = next((m for m in _MODALITIES if name.startswith(m)), "")
        for modality, part in ({own: 1.0} if own else read).items():
            found[modality] = found.get(modality, 0.0) + share * part
    return found


def mean_shares(several: Iterable[Mapping[str, float]]) -> dict[str, float]:
    """The average of several shares, again summing to 1."""
    total: dict[str, float] = {}
    count = 0
    for one in several:
        count += 1
        for name, share in one.items():
            total[name] = total.get(name, 0.0) + share
    return {name: share / count for name, share in total.items()}


def matched_terms(candidate: Candidate, question: str) -> tuple[str, ...]:
    """The question's words that the passage, its heading or title holds, as they were asked."""
    language = candidate.source.language or guess_language(question)
    held = stems(terms(_full(candidate), language))
    asked = content_terms(question, language) or terms(question, language)
    words = (question[t.start : t.end].casefold() for t in asked if t.stem in held)
    return tuple(dict.fromkeys(words))


def confidence_of(candidate: Candidate, question: str) -> float:
    """0..1: how much of the question the hit holds, by words and, if known, by meaning.

    The mean of the share of the question's words found and the cosine, where a retriever gives
    one. Not calibrated: it orders hits, and is no probability.
    """
    language = candidate.source.language or guess_language(question)
    asked = stems(content_terms(question, language) or terms(question, language))
    held = stems(terms(_full(candidate), language))
    covered = len(asked & held) / len(asked) if asked else 0.0
    cosines = [s.raw for name, s in candidate.signals.items() if name.startswith("dense")]
    if not cosines:
        return round(covered, 4)
    near = min(max(cosines[0], 0.0), 1.0)
    return round((covered + near) / 2 if asked else near, 4)


def _full(candidate: Candidate) -> str:
    return f"{candidate.source.title}\n{candidate.heading}\n{candidate.text}"


def _words_by_modality(candidate: Candidate, question: str) -> dict[str, float]:
    """Where the matched words stand; where none matches, all words; without words, the kind."""
    language = candidate.source.language or guess_language(question)
    asked = stems(content_terms(question, language))
    here = terms(candidate.text, language)
    matched = [t for t in here if t.stem in asked] or here
    count = Counter(_modality_at(candidate.views, t.start) for t in matched)
    if not count:
        kind = Modality.TEXT if candidate.kind == Modality.PAGE else candidate.kind
        return {kind.value: 1.0}
    return {modality: number / count.total() for modality, number in count.items()}


def _modality_at(views: Iterable[View], position: int) -> str:
    for view in views:
        if view.start <= position < view.end:
            return _MODALITY_OF_VIEW.get(view.name, Modality.TEXT).value
    return Modality.TEXT.value
