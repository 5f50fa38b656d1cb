"""What the media of a question mean for its list: weights, words, places, how sure to be."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from search.retrieval import pictured
from search.retrieval.background import Judged
from search.retrieval.pictured import Place
from search.transforms.base import TO_FIND, SubQuery
from search.types import (
    Box,
    Candidate,
    Hit,
    Modality,
    Plan,
    Portion,
    Query,
    Run,
    Signal,
    is_figure,
)

FOUND = 30.0  # weight of what was found by its details: before anything that is merely like it
BESIDE_WORDS = 3.0  # the same where words ask for something of their own
WORDS = 0.5  # of what was read in a picture, beside what was asked in words
AS_SURE = 0.8  # of the places that agree on a page: a figure on it with so many is meant
SAME_SPOT = 0.6  # of what was found on the page, that lies where it was found in the figure
SAME = 0.3  # of the shorter of two spans, from which they are one moment
NEARLY = 0.9  # of the better one's score
HALF = 10.0  # places that agree from which a picture is rather known again than not


def with_words(query: Query) -> tuple[Query, tuple[SubQuery, ...]]:
    """The question in words, those read in its picture if it has none, and what finds beside it."""
    read = " ".join(one.words for one in query.media if one.words)
    if not read:
        return query, ()
    if not query.text.strip():
        return replace(query, text=read), ()
    return query, (SubQuery(read, WORDS, TO_FIND, "the picture"),)


def weights_of(runs: Sequence[Run], plan: Plan, *, by_words: bool) -> dict[str, float]:
    """How much each run for the media of a question counts in the fusion.

    ``by_words``: the question has words beside what was read in its picture.
    """
    found = BESIDE_WORDS if by_words else FOUND
    return {
        run.retriever: found
        if run.retriever == pictured.RETRIEVER
        else plan.weights.get(run.retriever, 1.0)
        for run in runs
    }


def parted(
    hits: Sequence[Hit], portions: Mapping[str, Mapping[int, Sequence[Portion]]]
) -> list[Hit]:
    """The hits with the signals of some retrievers in portions, which sum to what they were.

    ``portions``: retriever -> passage -> its portions, whose shares sum to 1.
    """
    return [_parted(hit, portions) for hit in hits] if portions else list(hits)


def _parted(hit: Hit, portions: Mapping[str, Mapping[int, Sequence[Portion]]]) -> Hit:
    signals: dict[str, Signal] = {}
    for name, signal in hit.signals.items():
        own = portions.get(name, {}).get(hit.passage_id)
        several = own or (Portion(name, signal.raw, 1.0),)
        signals |= {p.name: Signal(signal.rank, p.raw, signal.part * p.share) for p in several}
    return replace(hit, signals=signals)


def placed(candidates: Sequence[Candidate], places: Mapping[int, Place]) -> tuple[Candidate, ...]:
    """The candidates with the part of the page, or the second, that the question showed."""
    return tuple(
        _at(one, places[one.passage_id]) if one.passage_id in places else one for one in candidates
    )


def without_pages_of(
    candidates: Sequence[Candidate], places: Mapping[int, Place]
) -> tuple[Candidate, ...]:
    """The candidates without pages of which no more was found than a figure that is found, too."""
    figures = [
        one
        for one in candidates
        if one.passage_id in places and is_figure(one.kind, one.locator.page)
    ]
    return tuple(
        one
        for one in candidates
        if one.kind != Modality.PAGE
        or one.passage_id not in places
        or not any(_shows_no_more(one, figure) for figure in figures)
    )


def _shows_no_more(page: Candidate, figure: Candidate) -> bool:
    if page.source.id != figure.source.id or page.locator.page != figure.locator.page:
        return False
    if not page.locator.boxes or not figure.locator.boxes or not figure.signals:
        return False
    mine, theirs = page.signals.get(pictured.RETRIEVER), figure.signals.get(pictured.RETRIEVER)
    is_as_sure = bool(mine and theirs and theirs.raw >= AS_SURE * mine.raw)
    return is_as_sure and _shared(page.locator.boxes[0], figure.locator.boxes[0]) > SAME_SPOT


def _shared(part: Box, whole: Box) -> float:
    """The share of a box that lies in another."""
    across = min(part[0] + part[2], whole[0] + whole[2]) - max(part[0], whole[0])
    down = min(part[1] + part[3], whole[1] + whole[3]) - max(part[1], whole[1])
    return max(0.0, across) * max(0.0, down) / max(part[2] * part[3], 1e-9)


def merged_moments(
    candidates: Sequence[Candidate], places: Mapping[int, Place]
) -> tuple[Candidate, ...]:
    """The candidates, those clips and sounds taken together that are of one moment.

    What overlaps a better clip of the same recording goes into it. The moment reaches as far as
    those that are nearly as good do, unless the second itself was found.
    """
    kept: list[Candidate] = []
    best: dict[int, list[int]] = {}  # document -> places in ``kept`` of its moments
    for one in candidates:
        own = best.setdefault(one.source.id, [])
        if one.text or one.locator.start_s is None:
            kept.append(one)
            continue
        met = next((at for at in own if _overlap(kept[at], one) > SAME), None)
        if met is None:
            own.append(len(kept))
            kept.append(one)
        elif kept[met].passage_id not in places and one.score >= NEARLY * kept[met].score:
            kept[met] = _reaching(kept[met], one)
    return tuple(kept)


def _overlap(one: Candidate, other: Candidate) -> float:
    """The share of the shorter span that both have; 0 of a picture and a sound."""
    start, end = one.locator.start_s, one.locator.end_s
    begin, until = other.locator.start_s, other.locator.end_s
    if one.kind != other.kind or None in {start, end, begin, until}:
        return 0.0
    common = min(end or 0.0, until or 0.0) - max(start or 0.0, begin or 0.0)
    shorter = min((end or 0.0) - (start or 0.0), (until or 0.0) - (begin or 0.0))
    return common / max(shorter, 1e-6)


def _reaching(one: Candidate, other: Candidate) -> Candidate:
    start = min(one.locator.start_s or 0.0, other.locator.start_s or 0.0)
    end = max(one.locator.end_s or 0.0, other.locator.end_s or 0.0)
    return replace(one, locator=replace(one.locator, start_s=start, end_s=end))


def seen_as_asked(judged: Judged, query: Query) -> Judged:
    """What was found by its details is sure by how many of them agree.

    Of a question without words nothing else can be said to match.
    """
    if not query.media:
        return judged
    sure = tuple(_sure(one) for one in judged.candidates)
    known = sum(pictured.RETRIEVER in one.signals for one in sure)
    matching = None if judged.matching is None else max(judged.matching, known)
    if not query.text.strip() and not any(_is_alike(one) for one in sure):
        matching = max(judged.matching or 0, known)
    return Judged(sure, matching)


def _is_alike(candidate: Candidate) -> bool:
    """Whether an encoder that looks or listens found it: how well it fits cannot be told."""
    return any(":" in name and name != pictured.RETRIEVER for name in candidate.signals)


def _at(candidate: Candidate, place: Place) -> Candidate:
    locator = replace(
        candidate.locator,
        boxes=place.boxes or candidate.locator.boxes,
        start_s=candidate.locator.start_s if place.start_s is None else place.start_s,
        end_s=candidate.locator.end_s if place.end_s is None else place.end_s,
    )
    return replace(candidate, locator=locator)


def _sure(candidate: Candidate) -> Candidate:
    signal: Signal | None = candidate.signals.get(pictured.RETRIEVER)
    if signal is None:
        return candidate
    chance = signal.raw / (signal.raw + HALF)
    return replace(candidate, confidence=max(candidate.confidence, round(chance, 4)))
