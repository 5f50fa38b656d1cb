"""Why a hit stands where it stands: shares of its signals, of what was read, of what was heard."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
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
_BY = {  # retriever -> how it found, in a sentence
    "bm25": "by words",
    "dense": "by meaning",
    "sparse": "by weighted words",
    "multi": "word for word by meaning",
    "binary": "by meaning",
    "matryoshka": "by meaning",
    "narrow": "by meaning",
    "image:details": "by the details of the picture",
}
CONDITION = "condition "  # how what a retriever said of one condition goes on, behind " by "
_MOST_WORDS = 4  # words that a sentence names


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
    asked: int  # how many different words the question has
    retrievers: Mapping[str, RetrieverPart]
    modalities: Mapping[str, float]


def why(candidate: Candidate, idf: Mapping[str, float], *, question: str) -> Why:
    """What brought this hit up.

    ``idf`` says how telling the question's stems are in the library; one left out weighs nothing.
    """
    found = signal_shares(candidate)
    retrievers = {
        name: RetrieverPart(signal.rank, signal.raw, signal.part, found[name])
        for name, signal in candidate.signals.items()
    }
    terms, asked = _term_matches(candidate, question, idf)
    return Why(
        terms=terms,
        asked=asked,
        retrievers=retrievers,
        modalities=_modality_shares(found, candidate, question),
    )


def sentence(found: Why) -> str:
    """The same in plain words: which words it holds, and how it was found."""
    parts = [_words_said(found), _ranks_said(found)]
    return " ".join(part for part in parts if part)


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

    A retriever that looks or listens itself (its name begins with image, video or audio), or reads
    beside one that does ("text:"), counts for its own modality; the others read words, which count
    for where those words come from.
    """
    return _modality_shares(signal_shares(candidate), candidate, question)


def _modality_shares(
    signals: Mapping[str, float], candidate: Candidate, question: str
) -> dict[str, float]:
    read = _words_by_modality(candidate, question)
    found: dict[str, float] = {}
    for name, share in (signals or {"": 1.0}).items():
        own = next((m for m in _MODALITIES if name.startswith(m)), "")
        own = Modality.TEXT.value if name.startswith(f"{Modality.TEXT}:") else own
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


def _words_said(found: Why) -> str:
    if not found.asked:
        return ""
    if not found.terms:
        return "Holds none of the words asked for."
    named = ", ".join(term.word for term in found.terms[:_MOST_WORDS])
    more = len(found.terms) - _MOST_WORDS
    named += f" and {more} more" if more > 0 else ""
    if found.asked == 1:
        return f"Holds the word asked for: {named}."
    count = "all" if len(found.terms) == found.asked else f"{len(found.terms)} of"
    return f"Holds {count} {found.asked} words asked for: {named}."


def _ranks_said(found: Why) -> str:
    """The retrievers by their share, those that say nothing left out."""
    several = sorted(found.retrievers.items(), key=lambda entry: -entry[1].share)
    said = [
        f"{_ordinal(part.rank)} {_by(name)}"
        + (f" ({round(100 * part.share)} % of the score)" if len(several) > 1 else "")
        for name, part in several
    ]
    return f"Ranked {_listed(said)}." if said else ""


def _by(name: str) -> str:
    """A retriever or reranker as the end of a sentence; "bm25 by decompose 1" asked another."""
    first, _, origin = name.partition(" by ")
    spoken = _BY.get(first, f"by {first}")
    if origin.startswith("the picture"):
        return f"{spoken} of the words in the picture"
    if origin.startswith(CONDITION):
        return f"{spoken} for “{origin.partition(': ')[2]}”"
    if origin.startswith("decompose"):
        return f"{spoken} of a part of the question"
    return f"{spoken} with added words" if origin else spoken


def _ordinal(rank: int) -> str:
    ending = {1: "st", 2: "nd", 3: "rd"}.get(rank % 10, "th")
    return f"{rank}{'th' if rank % 100 in {11, 12, 13} else ending}"


def _listed(words: Sequence[str]) -> str:
    head, last = words[:-1], words[-1]
    return f"{', '.join(head)} and {last}" if head else last


def _term_matches(
    candidate: Candidate, question: str, idf: Mapping[str, float]
) -> tuple[tuple[TermMatch, ...], int]:
    """The words of the question that the hit holds; how many it has at all."""
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
    ranked = sorted(matches, key=lambda match: (-match.share, match.word))
    return tuple(ranked), len({term.stem for term in asked})


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
