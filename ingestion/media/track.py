"""What a recording sounds like, for encoders that listen: one channel, 16,000 samples a second."""

from pathlib import Path
from typing import cast

import av
import numpy as np
from av.audio.frame import AudioFrame
from av.audio.resampler import AudioResampler
from av.audio.stream import AudioStream
from av.container import InputContainer
from numpy.typing import NDArray

from ingestion.media.frames import MOST_FAULTS
from ingestion.media.probe import DAMAGED

RATE = 16_000
_BITS = 32_000  # a second; speech and noises keep what encoders hear of them
_LEAST_S = 0.02


def save_track(
    container: InputContainer,
    stream: AudioStream,
    path: Path,
    *,
    origin_s: float,
    longest_s: float,
) -> float:
    """Write the sound as Opus in Ogg; gives how many seconds, 0 if nothing decodes.

    A sample stands where it is heard: gaps become silence. Reads on from the container's place.
    """
    track = _Track(path)
    resampler = AudioResampler(format="s16", layout="mono", rate=RATE)
    faults = 0
    packets = container.demux(stream)
    while faults < MOST_FAULTS and track.seconds < longest_s:
        try:
            packet = next(packets)
            frames = packet.decode()
        except StopIteration:
            break
        except DAMAGED:
            faults += 1
            continue
        for frame in frames:
            start_s = None if frame.pts is None else float(frame.pts * frame.time_base) - origin_s
            for part in resampler.resample(cast(AudioFrame, frame)):
                track.add(part.to_ndarray().ravel().astype(np.int16), start_s)
                start_s = None
    return track.close()


class _Track:
    """An Opus file that is written as samples come."""

    def __init__(self, path: Path) -> None:
        self._path, self._samples = path, 0
        self._file = av.open(str(path), "w", format="ogg")
        self._stream = self._file.add_stream("libopus", rate=RATE, layout="mono")
        self._stream.bit_rate = _BITS

    @property
    def seconds(self) -> float:
        return self._samples / RATE

    def add(self, samples: NDArray[np.int16], start_s: float | None) -> None:
        """Append, after silence up to ``start_s``."""
        missing = 0 if start_s is None else round(start_s * RATE) - self._samples
        if missing > _LEAST_S * RATE:
            self._write(np.zeros(min(missing, 3600 * RATE), np.int16))
        self._write(samples)

    def _write(self, samples: NDArray[np.int16]) -> None:
        for start in range(0, len(samples), RATE):
            part = samples[start : start + RATE]
            frame = AudioFrame.from_ndarray(part[None, :], format="s16", layout="mono")
            frame.sample_rate, frame.pts = RATE, self._samples
            self._samples += len(part)
            self._file.mux(self._stream.encode(frame))

    def close(self) -> float:
        if self._samples:
            self._file.mux(self._stream.encode(None))
        self._file.close()
        if not self._samples:
            self._path.unlink(missing_ok=True)
        return self.seconds
