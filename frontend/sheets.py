"""What the page of a document shows: a sheet of paper, text, a picture, or a recording."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from frontend.places import Chars, Place
from frontend.transcript import Line, transcript_of
from ingestion.chunking.anchors import clipped
from search.models import Asset, Document, Passage
from search.types import Anchor, Box, is_figure

PASSAGES_PER_PART = 80
_RAIL = 10  # pages to each side of the open one


@dataclass(frozen=True, slots=True)
class Shown:
    """A passage as the reader sees it: ``heading`` and ``page`` only where they change."""

    passage: Passage
    heading: str
    page: str
    spans: tuple[Chars, ...]
    is_cited: bool
    is_found: bool


@dataclass(frozen=True, slots=True)
class Outline:
    """A box on a page; the cited ones are drawn strongest."""

    box: Box
    is_cited: bool


@dataclass(frozen=True, slots=True)
class RailPage:
    """A page in the rail of thumbnails."""

    asset: Asset
    is_open: bool
    has_evidence: bool


@dataclass(frozen=True, slots=True)
class PageSheet:
    """One page with its picture, its boxes and its text."""

    asset: Asset
    number: int
    count: int
    outlines: tuple[Outline, ...]
    passages: tuple[Shown, ...]
    rail: tuple[RailPage, ...]
    previous: int | None
    following: int | None


@dataclass(frozen=True, slots=True)
class PictureSheet:
    asset: Asset | None
    outlines: tuple[Outline, ...]
    passages: tuple[Shown, ...]


@dataclass(frozen=True, slots=True)
class TextSheet:
    """A run of passages; ``part`` counts from 1."""

    passages: tuple[Shown, ...]
    part: int
    parts: int
    is_code: bool
    unit: str  # what a page of it is called


@dataclass(frozen=True, slots=True)
class Moment:
    """A numbered marker on the time strip."""

    number: int
    passage: Passage
    start_s: float
    percent: float
    is_cited: bool


@dataclass(frozen=True, slots=True)
class RecordingSheet:
    """A player, its markers, its frames and its transcript."""

    is_video: bool
    poster: Asset | None
    start_s: float
    moments: tuple[Moment, ...]
    frames: tuple[Asset, ...]
    lines: tuple[Line, ...]
    has_subtitles: bool
    heard_by: str  # the speech model that wrote down what is said; empty where people did


def page_sheet(document: Document, place: Place, pages: list[Asset]) -> PageSheet:
    """The page that is asked for: turned to, or cited, or the first."""
    by_number = {asset.page: asset for asset in pages}
    cited = place.passage.page if place.passage else None
    number = next((n for n in (place.page, cited) if n in by_number), pages[0].page) or 1
    here = list(document.passages.filter(page=number).defer("terms").order_by("ordinal"))
    numbers = sorted(n for n in by_number if n is not None)
    at = numbers.index(number)
    with_evidence = {passage.page for passage in place.evidence}
    rail = [
        RailPage(by_number[n], n == number, n in with_evidence)
        for n in numbers[max(0, at - _RAIL) : at + _RAIL + 1]
    ]
    return PageSheet(
        asset=by_number[number],
        number=number,
        count=document.page_count or len(numbers),
        outlines=tuple(_outlines(here, place)),
        passages=tuple(_shown(_worded(here), place, with_pages=False)),
        rail=tuple(rail),
        previous=numbers[at - 1] if at else None,
        following=numbers[at + 1] if at + 1 < len(numbers) else None,
    )


def picture_sheet(document: Document, place: Place, asset: Asset | None) -> PictureSheet:
    """The whole picture, with boxes where words in it are cited."""
    here = list(document.passages.defer("terms").order_by("ordinal"))
    shown = tuple(_shown(_worded(here), place, with_pages=False))
    return PictureSheet(asset, tuple(_outlines(here, place)), shown)


def text_sheet(document: Document, place: Place, part: int | None) -> TextSheet:
    """The part that is asked for, or the one with the cited passage."""
    count = document.passages.count()
    parts = max(1, -(-count // PASSAGES_PER_PART))
    cited = place.passage.ordinal // PASSAGES_PER_PART + 1 if place.passage else 1
    number = min(max(part or cited, 1), parts)
    first = (number - 1) * PASSAGES_PER_PART
    ordered = document.passages.defer("terms").order_by("ordinal")
    here = ordered[first : first + PASSAGES_PER_PART]
    shown = tuple(_shown(here, place, with_pages=True))
    is_code = document.media_type.startswith("text/x-")
    return TextSheet(shown, number, parts, is_code, _unit(document.media_type))


def recording_sheet(document: Document, place: Place, assets: list[Asset]) -> RecordingSheet:
    """The player opened at the second that is asked for, cited, or the beginning."""
    timed = (
        document.passages.exclude(start_s=None)
        .exclude(text="")
        .defer("terms")
        .order_by("start_s", "ordinal")
    )
    cited = place.passage
    lines = transcript_of(timed, cited=cited.pk if cited else None, chars=place.chars)
    cited_s = _cited_second(cited, lines)
    start_s = cited_s if place.second is None else place.second
    if cited and not cited.text:
        cited_s = start_s  # a clip is meant at the second it was found at
    shots = [a for a in assets if a.kind in {Asset.Kind.SHOT, Asset.Kind.SOUND}]
    posters = [a for a in assets if a.kind == Asset.Kind.POSTER]
    return RecordingSheet(
        is_video=document.media_type.startswith("video/"),
        poster=_frame_at(shots, start_s) or (posters[0] if posters else None),
        start_s=start_s,
        moments=tuple(_moments(place, document.duration_s, cited_s)),
        frames=tuple(sorted(shots, key=lambda a: a.start_s or 0.0)),
        lines=tuple(lines),
        has_subtitles=any(line.origin == "transcript" for line in lines),
        heard_by=_heard_by(lines, assets),
    )


def _heard_by(lines: Iterable[Line], assets: Iterable[Asset]) -> str:
    if not any(line.is_derived for line in lines if line.origin == "transcript"):
        return ""
    tracks = (asset.caption for asset in assets if asset.kind == Asset.Kind.TRACK)
    return next(tracks, "").partition(":")[0] or "a machine"


def _unit(media_type: str) -> str:
    if "presentation" in media_type:
        return "Slide"
    return "Sheet" if "spreadsheet" in media_type else "Page"


def boxes_of(passage: Passage, chars: Chars | None = None) -> tuple[Box, ...]:
    """Where the passage stands on its page; with ``chars``, where they stand, line by line.

    Of a figure its own box comes first, whatever is quoted of its caption.
    """
    whole = tuple((box[0], box[1], box[2], box[3]) for box in passage.boxes if len(box) == 4)
    if chars:
        anchors = [_anchor(a) for a in passage.anchors if len(a) >= 6 and a[2] is not None]
        if lines := tuple(a.box for a in clipped(anchors, *chars) if a.box):
            return (*whole[:1], *lines) if is_figure(passage.kind, passage.page) else lines
    return whole


def _anchor(flat: list[float]) -> Anchor:
    x, y, width, height = flat[2:6]
    return Anchor(int(flat[0]), int(flat[1]), (x, y, width, height))


def _outlines(passages: Iterable[Passage], place: Place) -> Iterator[Outline]:
    others = {passage.pk for passage in place.others}
    for passage in passages:
        if place.passage and passage.pk == place.passage.pk:
            boxes = boxes_of(passage, place.chars)
            if place.box:
                boxes = (place.box, *(boxes[1:] if place.chars else ()))
            yield from (Outline(box, True) for box in boxes)
        elif passage.pk in others:
            yield from (Outline(box, False) for box in boxes_of(passage))


def _worded(passages: Iterable[Passage]) -> list[Passage]:
    """Those that can be read: a page or picture as a whole is looked at."""
    return [passage for passage in passages if passage.text]


def _shown(passages: Iterable[Passage], place: Place, *, with_pages: bool) -> Iterator[Shown]:
    heading, page = "", None
    others = {passage.pk for passage in place.others}
    for passage in passages:
        turned = with_pages and passage.page is not None and passage.page != page
        yield Shown(
            passage=passage,
            heading=passage.heading if passage.heading != heading else "",
            page=(passage.page_label or str(passage.page)) if turned else "",
            spans=place.spans_in(passage),
            is_cited=bool(place.passage and passage.pk == place.passage.pk),
            is_found=passage.pk in others,
        )
        heading, page = passage.heading, passage.page


def _cited_second(cited: Passage | None, lines: list[Line]) -> float:
    touched = [line.start_s for line in lines if line.spans]
    if touched:
        return min(touched)
    return cited.start_s if cited and cited.start_s is not None else 0.0


def _frame_at(shots: list[Asset], second: float) -> Asset | None:
    return next((a for a in shots if (a.start_s or 0) <= second < (a.end_s or 0)), None)


def _moments(place: Place, length_s: float | None, cited_s: float) -> Iterator[Moment]:
    """The cited passage stands at the second of its quote, the others where they begin."""
    cited = place.passage.pk if place.passage else None
    timed = [
        (cited_s if passage.pk == cited else passage.start_s, passage)
        for passage in place.evidence
        if passage.start_s is not None
    ]
    for number, (start_s, passage) in enumerate(sorted(timed, key=lambda m: m[0]), start=1):
        percent = min(100.0, 100.0 * start_s / length_s) if length_s else 0.0
        yield Moment(number, passage, start_s, round(percent, 2), passage.pk == cited)
