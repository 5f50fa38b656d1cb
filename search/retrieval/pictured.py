"""Pages, pictures and clips by the details of a picture: what a photo or a crop was taken of."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from django.conf import settings
from numpy.typing import NDArray

from search.binary_rows import fetch_binary
from search.codecs import FLOAT
from search.encoders import local_features
from search.encoders.local_features import Overlay, Pixels
from search.encoders.media import CLIP_FRAMES
from search.encoders.picture_signature import FINGERPRINT, unpack
from search.material import open_pixels
from search.models import Asset, Passage, VectorSpace
from search.retrieval.nearest import literal, nearest
from search.store import Store
from search.types import Box, Filters, Hit, Modality, Run, Signal, is_figure

RETRIEVER = "image:details"
CANDIDATES = 50  # whose details are laid over those of the question
ENOUGH = 10  # places that agree; strangers' pictures agree in six, rarely more
FEW = 6  # places that are enough where what lies over each other is the same to the eye
SAME = 0.85  # correlation of those; of 80 photos and crops of strangers none came up to .75
LIKE = 0.25  # correlation of what lies over each other, of those that agree in few places
CERTAIN = 30  # places from which a picture is the same however much its brightness differs
WHOLE = 0.9  # of a page, from which no part of it is framed
_DETAILS = """
SELECT d.passage_id, d.picture, d.packed FROM search_picturedetails d
WHERE d.corpus_id = ANY(%(corpora)s::bigint[]) AND d.passage_id = ANY(%(passages)s::bigint[])
"""
Vectors = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Place:
    """Where in a passage the question was found: a part of its picture, a second of its clip."""

    boxes: tuple[Box, ...] = ()
    start_s: float | None = None
    end_s: float | None = None


@dataclass(frozen=True, slots=True)
class Pictured:
    """The passages that show the question, best first, and where in them.

    A hit's score is the number of places that agree.
    """

    run: Run
    places: Mapping[int, Place]


@dataclass(frozen=True, slots=True)
class _Laid:
    """How the question lies over a picture of a candidate."""

    picture: str
    overlay: Overlay


@dataclass(frozen=True, slots=True)
class _Kept:
    """A candidate with its picture."""

    passage: Passage
    pixels: Pixels
    overlay: Overlay


@dataclass(frozen=True, slots=True)
class _Moment:
    """The second of a clip whose frame is most like the question, and how like, -1 to 1."""

    second: float | None
    alike: float = -1.0


def search(
    picture: Pixels, corpora: Sequence[int], *, filters: Filters, depth: int = CANDIDATES
) -> Pictured:
    """The passages whose picture holds the asked one, or a large part of it.

    First the pictures with the nearest vectors, then of these the ones over which the question's
    details can be laid. Pictures that merely look alike are left out: nothing is found rather than
    the nearest miss.
    """
    asked = local_features.asked_details(picture)
    space = VectorSpace.objects.filter(fingerprint=FINGERPRINT).first()
    if space is None or not corpora:
        return Pictured(Run(RETRIEVER, ()), {})
    rows = [local_features.aggregate(one) for one in asked if len(one)]
    keys = _nearest(rows, space, corpora, filters, max(depth, CANDIDATES))
    overlays: dict[int, _Laid] = {}
    for key, sha256, packed in fetch_binary(_DETAILS, _values(corpora, keys)):
        overlay = local_features.best_overlay(asked, unpack(packed))
        if key not in overlays or overlay.count > overlays[key].overlay.count:
            overlays[key] = _Laid(sha256, overlay)
    kept = _agreeing(overlays, corpora)
    order = local_features.ranked(
        picture,
        {key: one.pixels for key, one in kept.items()},
        {key: one.overlay for key, one in kept.items()},
    )
    found = [kept[key] for key in order if _shows(picture, kept[key])][:depth]
    moments = {one.passage.pk: _moment(picture, one) for one in found if _is_clip(one)}
    found = _by_moment(found, moments)
    hits = [_hit(one, rank) for rank, one in enumerate(found, start=1)]
    places = {one.passage.pk: _place(picture, one, moments) for one in found}
    return Pictured(Run(RETRIEVER, tuple(hits)), places)


def _nearest(
    rows: Sequence[Vectors],
    space: VectorSpace,
    corpora: Sequence[int],
    filters: Filters,
    depth: int,
) -> list[int]:
    """The passages nearest to one of the rows; a passage has a row for each of its scales."""
    best: dict[int, float] = {}
    for row in rows:
        scored = nearest(literal(row), FLOAT, space, corpora, filters=filters, depth=2 * depth)
        for key, score in scored:
            best[key] = max(score, best.get(key, -1.0))
    return sorted(best, key=lambda key: (-best[key], key))[:depth]


def _values(corpora: Sequence[int], keys: Sequence[int]) -> dict[str, list[int]]:
    return {"corpora": list(corpora), "passages": list(keys)}


def _agreeing(overlays: Mapping[int, _Laid], corpora: Sequence[int]) -> dict[int, _Kept]:
    """The candidates of which enough agrees, with the picture that agrees most."""
    most = max((one.overlay.count for one in overlays.values()), default=0)
    least = max(FEW, local_features.CLOSE * most)
    keys = [key for key, one in overlays.items() if one.overlay.count >= least]
    pictures, found = Store(Path(settings.MEDIA_ROOT)), {}
    for passage in Passage.objects.filter(pk__in=keys, corpus__in=list(corpora)):
        try:
            laid = overlays[passage.pk]
            pixels = open_pixels(pictures.path(laid.picture))
        except (OSError, ValueError):  # removed meanwhile
            continue
        found[passage.pk] = _Kept(passage, pixels, laid.overlay)
    return found


def _shows(picture: Pixels, one: _Kept) -> bool:
    """Whether the candidate is what was asked with, and not merely of the same template."""
    if one.overlay.count >= CERTAIN:
        return True
    least = LIKE if one.overlay.count >= ENOUGH else SAME
    return local_features.likeness(picture, one.pixels, one.overlay) >= least


def _hit(one: _Kept, rank: int) -> Hit:
    score = float(one.overlay.count)
    return Hit(one.passage.pk, score, {RETRIEVER: Signal(rank, score, score)})


def _is_clip(one: _Kept) -> bool:
    return one.passage.kind == Modality.VIDEO


def _by_moment(found: Sequence[_Kept], moments: Mapping[int, _Moment]) -> list[_Kept]:
    """The clips among them by how like their most like frame is; all else keeps its rank.

    Overlays are laid over some frames only, which differ in how near they are to the one meant.
    """
    clips = sorted(
        (one for one in found if _is_clip(one)), key=lambda one: -moments[one.passage.pk].alike
    )
    by_rank = iter(clips)
    return [next(by_rank) if _is_clip(one) else one for one in found]


def _place(picture: Pixels, one: _Kept, moments: Mapping[int, _Moment]) -> Place:
    passage = one.passage
    if passage.pk in moments:
        return Place(start_s=moments[passage.pk].second, end_s=passage.end_s)
    box = _box(picture, one)
    return Place(boxes=(_on_page(box, passage),) if box[2] * box[3] < WHOLE else ())


def _on_page(box: Box, passage: Passage) -> Box:
    """A part of a figure as a part of the page on which it stands; any other box as it is."""
    if not is_figure(passage.kind, passage.page) or not passage.boxes:
        return box
    left, top, wide, tall = passage.boxes[0]
    x, y, width, height = box
    placed = (left + x * wide, top + y * tall, width * wide, height * tall)
    return (round(placed[0], 5), round(placed[1], 5), round(placed[2], 5), round(placed[3], 5))


def _box(picture: Pixels, one: _Kept) -> Box:
    """The part of the kept picture that was asked with, as fractions of it."""
    height, width = one.pixels.shape[:2]
    corners = one.overlay.outline(picture.shape[1], picture.shape[0]) * max(width, height)
    (left, top), (right, bottom) = corners.min(axis=0), corners.max(axis=0)
    left, right = np.clip([left / width, right / width], 0.0, 1.0).tolist()
    top, bottom = np.clip([top / height, bottom / height], 0.0, 1.0).tolist()
    return (round(left, 5), round(top, 5), round(right - left, 5), round(bottom - top, 5))


def _moment(picture: Pixels, one: _Kept) -> _Moment:
    """When the clip shows what is most like the question."""
    passage = one.passage
    strip = Asset.objects.filter(
        document_id=passage.document_id, kind=Asset.Kind.CLIP, start_s=passage.start_s
    ).first()
    if strip is None or passage.start_s is None or passage.end_s is None:
        return _Moment(passage.start_s)
    try:
        pixels = open_pixels(Store(Path(settings.MEDIA_ROOT)).path(strip.sha256))
    except (OSError, ValueError):
        return _Moment(passage.start_s)
    frames = np.split(pixels, CLIP_FRAMES, axis=1)
    alike = [local_features.likeness_nearby(picture, frame, one.overlay) for frame in frames]
    step = (passage.end_s - passage.start_s) / CLIP_FRAMES
    best = int(np.argmax(alike))
    return _Moment(round(passage.start_s + (best + 0.5) * step, 3), alike[best])
