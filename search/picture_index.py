"""The write side of pictures that are known again by their details.

Every passage without words that has a picture (a page, a picture, a clip's frame) gets one
signature: its vectors in the space of details, and the details themselves.
"""

import logging
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np
from django.conf import settings
from django.db import transaction
from django.db.models import F, QuerySet
from pgvector import HalfVector
from PIL import Image, UnidentifiedImageError

from search.encoders import local_features
from search.encoders.local_features import Pixels
from search.encoders.picture_signature import FINGERPRINT, Signature, sign
from search.models import Corpus, Passage, PictureDetails, Vector, VectorSpace
from search.store import Store
from search.types import Modality

log = logging.getLogger(__name__)

ALIAS = "details"
KINDS = (Modality.PAGE, Modality.IMAGE, Modality.VIDEO)
BATCH = 50
_MOST_PIXELS = 40_000_000
_FORMATS = ("WEBP",)  # all that our own readers write


def space() -> VectorSpace:
    """The space of details; made at its first use."""
    found, _ = VectorSpace.objects.get_or_create(
        fingerprint=FINGERPRINT,
        defaults={"alias": ALIAS, "dim": local_features.vocabulary().dim, "kind": "dense"},
    )
    return found


def has_signature(kind: str, text: str, picture: str) -> bool:
    """Whether a passage is known again by its picture."""
    return kind in KINDS and not text and bool(picture)


def sign_file(path: Path) -> Signature | None:
    """The signature of a picture that our own readers wrote; None if it does not decode."""
    try:
        return sign(open_pixels(path))
    except (OSError, ValueError, UnidentifiedImageError) as error:
        log.warning("A picture has no signature: %s", error)
        return None


def open_pixels(path: Path) -> Pixels:
    """The pixels of a picture that our own readers wrote, (height, width, 3).

    Raises:
        OSError, ValueError: it is gone, or no picture of ours.
    """
    with Image.open(path, formats=_FORMATS) as picture:
        if picture.width * picture.height > _MOST_PIXELS:
            raise ValueError(f"{path.name} has {picture.width} × {picture.height} pixels.")
        return np.asarray(picture.convert("RGB"))


def store(passages: Sequence[Passage], signatures: Mapping[int, Signature]) -> int:
    """Store the signatures of passages, by their ordinals, in the caller's transaction."""
    where, details, vectors = space(), [], []
    for passage in passages:
        signature = signatures.get(passage.ordinal)
        if signature is None:
            continue
        own = {"passage_id": passage.pk, "corpus_id": passage.corpus_id}
        details.append(PictureDetails(look=signature.look, packed=signature.packed, **own))
        vectors += [Vector(space=where, values=HalfVector(row), **own) for row in signature.vectors]
    PictureDetails.objects.bulk_create(details, batch_size=BATCH)
    Vector.objects.bulk_create(vectors, batch_size=BATCH)
    return len(details)


def lacking(corpus: Corpus) -> "QuerySet[Passage]":
    """The passages of a corpus that still want a signature."""
    own = Passage.objects.filter(corpus=corpus, kind__in=KINDS, text="", details=None)
    return own.exclude(picture="").order_by("pk")


def fill(corpus: Corpus, done: Callable[[int], object]) -> int:
    """Sign what has none yet, batch by batch; gives how many were added. Stopped, it goes on."""
    pictures, last, added = Store(Path(settings.MEDIA_ROOT)), 0, 0
    while some := list(lacking(corpus).filter(pk__gt=last)[:BATCH]):
        last = some[-1].pk
        made = {p.pk: sign_file(pictures.path(p.picture)) for p in some}
        with transaction.atomic():
            Corpus.objects.select_for_update().get(pk=corpus.pk)
            still = lacking(corpus).filter(pk__in=made)
            for passage in still:
                signature = made[passage.pk]
                added += store([passage], {passage.ordinal: signature}) if signature else 0
            Corpus.objects.filter(pk=corpus.pk).update(generation=F("generation") + 1)
        done(len(some))
    return added
