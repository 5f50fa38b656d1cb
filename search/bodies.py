"""HIT, SEARCH and ANSWER as the contract gives them: plain dicts that fit into JSON.

Ids travel as strings: a browser's number is too short for them. Addresses are made here, from ids
alone, and lead to our own pages.
"""

import math
from base64 import urlsafe_b64encode
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from search.answers.compose import note_of
from search.answers.explain import (
    CONDITION,
    RetrieverPart,
    mean_shares,
    modality_shares,
    sentence,
    why,
)
from search.answers.snippets import snippet
from search.retrieval.facets import Spread
from search.types import (
    Answer,
    Asked,
    Candidate,
    Citation,
    Filters,
    Locator,
    Query,
    Sentence,
    Source,
    is_figure,
)

Body = dict[str, Any]

PER_DOCUMENT = 3  # hits of one document; further ones stand in "more" of its first
MOST_MORE = 5


@dataclass(frozen=True, slots=True)
class Listed:
    """A hit of the list with those passages of its document that the list leaves out."""

    candidate: Candidate
    more: tuple[Candidate, ...] = ()


@dataclass(frozen=True, slots=True)
class Standing:
    """What a search and its answer have in common."""

    query: Query
    slugs: Sequence[str]
    recipe: str
    chosen_by: str = "default"
    spread: Spread = field(default_factory=Spread)
    degraded: Sequence[str] = ()
    timings: Mapping[str, float] = field(default_factory=dict)
    cache: Mapping[str, str] = field(default_factory=dict)  # layer -> hit or miss
    took_ms: float = 0.0
    nothing_matches: bool = False  # what is listed are the nearest misses
    idf: Mapping[str, float] = field(default_factory=dict)  # how telling the question's terms are


def listed(candidates: Sequence[Candidate], query: Query) -> list[Listed]:
    """The whole list: at most three passages of a document, unless it alone is searched."""
    if len(query.filters.document) == 1:
        return [Listed(candidate) for candidate in candidates]
    taken: Counter[int] = Counter()
    kept: list[Candidate] = []
    left: dict[int, list[Candidate]] = {}
    for candidate in candidates:
        document = candidate.source.id
        taken[document] += 1
        if taken[document] <= PER_DOCUMENT:
            kept.append(candidate)
        else:
            left.setdefault(document, []).append(candidate)
    return [Listed(c, tuple(left.pop(c.source.id, ())[:MOST_MORE])) for c in kept]


def search_body(search_id: int, standing: Standing, entries: Sequence[Listed]) -> Body:
    """SEARCH: one page of the list, with facets and what was left out and why."""
    query = standing.query
    return {
        "id": str(search_id),
        "query": query_body(query, standing.slugs),
        "recipe": standing.recipe,
        "recipe_chosen_by": standing.chosen_by,
        "took_ms": _number(standing.took_ms),
        "total": standing.spread.total,
        "total_is_exact": standing.spread.is_exact,
        "nothing_matches": standing.nothing_matches,
        "hits": hit_bodies(entries, standing),
        "facets": {
            name: [{"value": value, "count": count} for value, count in values]
            for name, values in standing.spread.facets.items()
        },
        "facets_counted": standing.spread.counted,
        "degraded": list(dict.fromkeys(standing.degraded)),
        "timings": {stage: _number(ms) for stage, ms in standing.timings.items()},
        "cache": dict(standing.cache),
        "next_cursor": _cursor(query, len(entries)),
    }


def answer_body(
    answer_id: int,
    standing: Standing,
    answer: Answer,
    entries: Sequence[Listed],
    steps: Sequence[Body],
) -> Body:
    """ANSWER: sentences with the citations behind them, and the hits they were chosen from."""
    candidates = {c.passage_id: c.candidate for c in answer.citations}.values()
    return {
        "id": str(answer_id),
        "query": query_body(standing.query, standing.slugs),
        "text": answer.text,
        "sentences": [_sentence_body(one) for one in answer.sentences],
        "citations": [citation_body(citation) for citation in answer.citations],
        "refused": answer.refused,
        "nothing_matches": standing.nothing_matches,
        "confidence": _number(answer.confidence),
        "generator": answer.generator,
        "recipe": standing.recipe,
        "recipe_chosen_by": standing.chosen_by,
        "took_ms": _number(standing.took_ms),
        "timings": {stage: _number(ms) for stage, ms in standing.timings.items()},
        "cache": dict(standing.cache),
        "degraded": list(dict.fromkeys([*standing.degraded, *answer.notes])),
        "followups": list(answer.followups),
        "steps": list(steps),
        "hits": hit_bodies(entries, standing),
        "modality_shares": _shares(
            mean_shares(modality_shares(c, standing.query.text) for c in candidates)
        ),
    }


def hit_bodies(entries: Sequence[Listed], standing: Standing) -> list[Body]:
    """HITs in their order; ranks count from the beginning of the whole list."""
    query = standing.query
    return [
        hit_body(entry.candidate, query.offset + place, query.text, entry.more, idf=standing.idf)
        for place, entry in enumerate(entries, start=1)
    ]


def hit_body(
    candidate: Candidate,
    rank: int,
    question: str,
    more: Sequence[Candidate] = (),
    *,
    idf: Mapping[str, float] | None = None,
) -> Body:
    """HIT, with why it stands here and ``more`` of its document.

    ``why`` are the question's words it holds, the most telling first, ``terms`` the same with
    their weights, ``explanation`` a sentence; ``match`` is what ``confidence`` was read from.
    """
    found = why(candidate, idf or {}, question=question)
    return {
        **_place_body(candidate, question),
        "rank": rank,
        "score": _number(candidate.score),
        "confidence": _number(candidate.confidence),
        "match": _number(candidate.match),
        "heading": candidate.heading,
        "document": document_body(candidate.source),
        "signals": _signals(found.retrievers),
        "modality_shares": _shares(found.modalities),
        "why": [term.word for term in found.terms],
        "terms": [
            {"word": term.word, "count": term.count, "share": _number(term.share)}
            for term in found.terms
        ],
        "explanation": sentence(found),
        "more": [_place_body(other, question) for other in more],
    }


def _signals(parts: Mapping[str, RetrieverPart]) -> Body:
    """What each retriever said; ``added``: as much of its share as texts that were added brought.

    Rank and score are those of the question itself where it found the hit. ``conditions``: of a
    question that has several, how well each is met, and its part of the share.
    """
    bodies: dict[str, dict[str, Any]] = {}
    for name, part in sorted(parts.items(), key=lambda item: " by " in item[0]):
        retriever, _, origin = name.partition(" by ")
        said = {"rank": part.rank, "score": _number(part.raw), "share": 0.0, "added": 0.0}
        body = bodies.setdefault(retriever, said)
        body["share"] += part.share
        if origin.startswith(CONDITION):
            body.setdefault("conditions", []).append(_condition(origin, part))
        elif origin:
            body["added"] += part.share
    rounded = ("share", "added")
    return {
        name: body | {key: _number(body[key]) for key in rounded} for name, body in bodies.items()
    }


def _condition(origin: str, part: RetrieverPart) -> Body:
    _, _, said = origin.partition(": ")
    return {"condition": said, "score": _number(part.raw), "share": _number(part.share)}


def citation_body(citation: Citation) -> Body:
    """One citation: the exact quote and the place it opens."""
    candidate = citation.candidate
    return {
        "marker": citation.marker,
        "passage": str(citation.passage_id),
        "quote": citation.quote,
        "quote_chars": [citation.start, citation.end],
        "kind": candidate.kind.value,
        "locator": locator_body(citation.locator),
        "document": document_body(candidate.source),
        "view_url": _quoted_url(citation),
        "thumbnail_url": thumbnail_url(candidate),
        "note": note_of(citation),
    }


def document_body(source: Source) -> Body:
    """What a reader needs to know of the document behind a hit."""
    is_web = source.url.lower().startswith(("https://", "http://"))
    return {
        "id": str(source.id),
        "title": source.title,
        "filename": source.filename,
        "corpus": source.corpus,
        "authors": list(source.authors),
        "published": source.published or None,
        "doi": source.doi or None,
        "url": source.url if is_web else None,
        "media_type": source.media_type,
        "language": source.language,
    }


def locator_body(locator: Locator) -> Body:
    """What applies of page, boxes, seconds and characters."""
    found: Body = {
        "page": locator.page,
        "page_label": locator.page_label or None,
        "boxes": [[_number(side) for side in box] for box in locator.boxes] or None,
        "start_s": None if locator.start_s is None else _number(locator.start_s),
        "end_s": None if locator.end_s is None else _number(locator.end_s),
        "chars": list(locator.chars) if locator.chars else None,
    }
    return {name: value for name, value in found.items() if value is not None}


def query_body(query: Query, slugs: Sequence[str]) -> Body:
    """The question as it was understood."""
    return {
        "text": query.text,
        "media": [_media_body(one) for one in query.media],
        "passage": None if query.like_passage is None else str(query.like_passage),
        "corpora": list(slugs),
        "filters": _filters_body(query.filters),
        "weights": dict(query.weights),
        "recipe": query.recipe,
        "limit": query.k,
    }


def view_url(candidate: Candidate) -> str:
    """A page of ours, opened at the passage; a picture at the part, a clip at the second found."""
    address = f"/documents/{candidate.source.id}/?passage={candidate.passage_id}"
    locator = candidate.locator
    if candidate.text and not is_figure(candidate.kind, locator.page):
        return address
    if locator.start_s is not None:
        return f"{address}&t={_number(locator.start_s)}"
    if locator.boxes:
        return f"{address}&box={','.join(str(_number(side)) for side in locator.boxes[0])}"
    return address


def _media_body(asked: Asked) -> Body:
    """A picture, clip or sound of the question, as it was understood."""
    found: Body = {"medium": asked.medium, "crop": list(asked.crop) if asked.crop else None}
    return found | {"words": asked.words, "seconds": _number(asked.seconds)}


def _quoted_url(citation: Citation) -> str:
    """The passage opened with the quote marked; what is looked at has no characters."""
    address = view_url(citation.candidate)
    return f"{address}&chars={citation.start}-{citation.end}" if citation.quote else address


def thumbnail_url(candidate: Candidate) -> str | None:
    """The picture that shows the passage, if there is one."""
    if not candidate.thumbnail:
        return None
    return f"/documents/{candidate.source.id}/assets/{candidate.thumbnail}"


def _place_body(candidate: Candidate, question: str) -> Body:
    return {
        "passage": str(candidate.passage_id),
        "kind": candidate.kind.value,
        "snippet": snippet(candidate, question),
        "locator": locator_body(candidate.locator),
        "thumbnail_url": thumbnail_url(candidate),
        "view_url": view_url(candidate),
    }


def _sentence_body(sentence: Sentence) -> Body:
    return {
        "text": sentence.text,
        "citations": list(sentence.citations),
        "support": sentence.support.value,
    }


def _filters_body(filters: Filters) -> Body:
    names = ("kind", "media_type", "author", "language")
    found: Body = {name: list(getattr(filters, name)) for name in names if getattr(filters, name)}
    if filters.document:
        found["document"] = [str(key) for key in filters.document]
    span = {"from": filters.published_from, "to": filters.published_to}
    if published := {edge: date for edge, date in span.items() if date}:
        found["published"] = published
    return found


def _cursor(query: Query, shown_now: int) -> str | None:
    """Where the next page begins, in the form in which the API takes it back."""
    if shown_now < query.k:
        return None
    return urlsafe_b64encode(f"from {query.offset + shown_now}".encode()).decode().rstrip("=")


def _shares(shares: Mapping[str, float]) -> dict[str, float]:
    return {name: _number(share) for name, share in shares.items()}


def _number(value: float) -> float:
    """Six decimals; what is not finite becomes 0, for JSON has no word for it."""
    return round(float(value), 6) if math.isfinite(value) else 0.0
