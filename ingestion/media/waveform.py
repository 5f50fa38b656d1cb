"""The loudness of a recording over time, and its picture."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream
from av.container import InputContainer
from numpy.typing import NDArray
from PIL import Image

from ingestion.media.frames import MOST_FAULTS
from ingestion.media.probe import DAMAGED

RATE_HZ = 50  # peaks a second
INK = (37, 99, 235)
PAPER = (255, 255, 255)
AXIS = (203, 213, 225)

Peaks = NDArray[np.float32]
Progress = Callable[[float], None]


@dataclass(frozen=True, slots=True)
class Sound:
    """The highest amplitude, 0 to 1, in each 1/50 s. ``end_s``: where the last sample ends."""

    peaks: Peaks  # (duration * RATE_HZ,)
    end_s: float
    faults: int

    def part(self, start_s: float, end_s: float) -> Peaks:
        """The peaks of a span; at least one."""
        first = min(int(start_s * RATE_HZ), max(0, len(self.peaks) - 1))
        return self.peaks[first : max(first + 1, int(end_s * RATE_HZ))]


def measure(
    container: InputContainer,
    stream: AudioStream,
    *,
    origin_s: float,
    longest_s: float,
    on_progress: Progress | None = None,
) -> Sound:
    """Decode a sound track once and keep its peaks. What does not decode is silence.

    Stops after ``longest_s`` seconds of sound.
    """
    peaks = np.zeros(RATE_HZ * 60, np.float32)
    end_s, faults = 0.0, 0
    packets = container.demux(stream)
    while faults < MOST_FAULTS and end_s < longest_s:
        try:
            packet = next(packets)
        except StopIteration:
            break
        except DAMAGED:
            faults += 1
            break
        try:
            frames = packet.decode()
        except DAMAGED:
            faults += 1
            continue
        for frame in frames:
            peaks, end_s = _add(peaks, end_s, frame, origin_s)
        if on_progress is not None:
            on_progress(end_s)
    return Sound(peaks[: max(1, int(np.ceil(end_s * RATE_HZ)))], end_s, faults)


def _add(peaks: Peaks, end_s: float, frame: AudioFrame, origin_s: float) -> tuple[Peaks, float]:
    """Put a frame's peaks where it is heard; without a time, after what came before."""
    start_s = end_s if frame.pts is None else float(frame.pts * frame.time_base) - origin_s
    loud = _amplitudes(frame)  # (samples,)
    ends_at = start_s + len(loud) / frame.sample_rate
    places = ((start_s + np.arange(len(loud)) / frame.sample_rate) * RATE_HZ).astype(np.int64)
    kept = places >= 0
    if not kept.any() or ends_at > 1e6:
        return peaks, end_s
    highest = int(places[-1])
    if highest >= len(peaks):
        peaks = np.concatenate([peaks, np.zeros(highest + 1, np.float32)])
    places, loud = places[kept], loud[kept]
    starts = np.flatnonzero(np.diff(places, prepend=places[0] - 1))  # where a new peak begins
    here = places[starts]
    peaks[here] = np.maximum(peaks[here], np.maximum.reduceat(loud, starts))
    return peaks, max(end_s, ends_at)


def _amplitudes(frame: AudioFrame) -> Peaks:
    """The absolute amplitude of each sample, 0 to 1, the loudest channel's."""
    values = frame.to_ndarray()
    if values.dtype.kind == "u":
        values = values.astype(np.float32) / 128.0 - 1.0
    elif values.dtype.kind == "i":
        values = values.astype(np.float32) / 2.0 ** (8 * values.dtype.itemsize - 1)
    loud = np.abs(np.nan_to_num(values.astype(np.float32), posinf=1.0, neginf=-1.0))
    if not frame.format.is_planar:
        loud = loud.reshape(-1, frame.layout.nb_channels).T
    return np.minimum(loud.max(axis=0), 1.0)


def draw(peaks: Peaks, size: tuple[int, int]) -> Image.Image:
    """The peaks as a symmetric waveform, scaled so that the loudest nearly fills the height."""
    width, height = size
    edges = np.linspace(0, len(peaks), width + 1)
    columns = np.array(
        [
            peaks[int(edges[at]) : max(int(edges[at]) + 1, int(np.ceil(edges[at + 1])))].max()
            for at in range(width)
        ]
    )
    loudest = float(columns.max())
    heights = columns / loudest * (height / 2 - 2) if loudest > 1e-4 else np.zeros(width)
    away = np.abs(np.arange(height) - (height - 1) / 2)[:, None]  # (height, 1)
    picture = np.full((height, width, 3), PAPER, np.uint8)
    picture[away[:, 0] < 1] = AXIS
    picture[away < np.maximum(heights, 0.0)[None, :]] = INK
    return Image.fromarray(picture, "RGB")
