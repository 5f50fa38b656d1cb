"""A kept track in portions, so that hours of sound are never held at once."""

from collections.abc import Iterator
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

from ingestion.media.track import RATE
from search.transcribers.base import Sound
from search.transcribers.silence import quietest

PORTION_S = 240.0
SEARCHED_S = 20.0  # at the end of a portion, for a quiet place to cut
_PAUSE = RATE * 3 // 10  # samples; most pauses between sentences are longer


def portions(
    path: Path, *, begin_s: float = 0.0, longest_s: float = PORTION_S
) -> Iterator[tuple[float, Sound]]:
    """(second at which it begins, sound) of each portion of a track that our own readers wrote.

    A portion is at most ``longest_s`` long and ends where it is quiet; what begins before
    ``begin_s`` is left out.

    Raises:
        OSError, ValueError: it is gone, or no track of ours.
    """
    most, searched = round(longest_s * RATE), round(SEARCHED_S * RATE)
    start = round(begin_s * RATE)
    kept = np.zeros(0, np.float32)
    for more in _samples(path, start):
        kept = np.concatenate([kept, more])
        while len(kept) > most:
            end = quietest(kept[:most], max(0, most - searched), _PAUSE)
            yield start / RATE, Sound(kept[:end], RATE)
            start, kept = start + end, kept[end:]
    if len(kept):
        yield start / RATE, Sound(kept, RATE)


def _samples(path: Path, skipped: int) -> Iterator[NDArray[np.float32]]:
    """The samples behind the first ``skipped``, about a second at a time."""
    gathered: list[NDArray[np.float32]] = []
    for part in _decoded(path):
        left_out = min(skipped, len(part))
        skipped -= left_out
        gathered.append(part[left_out:])
        if sum(map(len, gathered)) >= RATE:
            yield np.concatenate(gathered)
            gathered = []
    if gathered:
        yield np.concatenate(gathered)


def _decoded(path: Path) -> Iterator[NDArray[np.float32]]:
    resampler = av.AudioResampler(format="s16", layout="mono", rate=RATE)
    try:
        with path.open("rb") as file, av.open(file, "r", format="ogg") as container:
            for frame in container.decode(audio=0):
                for part in resampler.resample(frame):
                    yield part.to_ndarray().ravel().astype(np.float32) / 32768.0
    except (av.FFmpegError, IndexError) as error:
        raise ValueError(
            f"{path.name} is no track that can be read ({type(error).__name__})."
        ) from error
