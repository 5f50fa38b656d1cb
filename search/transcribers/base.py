"""What a model promises that writes down what is said."""

import threading
from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import ClassVar

from search.encoders.base import Presence
from search.encoders.media import SOUND_RATE, Sound
from search.errors import SearchError
from search.transcribers.segments import Segment, tidied
from search.transcribers.silence import is_silent, loud_segments

__all__ = ["SOUND_RATE", "Segment", "Sound", "Transcriber"]


class Transcriber(ABC):
    """Sounds in, what is said in them out, with times.

    ``name`` is what readers are told wrote the words; ``fingerprint`` begins with it and holds
    the weights, the precision and the language too. ``batch_size``: how many sounds are best
    given at once.
    """

    light: ClassVar[bool] = False  # a web process never holds one
    name: str
    fingerprint: str
    batch_size: int

    def __init__(self) -> None:
        self._alone = threading.Lock()

    @classmethod
    def presence(cls, checkpoint: str = "", **_options: object) -> Presence:
        """Whether this could be loaded here with these options."""
        return Presence(present=True, detail=checkpoint or cls.__name__)

    def transcribe(self, sounds: Sequence[Sound], *, language: str = "") -> list[list[Segment]]:
        """What is said in each sound: segments in order of time, none where nobody speaks.

        Seconds count from the beginning of each sound and lie inside it; segments do not overlap.
        What a model writes over silence, or again and again, is left out. ``language`` (ISO 639-1)
        is told where it is known; where not, a model that can tells it from the sound.

        Raises:
            SearchError: a sound is not of ``SOUND_RATE`` samples a second.
        """
        for sound in sounds:
            if sound.rate != SOUND_RATE:
                raise SearchError(
                    f"A sound has {sound.rate} samples a second; speech is read at {SOUND_RATE}."
                )
        heard = [n for n, sound in enumerate(sounds) if not is_silent(sound.samples)]
        said: list[list[Segment]] = [[] for _ in sounds]
        if not heard:
            return said
        with self._alone:
            raw = self._hear([sounds[n] for n in heard], language)
        for n, segments in zip(heard, raw, strict=True):
            samples = sounds[n].samples
            loud = loud_segments(segments, samples, SOUND_RATE)
            said[n] = tidied(loud, length_s=len(samples) / SOUND_RATE)
        return said

    @abstractmethod
    def _hear(self, sounds: Sequence[Sound], language: str) -> list[list[Segment]]:
        """What the model makes of each sound, as it says it; at least one sound is given."""
