"""What an encoder of pictures, moving pictures and sounds promises."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from search.encoders.base import Encoder, Kind, Ragged, Rows, as_unit_rows
from search.errors import SearchError
from search.types import Modality

Pixels = NDArray[np.uint8]  # (height, width, 3), RGB

CLIP_FRAMES = 8
SOUND_RATE = 16_000


class Medium(StrEnum):
    """What an encoder is given: of a passage, or as a question."""

    TEXT = "text"
    IMAGE = "image"
    CLIP = "clip"
    SOUND = "sound"


MEDIUM_OF: Mapping[Modality, Medium] = MappingProxyType(
    {
        Modality.PAGE: Medium.IMAGE,
        Modality.IMAGE: Medium.IMAGE,
        Modality.VIDEO: Medium.CLIP,
        Modality.AUDIO: Medium.SOUND,
    }
)


@dataclass(frozen=True, slots=True)
class Clip:
    """Moving pictures: ``frames`` (n, height, width, 3), RGB, evenly spread over ``seconds``."""

    frames: NDArray[np.uint8]
    seconds: float = 1.0


@dataclass(frozen=True, slots=True)
class Sound:
    """One channel of samples, (n,), -1 to 1, ``rate`` a second."""

    samples: NDArray[np.float32]
    rate: int = SOUND_RATE

    @property
    def seconds(self) -> float:
        return len(self.samples) / self.rate


class MediaEncoder(Encoder):
    """Turns what it sees, hears or reads into unit vectors of one space.

    ``media`` says what it takes; of a passage it reads the medium of its kind, never its words. A
    question in words can be asked of it if ``Medium.TEXT`` is among them. Where ``kind`` is MULTI
    each input becomes several rows and the answers are ``Ragged``.
    """

    kind: ClassVar[Kind] = Kind.DENSE
    media: frozenset[Medium]

    def reads(self, kind: Modality) -> bool:
        """Whether passages of this kind get a vector."""
        return MEDIUM_OF.get(kind) in self.media

    def encode_queries(self, texts: Sequence[str]) -> Rows | Ragged:
        """Questions and captions in words, (n, dim), in the order given."""
        raise self._cannot(Medium.TEXT)

    def encode_images(self, pictures: Sequence[Pixels]) -> Rows | Ragged:
        """Pictures, (n, dim), in the order given."""
        raise self._cannot(Medium.IMAGE)

    def encode_clips(self, clips: Sequence[Clip]) -> Rows | Ragged:
        """Moving pictures, (n, dim), in the order given."""
        raise self._cannot(Medium.CLIP)

    def encode_sounds(self, sounds: Sequence[Sound]) -> Rows | Ragged:
        """Sounds, (n, dim), in the order given."""
        raise self._cannot(Medium.SOUND)

    def _cannot(self, medium: Medium) -> SearchError:
        able = ", ".join(sorted(self.media))
        return SearchError(f"{type(self).__name__} takes no {medium}; it takes: {able}.")


def mean_of_frames(clips: Sequence[Clip], frames: Rows) -> Rows:
    """A clip's vector as the mean of its frames' unit vectors, (clips, dim), blind to their order.

    ``frames``: the vectors of all frames, one clip under another.
    """
    ends = np.cumsum([len(clip.frames) for clip in clips])
    parts = np.split(frames, ends[:-1]) if len(clips) else []
    means = np.array([part.mean(axis=0) for part in parts], dtype=np.float32)
    return as_unit_rows(means.reshape(len(clips), frames.shape[1]), dim=frames.shape[1])
