"""The evidence read sentence by sentence, and what speaks for each of them."""

import math
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from search.generators.base import Embed
from search.generators.questions import FIGURES, Part, offers
from search.generators.sentences import SentenceSpan, sentence_spans
from search.generators.terms import content_terms, stems
from search.types import Candidate, Evidence

_LONG_ENOUGH = 12  # words from which a line without a full stop is taken for a sentence
EMBEDDED = 12  # so many sentences are compared by meaning: those that words put first

_LONGEST_ENTRY = 500  # characters; a longer line is a paragraph that cites, not a reference
_ENTRY = re.compile(
    r"(?:\[\d+\]|\d+\.|[^\W\d_])[^\n]*\b(?:1[89]|20)\d\d\b[^\n]*"
    r"(?:doi[:.]|arXiv:|ISBN|\bpp?\. ?\d|Proceedings|Proc\.|Press\b|J\. |Retrieved)"
    r"|\[\d+\][^\n]*\b(?:1[89]|20)\d\d\b|@\w+\{|Keywords?:"
)
_FINISHED = re.compile(r"[.!?…。！？:;][\"'”’»)\]]*(?:\[[\d,;–\- a-z]{1,12}\])*$")
_ASKS = re.compile(r"[?？][\"'”’»)\]]*$")

FEATURES = (
    "own",  # share of the question's idf in the sentence itself
    "near",  # the same in the sentences beside it, heading and title, beyond "own"
    "pairs",  # share of the question's neighbouring words that are neighbours here
    "meaning",  # cosine of question and sentence
    "carries",  # holds the kind of thing asked for, times "near": "It was lit in July 1823."
    "lacks",  # a name, place or reason is asked for and it is not here
    "lacks_figure",  # a time, number or measure is asked for and it is not here
    "restates",  # asks or names the question ("how far it is seen") and does not answer it
    "first",  # 1 / rank of the passage
    "prior",  # the passage's score between the worst (0) and the best (1) of the evidence
    "fragment",  # a heading, a lone word: not a finished sentence
    "asks",  # a question itself
    "reference",  # an entry of a bibliography
    "brief",  # fewer than six words
)


@dataclass(frozen=True, slots=True)
class Unit:
    """A sentence, row or line of the evidence."""

    label: int
    span: SentenceSpan
    text: str
    order: tuple[str, ...]  # stems of its content words, in order
    around: frozenset[str]  # stems beside it, in its heading and title
    words: int
    first: float
    prior: float
    spoken: bool = False
    is_reference: bool = False  # part of an entry of a bibliography

    @property
    def stems(self) -> frozenset[str]:
        return frozenset(self.order)


def read(evidence: Sequence[Evidence], language: str) -> list[Unit]:
    """Every sentence of the evidence, in its order."""
    scores = [e.candidate.score for e in evidence]
    low, high = min(scores, default=0.0), max(scores, default=0.0)
    units: list[Unit] = []
    for rank, piece in enumerate(evidence, 1):
        prior = (piece.candidate.score - low) / (high - low) if high > low else 1.0
        units += _units(piece, language, first=1.0 / rank, prior=prior)
    return units


def is_spoken(candidate: Candidate) -> bool:
    """Whether the passage's lines are subtitles."""
    return any(anchor.start_s is not None for anchor in candidate.anchors)


def weigh(units: Sequence[Unit], given: Mapping[str, float] | None = None) -> Mapping[str, float]:
    """How telling each stem is: its idf among the passages, raised to what the library says."""
    passages: dict[int, set[str]] = {}
    for unit in units:
        passages.setdefault(unit.label, set()).update(unit.stems)
    count = Counter(stem for found in passages.values() for stem in found)
    total = len(passages)
    weights = _Weights(
        {s: math.log(1 + (total - n + 0.5) / (n + 0.5)) for s, n in count.items()},
        unseen=math.log(1 + (total + 0.5) / 0.5),
    )
    for stem, weight in (given or {}).items():
        weights[stem] = (weights[stem] + weight) / 2 if stem in count else weight
    weights.unseen = max([weights.unseen, *(given or {}).values()])
    return weights


def features(
    part: Part,
    units: Sequence[Unit],
    weights: Mapping[str, float],
    *,
    language: str = "en",
    embed: Embed | None = None,
) -> NDArray[np.float64]:
    """What speaks for each unit as an answer: (units, FEATURES)."""
    rows = np.array([_row(part, unit, weights, language) for unit in units])  # (units, features)
    if embed is not None and len(units):
        likely = np.argsort(-(rows @ _GLANCE), kind="stable")[:EMBEDDED]
        vectors = embed([part.text, *(units[i].text for i in likely)])
        rows[likely, FEATURES.index("meaning")] = vectors[1:] @ vectors[0]
    return rows


_GLANCE = np.array([1.0, 0.5, 0.3, 0.0, 0.5, -0.2, -0.4, -0.2, 0.5, 0.3, -0.3, -0.5, -0.5, -0.2])


class _Weights(dict[str, float]):
    def __init__(self, known: Mapping[str, float], *, unseen: float) -> None:
        super().__init__(known)
        self.unseen = unseen

    def __missing__(self, stem: str) -> float:
        return self.unseen


def _units(piece: Evidence, language: str, *, first: float, prior: float) -> list[Unit]:
    candidate = piece.candidate
    language = candidate.source.language or language
    spoken = is_spoken(candidate)
    spans = sentence_spans(candidate.text, spoken=spoken)
    texts = [candidate.text[s.start : s.end] for s in spans]
    found = [content_terms(text, language) for text in texts]
    above = stems(content_terms(f"{candidate.heading} {candidate.source.title}", language))
    units = []
    for i, (span, text, words) in enumerate(zip(spans, texts, found, strict=True)):
        beside = [stems(w) for w in found[max(0, i - 1) : i] + found[i + 1 : i + 2]]
        units.append(
            Unit(
                label=piece.label,
                span=span,
                text=" ".join(text.split()),
                order=tuple(term.stem for term in words),
                around=above.union(*beside),
                words=len(text.split()),
                first=first,
                prior=prior,
                spoken=spoken,
                is_reference=_is_reference(candidate.text, span),
            )
        )
    return units


def _row(part: Part, unit: Unit, weights: Mapping[str, float], language: str) -> list[float]:
    asked = part.own | part.borrowed
    own = covered(part, unit.stems, weights)
    near = covered(part, unit.stems | unit.around, weights) - own
    offered = max((offers(kind, unit.text, asked, language) for kind in part.wanted), default=0.0)
    return [
        own,
        near,
        _pairs(part, unit),
        0.0,
        offered * near,
        (1.0 - offered) if part.wanted and not part.wanted & FIGURES else 0.0,
        (1.0 - offered) if part.wanted & FIGURES else 0.0,
        float(_restates(part, unit)),
        unit.first,
        unit.prior,
        float(_is_fragment(unit)),
        float(bool(_ASKS.search(unit.text))),
        float(unit.is_reference),
        float(unit.words < 6),
    ]


def covered(part: Part, found: frozenset[str], weights: Mapping[str, float]) -> float:
    """The share of the part's idf that these stems carry, 0..1; borrowed words count half."""
    total = sum(weights[s] for s in part.own) + 0.5 * sum(weights[s] for s in part.borrowed)
    if not total:
        return 0.0
    held = sum(weights[s] for s in part.own & found)
    return (held + 0.5 * sum(weights[s] for s in part.borrowed & found)) / total


def _is_reference(text: str, span: SentenceSpan) -> bool:
    """Whether the line in which the sentence stands is an entry of a bibliography."""
    start = text.rfind("\n", 0, span.start) + 1
    end = text.find("\n", span.end)
    line = text[start : end if end >= 0 else len(text)].strip()
    return len(line) <= _LONGEST_ENTRY and bool(_ENTRY.match(line))


def _restates(part: Part, unit: Unit) -> bool:
    phrase = part.asking
    return bool(phrase) and phrase in unit.text.casefold()


def _is_fragment(unit: Unit) -> bool:
    """A heading or a scrap; speech and rows need no full stop."""
    if unit.spoken or unit.span.shape != "prose" or unit.words >= _LONG_ENOUGH:
        return False
    return not _FINISHED.search(unit.text)


def _pairs(part: Part, unit: Unit) -> float:
    wanted = part.pairs
    if not wanted:
        return 0.0
    here = {frozenset(pair) for pair in pairwise(unit.order)}
    return len(wanted & here) / len(wanted)
