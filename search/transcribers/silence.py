"""Where nothing can be heard: models write words over silence that nobody said."""

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from search.transcribers.segments import Segment

SILENT = 10 ** (-50 / 20)  # of full scale: below it a microphone hears its own noise
FRAME = 1600  # samples, a tenth of a second


def levels(samples: NDArray[np.float32], frame: int = FRAME) -> NDArray[np.float32]:
    """How loud each frame is, root mean square, (frames,); the last may be shorter."""
    if not len(samples):
        return np.zeros(0, np.float32)
    starts = np.arange(0, len(samples), frame)
    sums = np.add.reduceat(np.square(samples, dtype=np.float64), starts)
    lengths = np.diff(np.append(starts, len(samples)))
    return np.sqrt(sums / lengths).astype(np.float32)


def is_silent(samples: NDArray[np.float32]) -> bool:
    """Whether nothing in it is louder than a microphone's own noise."""
    return not bool((levels(samples) >= SILENT).any())


def loud_segments(
    segments: Iterable[Segment], samples: NDArray[np.float32], rate: int
) -> list[Segment]:
    """Those under which something can be heard. Where times make no sense, a segment stays."""
    return [one for one in segments if not _over_silence(one, samples, rate)]


def quietest(samples: NDArray[np.float32], begin: int, frame: int = FRAME) -> int:
    """The sample in the middle of the quietest frame from ``begin`` on: the best place to cut."""
    frames = levels(samples[begin:], frame)
    if not len(frames):
        return len(samples)
    place = begin + int(frames.argmin()) * frame + frame // 2
    return min(place, len(samples))


def _over_silence(one: Segment, samples: NDArray[np.float32], rate: int) -> bool:
    if not (np.isfinite(one.start_s) and np.isfinite(one.end_s)) or one.end_s <= one.start_s:
        return False
    length_s = len(samples) / rate
    start_s, end_s = (min(max(second, 0.0), length_s) for second in (one.start_s, one.end_s))
    return is_silent(samples[int(start_s * rate) : round(end_s * rate)])
