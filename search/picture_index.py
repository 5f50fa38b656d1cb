"""The write side of pictures that are known again by their details.

Every passage that is looked at and has a picture (a page, a figure, a clip's frame) gets one
signature: its vectors in the space of details, and the details themselves.
"""

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.db import transaction
from django.db.models import F, Q, QuerySet
from pgvector import HalfVector
from PIL import UnidentifiedImageError

from search.encoders import local_features
from search.encoders.picture_signature import FINGERPRINT, Signature, sign
from search.material import open_pixels
from search.models import Asset, Corpus, Passage, PictureDetails, Vector, VectorSpace
from search.store import Store
from search.types import Modality, is_looked_at

log = logging.getLogger(__name__)

ALIAS = "details"
KINDS = (Modality.PAGE, Modality.IMAGE, Modality.VIDEO)
BATCH = 50


def space() -> VectorSpace:
    """The space of details; made at its first use."""
    found, _ = VectorSpace.objects.get_or_create(
        fingerprint=FINGERPRINT,
        defaults={"alias": ALIAS, "dim": local_features.vocabulary().dim, "kind": "dense"},
    )
    return found


def has_signature(kind: str, text: str, page: int | None, picture: str) -> bool:
    """Whether a passage is known again by its picture."""
    return kind in KINDS and is_looked_at(kind, text, page) and bool(picture)


def sign_file(path: Path) -> Signature | None:
    """The signature of a picture that our own readers wrote; None if it does not decode."""
    try:
        return sign(open_pixels(path))
    except (OSError, ValueError, UnidentifiedImageError) as error:
        log.warning("A picture has no signature: %s", error)
        return None


@dataclass(frozen=True, slots=True)
class SignedPicture:
    """A picture of a passage, its hash in the store, and the second at which a clip shows it."""

    picture: str
    second: float | None
    signature: Signature


def store(passages: Sequence[Passage], signed: Mapping[int, Sequence[SignedPicture]]) -> int:
    """Store what passages are known again by, by their ordinals, in the caller's transaction.

    Gives how many pictures.
    """
    details: list[PictureDetails] = []
    vectors: list[Vector] = []
    where = space() if signed else None
    for passage in passages:
        own = {"passage_id": passage.pk, "corpus_id": passage.corpus_id}
        for one in signed.get(passage.ordinal, ()):
            look, packed = one.signature.look, one.signature.packed
            details.append(
                PictureDetails(
                    look=look, packed=packed, picture=one.picture, second=one.second, **own
                )
            )
            rows = one.signature.vectors
            vectors += [Vector(space=where, values=HalfVector(row), **own) for row in rows]
    PictureDetails.objects.bulk_create(details, batch_size=BATCH)
    Vector.objects.bulk_create(vectors, batch_size=BATCH)
    return len(details)


def lacking(corpus: Corpus) -> "QuerySet[Passage]":
    """The passages of a corpus that still want a signature."""
    own = Passage.objects.looked_at().filter(corpus=corpus, kind__in=KINDS, details=None)
    return own.exclude(picture="").order_by("pk")


def fill(corpus: Corpus, done: Callable[[int], object]) -> int:
    """Sign what has none yet, batch by batch; gives how many were added. Stopped, it goes on."""
    last, added = 0, 0
    while some := list(lacking(corpus).filter(pk__gt=last)[:BATCH]):
        last = some[-1].pk
        made = {passage.pk: _pictures_of(passage) for passage in some}
        with transaction.atomic():
            Corpus.objects.select_for_update().get(pk=corpus.pk)
            for passage in lacking(corpus).filter(pk__in=made):
                added += store([passage], {passage.ordinal: made[passage.pk]})
            Corpus.objects.filter(pk=corpus.pk).update(generation=F("generation") + 1)
        done(len(some))
    return added


def _pictures_of(passage: Passage) -> list[SignedPicture]:
    """The picture of a passage, and those frames of its document that the clip shows."""
    assets = Asset.objects.filter(document_id=passage.document_id)
    shown = Q(sha256=passage.picture)
    if passage.kind == Modality.VIDEO and passage.start_s is not None:
        inside = Q(frame_s__gte=passage.start_s, frame_s__lt=passage.end_s)
        shown |= inside & Q(kind=Asset.Kind.FRAME)
    pictures, found = Store(Path(settings.MEDIA_ROOT)), []
    for asset in assets.filter(shown).order_by("sha256").distinct("sha256"):
        signature = sign_file(pictures.path(asset.sha256))
        if signature is not None:
            found.append(SignedPicture(asset.sha256, asset.frame_s, signature))
    return found
