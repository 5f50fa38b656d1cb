"""Why a hit stands where it stands: shares of its signals, of what was read, of what was heard."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

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


@dataclass(frozen=True, slots=True)
class TermMatch:
    """A word of the question that the hit holds: how often, and its share of all idf matched."""

    word: str  # as it was asked
    stem: str
    idf: float
    count: int
    share: float


@dataclass(frozen=True, slots=True)
class RetrieverPart:
    """What one retriever said of the hit: rank, raw score, part of the sum, share of it."""

    rank: int
    raw: float
    part: float
    share: float


@dataclass(frozen=True, slots=True)
class Why:
    """Why a hit stands where it stands. Each kind of share sums to 1, if there is anything."""

    terms: tuple[TermMatch, ...]  # the most telling first
    retrievers: Mapping[str, RetrieverPart]
    modalities: Mapping[str, float]


def why(hit: Hit, candidate: Candidate, idf: Mapping[str, float], *, question: str) -> Why:
    """What brought this hit up.

    ``hit`` is the fused one, whose signals explain its place; ``candidate`` is its content. ``idf``
    says how telling the question's stems are in the library; one left out weighs nothing.
    """
    found = shares(hit)
    retrievers = {
        name: RetrieverPart(signal.rank, signal.raw, signal.part, found[name])
        for name, signal in hit.signals.items()
    }
    return Why(
        terms=_term_matches(candidate, question, idf),
        retrievers=retrievers,
        modalities=_modality_shares(found, candidate, question),
    )


def contributions(score: float, without: Mapping[str, float]) -> dict[str, float]:
    """The share of each thing, given what the score would be without it: not negative, sum 1.

    share = max(score - score without it, 0) / sum of these; alike when nothing is missed.
    """
    lost = {name: max(score - other, 0.0) for name, other in without.items()}
    total = sum(lost.values())
    if total <= 0:
        return {name: 1 / len(lost) for name in lost}
    return {name: loss / total for name, loss in lost.items()}


def signal_shares(candidate: Candidate) -> dict[str, float]:
    """How much of the score each retriever gave; not negative, summing to 1."""
    return shares(Hit(candidate.passage_id, candidate.score, candidate.signals))


def modality_shares(candidate: Candidate, question: str) -> dict[str, float]:
    """What the match rests on, summing to 1: author's text, words read in a picture, words heard.

    A retriever that looks or listens itself (its name begins with image, video or audio) counts
    for its own modality; the others read words, which count for where those words come from.
    """
    return _modality_shares(signal_shares(candidate), candidate, question)


def _modality_shares(
    signals: Mapping[str, float], candidate: Candidate, question: str
) -> dict[str, float]:
    read = _words_by_modality(candidate, question)
    found: dict[str, float] = {}
    for name, share in (signals or {"": 1.0}).items():
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


def _term_matches(
    candidate: Candidate, question: str, idf: Mapping[str, float]
) -> tuple[TermMatch, ...]:
    language = candidate.source.language or guess_language(question)
    held = Counter(term.stem for term in terms(_full(candidate), language))
    asked = content_terms(question, language) or terms(question, language)
    words: dict[str, str] = {}
    for term in asked:
        if term.stem in held:
            words.setdefault(term.stem, question[term.start : term.end].casefold())
    weights = {stem: max(idf.get(stem, 0.0), 0.0) for stem in words}
    total = sum(weights.values())
    matches = [
        TermMatch(
            word,
            stem,
            weights[stem],
            held[stem],
            weights[stem] / total if total else 1 / len(words),
        )
        for stem, word in words.items()
    ]
    return tuple(sorted(matches, key=lambda match: (-match.share, match.word)))


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
