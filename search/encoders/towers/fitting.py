"""Pictures, clips and sounds of any size brought to the size that the towers take."""

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from search.encoders.media import Clip, Pixels, Sound
from search.encoders.towers.log_mel import RATE, SECOND
from search.errors import SearchError


def as_square(picture: Pixels, *, side: int) -> Pixels:
    """The whole picture within a square, (side, side, 3); what is left over has its mean colour.

    A picture of that size already comes back as it is.

    Raises:
        SearchError: it is no RGB picture, or has no pixels.
    """
    if picture.ndim != 3 or picture.shape[2] != 3 or not picture.size:
        raise SearchError(f"A picture has the shape {picture.shape}; (height, width, 3) is needed.")
    height, width = picture.shape[:2]
    if (height, width) == (side, side):
        return picture
    longest = max(height, width)
    size = (max(1, round(width * side / longest)), max(1, round(height * side / longest)))
    small = np.asarray(Image.fromarray(picture).resize(size, Image.Resampling.BOX))
    square = np.empty((side, side, 3), dtype=np.uint8)
    square[:] = np.rint(small.mean(axis=(0, 1)))
    top, left = (side - size[1]) // 2, (side - size[0]) // 2
    square[top : top + size[1], left : left + size[0]] = small
    return square


def as_frames(clip: Clip, *, count: int, side: int) -> NDArray[np.uint8]:
    """``count`` frames evenly spread over the clip, (count, side, side, 3); few are repeated.

    Raises:
        SearchError: the clip holds no frame, or what it holds are no pictures.
    """
    if not len(clip.frames):
        raise SearchError("A clip holds no frame.")
    places = np.rint(np.linspace(0, len(clip.frames) - 1, count)).astype(int)
    return np.stack([as_square(clip.frames[place], side=side) for place in places])


def as_seconds(sound: Sound) -> NDArray[np.float32]:
    """A sound in windows of one second at 16 kHz, (windows, 16,000).

    A shorter one lies in the middle of silence; the last window of a longer one ends where it does.

    Raises:
        SearchError: it holds no samples, or more than one channel.
    """
    if sound.samples.ndim != 1 or not len(sound.samples):
        raise SearchError(f"A sound has the shape {sound.samples.shape}; (samples,) is needed.")
    samples = _resampled(sound.samples.astype(np.float32), rate=sound.rate)
    missing = SECOND - len(samples)
    if missing > 0:
        samples = np.pad(samples, (missing // 2, missing - missing // 2))
    starts = np.arange(0, len(samples) - SECOND + 1, SECOND)
    if starts[-1] + SECOND < len(samples):
        starts = np.append(starts, len(samples) - SECOND)
    return np.stack([samples[start : start + SECOND] for start in starts])


def _resampled(samples: NDArray[np.float32], *, rate: int) -> NDArray[np.float32]:
    """The samples at 16 kHz, without what that rate cannot hold."""
    count = max(1, round(len(samples) * RATE / rate))
    if rate == RATE or count == len(samples):
        return samples
    spectrum = np.fft.rfft(samples)
    kept = np.zeros(count // 2 + 1, dtype=spectrum.dtype)
    shared = min(len(kept), len(spectrum))
    kept[:shared] = spectrum[:shared]
    return (np.fft.irfft(kept, count) * (count / len(samples))).astype(np.float32)
