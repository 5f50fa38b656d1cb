"""A question's pictures, clips and sounds as encoders take them."""

import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from django.conf import settings
from numpy.typing import NDArray

from search.encoders.base import Kind, Ragged
from search.encoders.media import MediaEncoder, Medium, Pixels
from search.material import encode_inputs, open_clip, open_pixels, open_sound
from search.models import VectorSpace
from search.retrieval.stored import StoredVectors
from search.store import Store
from search.transforms.multi_condition import conditions_of
from search.types import Asked, Query

MEDIA_SHARE = 0.7  # of a picture, clip or sound, against words that describe it (F4-ITS)
CHANGED_SHARE = 0.3  # of one that the words want otherwise; measured, docs/measurements.md
_CHANGE = re.compile(r"\s*(but|same|instead|without|rather|only|like this)\b", re.IGNORECASE)
_MEDIUM = {"image": Medium.IMAGE, "clip": Medium.CLIP, "audio": Medium.SOUND}
_RUNS = {"image": "image", "clip": "video", "audio": "audio"}
_NAMES = {"image": "the picture", "clip": "the clip", "audio": "the sound"}
Rows = NDArray[np.float32]


def asked_store() -> Store:
    """Where the files of questions wait, by what they contain."""
    return Store(Path(settings.DATA_DIR) / "asked")


def run_name(alias: str, query: Query) -> str:
    """What the run of an encoder is called: the modality it was asked by, and its alias."""
    by = _RUNS[query.media[0].medium] if query.media else "image"
    return f"{by}:{alias}"


def pixels_of(one: Asked) -> list[Pixels]:
    """The asked picture, or the part of it that is meant, (height, width, 3).

    Raises:
        OSError, ValueError: its file is gone.
    """
    picture = open_pixels(asked_store().path(one.files[0]))
    if one.crop is None:
        return [picture]
    height, width = picture.shape[:2]
    x, y, w, h = one.crop
    left, top = int(x * width), int(y * height)
    right = max(round((x + w) * width), left + 1)
    bottom = max(round((y + h) * height), top + 1)
    return [np.ascontiguousarray(picture[top:bottom, left:right])]


def stills_of(one: Asked) -> list[Pixels]:
    """Whole frames of an asked clip; raises as ``pixels_of`` does."""
    return [open_pixels(asked_store().path(name)) for name in one.stills]


def rows_of(encoder: MediaEncoder, query: Query, space: VectorSpace | None) -> Rows | None:
    """The question in an encoder's space, (n, dim); None if it takes no part of it.

    A picture, clip or sound with words is one vector: norm(w media + (1 - w) words). Words that
    want it otherwise ("but blue", "same at night") count more than words that describe it.

    Raises:
        OSError, ValueError: a file is gone.

    Source: the weighting of F4-ITS, caption fusion.
    """
    rows = [row for one in query.media for row in _asked_rows(encoder, one)]
    rows += _stored_rows(query, space)
    words = _words(encoder, query)
    if not words:
        return np.stack(rows).astype(np.float32) if rows else None
    said = _text_rows(encoder, words)
    if not rows:
        return said
    if encoder.kind == Kind.MULTI:
        return np.concatenate([np.stack(rows), said]).astype(np.float32)
    share = CHANGED_SHARE if _CHANGE.match(words) else MEDIA_SHARE
    mixed = share * np.stack(rows) + (1 - share) * said[0]
    lengths = np.linalg.norm(mixed, axis=1, keepdims=True)
    return np.asarray(mixed / np.maximum(lengths, 1e-9), dtype=np.float32)


def conditions(
    encoder: MediaEncoder, query: Query, space: VectorSpace | None
) -> list[tuple[str, Rows]]:
    """The conditions of a question that an encoder takes, in order: a name, and rows (n, dim).

    Each picture, clip or sound is one, and each part of the words. Raises as ``rows_of`` does.
    """
    found = [(_NAMES[one.medium], _asked_rows(encoder, one)) for one in query.media]
    found.append(("the passage", _stored_rows(query, space)))
    if parts := conditions_of(_words(encoder, query)):
        found += [(part, list(_text_rows(encoder, part))) for part in parts]
    return [(name, np.stack(rows)) for name, rows in found if len(rows)]


def _words(encoder: MediaEncoder, query: Query) -> str:
    return query.text.strip() if Medium.TEXT in encoder.media else ""


def _stored_rows(query: Query, space: VectorSpace | None) -> list[Rows]:
    """The vector of the passage that is asked about, if the space has one."""
    if query.like_passage is None or space is None or space.kind != Kind.DENSE:
        return []
    stored = StoredVectors(space, query.corpora).of([query.like_passage])
    return [row for row in stored if row is not None]


def _asked_rows(encoder: MediaEncoder, one: Asked) -> Sequence[Rows]:
    """The rows of one picture, clip or sound; none if the encoder does not take it."""
    medium = _MEDIUM[one.medium]
    if medium == Medium.CLIP and medium not in encoder.media and Medium.IMAGE in encoder.media:
        return _rows(encoder, Medium.IMAGE, [[still] for still in stills_of(one)])
    if medium not in encoder.media:
        return []
    files = [asked_store().path(name) for name in one.files]
    if medium == Medium.IMAGE:
        return _rows(encoder, medium, [[picture] for picture in pixels_of(one)])
    if medium == Medium.CLIP:
        seconds = one.seconds / max(len(files), 1)
        return _rows(encoder, medium, [[open_clip(path, seconds)] for path in files])
    return _rows(encoder, medium, [[open_sound(files[0], 0.0, one.seconds)]])


def _rows(encoder: MediaEncoder, medium: Medium, inputs: Sequence[list[object]]) -> list[Rows]:
    return [row for rows in encode_inputs(encoder, medium, inputs) for row in rows]


def _text_rows(encoder: MediaEncoder, words: str) -> Rows:
    made = encoder.encode_queries([words])
    return np.asarray(next(iter(made)) if isinstance(made, Ragged) else made, dtype=np.float32)
