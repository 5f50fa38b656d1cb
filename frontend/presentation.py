"""SEARCH and ANSWER bodies, arranged for a page: chips by sentence, one entry per document."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from frontend.asked import FACETS, MOST_PAGES, Asked

Body = Mapping[str, Any]

_MARKERS = re.compile(r"\s*(\[\d+\])+\s*$|\s*(\[\d+\])+(?=[.!?…]\s*$)")
_MOST_TERMS = 8
_MOST_OTHERS = 5
_MOST_VALUES = 6
_LEAST_SHARE = 0.005  # what is written as 0 % is not written


@dataclass(frozen=True, slots=True)
class ShownSentence:
    """A sentence, the citations behind it, and how far they carry it."""

    text: str
    support: str
    citations: tuple[Body, ...]


@dataclass(frozen=True, slots=True)
class ShownAnswer:
    body: Body
    sentences: tuple[ShownSentence, ...]
    citations: tuple[Body, ...]


@dataclass(frozen=True, slots=True)
class Signal:
    """One retriever's part in a hit."""

    name: str
    rank: int | None
    share: float


@dataclass(frozen=True, slots=True)
class Modality:
    """The part of a match that stands in text, was read in a picture, or was heard."""

    name: str
    share: float


@dataclass(frozen=True, slots=True)
class Result:
    """A document of the list: its best hit first, then other places found in it."""

    number: int
    hit: Body
    view_url: str
    others: tuple[Body, ...]
    signals: tuple[Signal, ...]
    modalities: tuple[Modality, ...]
    terms: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class FacetValue:
    value: str
    count: int
    address: str
    is_chosen: bool


@dataclass(frozen=True, slots=True)
class Facet:
    field: str
    name: str
    values: tuple[FacetValue, ...]


@dataclass(frozen=True, slots=True)
class Pages:
    """Addresses of the page before and after, empty where there is none."""

    number: int
    before: str = ""
    after: str = ""


@dataclass(frozen=True, slots=True)
class ShownResults:
    """Everything a results page says about one search."""

    body: Body
    results: tuple[Result, ...]
    facets: tuple[Facet, ...] = ()
    pages: Pages = field(default_factory=lambda: Pages(1))
    seconds: float = 0.0


def shown_answer(body: Body) -> ShownAnswer:
    """An ANSWER with each sentence's citations beside it, each opened where it stands."""
    also = _passages_by_document(body.get("citations", ()))
    citations = tuple(
        {**citation, "view_url": opened_with(citation, also)}
        for citation in body.get("citations", ())
    )
    by_marker = {citation["marker"]: citation for citation in citations}
    sentences = tuple(
        ShownSentence(
            text=_MARKERS.sub("", sentence["text"]),
            support=sentence["support"],
            citations=tuple(by_marker[m] for m in sentence["citations"] if m in by_marker),
        )
        for sentence in body.get("sentences", ())
    )
    return ShownAnswer(body, sentences, citations)


def shown_results(body: Body, asked: Asked | None = None) -> ShownResults:
    """A SEARCH body as a list of documents; with the address it came from, facets and pages."""
    results = _results(body.get("hits", ()), asked.offset if asked else 0)
    seconds = float(body.get("took_ms") or 0) / 1000
    if asked is None:
        return ShownResults(body, results, seconds=seconds)
    return ShownResults(body, results, _facets(body, asked), _pages(body, asked), seconds)


def opened_with(hit: Body, also: Mapping[str, Sequence[str]]) -> str:
    """The hit's address, with the other passages of its document that were found."""
    others = [p for p in also.get(str(hit["document"]["id"]), ()) if p != str(hit["passage"])]
    if not others or not hit["view_url"]:
        return str(hit["view_url"])
    return f"{hit['view_url']}&{urlencode({'also': ','.join(others)}, safe=',')}"


def _results(hits: Sequence[Body], offset: int) -> tuple[Result, ...]:
    also = _passages_by_document(hits)
    by_document: dict[str, list[Body]] = {}
    for hit in hits:
        by_document.setdefault(str(hit["document"]["id"]), []).append(hit)
    return tuple(
        Result(
            number=number,
            hit=group[0],
            view_url=opened_with(group[0], also),
            others=tuple(
                {**other, "view_url": opened_with({**group[0], **other}, also)}
                for other in _other_places(group)
            ),
            signals=_signals(group[0]),
            modalities=_modalities(group[0]),
            terms=_terms(group),
        )
        for number, group in enumerate(by_document.values(), start=offset + 1)
    )


def _places(group: Sequence[Body]) -> list[Body]:
    """The hits of one document and the further places they bring along."""
    return [*group, *(other for hit in group for other in hit.get("more") or ())]


def _other_places(group: Sequence[Body]) -> list[Body]:
    """Where else to look: each page and second once, the best few, in the document's order."""
    seen = {_where(group[0])}
    kept: list[Body] = []
    for place in _places(group)[1:]:
        if _where(place) not in seen and len(kept) < _MOST_OTHERS:
            seen.add(_where(place))
            kept.append(place)
    return sorted(kept, key=lambda place: (*_where(place), str(place["passage"])))


def _where(place: Body) -> tuple[int, int, int]:
    locator = place.get("locator") or {}
    page, second = locator.get("page"), locator.get("start_s")
    chars = locator.get("chars") or (0,) if page is None and second is None else (0,)
    return (int(page or 0), int(second or 0), int(chars[0]))


def _passages_by_document(hits: Sequence[Body]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for hit in hits:
        passages = found.setdefault(str(hit["document"]["id"]), [])
        for place in _places([hit]):
            if str(place["passage"]) not in passages:
                passages.append(str(place["passage"]))
    return found


def _signals(hit: Body) -> tuple[Signal, ...]:
    signals = [
        Signal(name, signal.get("rank"), float(signal.get("share") or 0))
        for name, signal in hit.get("signals", {}).items()
    ]
    return tuple(sorted(signals, key=lambda signal: -signal.share))


def _modalities(hit: Body) -> tuple[Modality, ...]:
    """The largest first, those that say something."""
    found = [Modality(name, share) for name, share in hit.get("modality_shares", {}).items()]
    told = [one for one in found if one.share >= _LEAST_SHARE]
    return tuple(sorted(told, key=lambda one: -one.share))


def _terms(hits: Sequence[Body]) -> tuple[str, ...]:
    """The words of the question that the document's hits hold, each once."""
    words = (word for hit in hits for word in hit.get("why") or ())
    return tuple(dict.fromkeys(words))[:_MOST_TERMS]


def _facets(body: Body, asked: Asked) -> tuple[Facet, ...]:
    facets = body.get("facets", {})
    shown = []
    for name, title in FACETS.items():
        values = tuple(
            FacetValue(
                str(entry["value"]),
                entry["count"],
                asked.with_facet(name, str(entry["value"])),
                asked.is_narrowed_to(name, str(entry["value"])),
            )
            for entry in facets.get(name, ())[:_MOST_VALUES]
            if entry["value"] not in ("", None)
        )
        if len(values) > 1 or any(value.is_chosen for value in values):
            shown.append(Facet(name, title, values))
    return tuple(shown)


def _pages(body: Body, asked: Asked) -> Pages:
    has_more = bool(body.get("next_cursor")) and asked.page < MOST_PAGES
    return Pages(
        number=asked.page,
        before=asked.at_page(asked.page - 1) if asked.page > 1 else "",
        after=asked.at_page(asked.page + 1) if has_more else "",
    )
