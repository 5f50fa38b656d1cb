"""All media of a passage as one vector: what it shows, how it sounds, what is written or said."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import batched

import numpy as np
from numpy.typing import NDArray

from search import material
from search.encoders.base import Ragged, Rows
from search.encoders.fused_media import MEDIA, FusedMedia
from search.encoders.media import Medium
from search.material import Material
from search.types import Modality

BATCH = 64


def encode(
    encoder: FusedMedia,
    materials: Sequence[Material],
    progress: Callable[[float], object],
    *,
    known: Ragged | None = None,
) -> Ragged:
    """A row for each passage that shows or sounds, (1, dim + media), and none for the others.

    Behind the unit vector stands what each medium weighs, in the order of ``MEDIA``. ``known`` are
    the rows that the encoder whose vectors are joined made of the same passages.
    """
    own = (
        known if known is not None else material.encode(encoder.media_encoder, materials, progress)
    )
    parts = {medium: np.zeros((len(materials), encoder.dim), np.float32) for medium in MEDIA}
    shown = []
    for place, (one, rows) in enumerate(zip(materials, own, strict=True)):
        if len(rows) and one.medium is not None:
            parts[one.medium][place] = rows[0]
            shown.append(place)
    _add_sounds(encoder, materials, shown, parts[Medium.SOUND])
    _add_words(encoder, materials, shown, parts[Medium.TEXT])
    width = encoder.dim + len(MEDIA)
    found: list[NDArray[np.floating]] = [np.zeros((0, width), np.float32)] * len(materials)
    if shown:
        fused = encoder.join({medium: rows[shown] for medium, rows in parts.items()})
        for place, row, weights in zip(shown, fused.rows, fused.weights, strict=True):
            found[place] = np.concatenate([row, weights])[None]
    return Ragged.of(found, width=width)


def _add_sounds(
    encoder: FusedMedia, materials: Sequence[Material], shown: Sequence[int], rows: Rows
) -> None:
    """Of clips what is heard meanwhile."""
    if Medium.SOUND not in encoder.media:
        return
    clips = [n for n in shown if materials[n].medium == Medium.CLIP and materials[n].track]
    heard = [replace(materials[n], kind=Modality.AUDIO) for n in clips]
    made = material.encode(encoder.media_encoder, heard, lambda _: None)
    for place, own in zip(clips, made, strict=True):
        if len(own):
            rows[place] = own[0]


def _add_words(
    encoder: FusedMedia, materials: Sequence[Material], shown: Sequence[int], rows: Rows
) -> None:
    if Medium.TEXT not in encoder.media:
        return
    for some in batched([n for n in shown if materials[n].words], BATCH):
        rows[list(some)] = np.asarray(encoder.encode_queries([materials[n].words for n in some]))
