"""What is kept of a picture so that it is known again: two vectors, its details, and its look."""

from dataclasses import dataclass

import numpy as np
from PIL import Image

from search.encoders import local_features
from search.encoders.local_features import DIM, Details, Pixels, Rows

FINGERPRINT = "root-sift vlad 64x62, details of 960 and 480 pixels, 1"
_STEPS = 65_535  # in which a place along the longer side is written
_LOOK = 8  # rows and columns of brightness that are compared


@dataclass(frozen=True, slots=True)
class Signature:
    """``vectors``: (2, dim) unit rows of the fine and the coarse details, (0, dim) if there are
    none; ``packed``: the details themselves; ``look``: 64 bits as a signed number.
    """

    vectors: Rows
    packed: bytes
    look: int


def sign(picture: Pixels) -> Signature:
    """The signature of a picture that will be looked for."""
    several = local_features.kept_details(picture)
    rows = [local_features.aggregate(one) for one in several if len(one)]
    dim = local_features.vocabulary().dim
    vectors = np.stack(rows) if rows else np.zeros((0, dim), np.float32)
    return Signature(vectors, pack(several), look_of(picture))


def pack(several: list[Details]) -> bytes:
    """Details of several scales as bytes: how many, where, what; 132 bytes for each."""
    parts = [np.array([len(several)], "<u2").tobytes()]
    for one in several:
        places = np.clip(np.round(one.points * _STEPS), 0, _STEPS).astype("<u2")
        parts += [np.array([len(one)], "<u2").tobytes(), places.tobytes()]
        parts.append(one.descriptors.tobytes())
    return b"".join(parts)


def unpack(packed: bytes | memoryview) -> list[Details]:
    """The details that ``pack`` wrote."""
    body, at, found = memoryview(packed), 2, []
    for _ in range(int(np.frombuffer(body[:2], "<u2")[0])):
        count = int(np.frombuffer(body[at : at + 2], "<u2")[0])
        at += 2
        places = np.frombuffer(body[at : at + 4 * count], "<u2").reshape(count, 2)
        at += 4 * count
        rows = np.frombuffer(body[at : at + DIM * count], np.uint8).reshape(count, DIM)
        at += DIM * count
        found.append(Details((places / np.float32(_STEPS)).astype(np.float32), rows))
    return found


def look_of(picture: Pixels) -> int:
    """Whether each of 8 × 8 places is brighter than the one to its right, in 64 bits.

    Copies of a picture that were scaled, compressed or brightened differ in a few bits.

    Source: Krawetz, "Kind of Like That", 2013 (difference hash).
    """
    small = Image.fromarray(picture).convert("L").resize((_LOOK + 1, _LOOK), Image.Resampling.BOX)
    grey = np.asarray(small, dtype=np.int16)
    signs = (grey[:, :-1] > grey[:, 1:]).ravel()
    return int(np.packbits(signs).view(">i8")[0])


def differing(one: int, other: int) -> int:
    """In how many of 64 bits two looks differ."""
    return ((one ^ other) & 0xFFFF_FFFF_FFFF_FFFF).bit_count()
