"""Where the picture of a video changes.

A cut stands out from its neighbours: the difference between two successive frames is several
times the mean of those around it (PySceneDetect's AdaptiveDetector follows the same rule). It is
our own, since that library opens files by name and counts frames where presentation times are
needed. A slow change (a pan, a dissolve) has no such peak: after some seconds a shot also ends
when the picture no longer looks like the one it began with.
"""

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

import numpy as np
from av.container import InputContainer
from av.video.frame import VideoFrame
from av.video.stream import VideoStream
from numpy.typing import NDArray

from ingestion.media.frames import Faults, decoded, seconds
from ingestion.types import Limits

SMALL = (64, 36)
WINDOW = 2  # neighbours on each side
PEAK = 3.0  # times the mean of the neighbours
LEAST_CHANGE = 7.0  # summed mean differences of brightness and both colours, each 0..255
KEYFRAME_CHANGE = 25.0  # the same between key frames, which stand seconds apart
SHORTEST_S = 0.5
SLOW_AFTER_S = 8.0
SLOW_CHANGE = 40.0
LOOK_EVERY_S = 1 / 31  # more frames a second than this add nothing
PIXEL_BUDGET = 60e9  # decoded pixels; one to three seconds of CPU per 1e9 for H.264
FRAME_COST = 20_000  # pixels that a frame costs however small it is
DEAR_CODECS = {"hevc": 3.0, "vp9": 2.0, "libdav1d": 2.0, "av1": 3.0, "vvc": 5.0}
CPU_SHARE = 0.4  # of the CPU limit

Small = NDArray[np.int16]
Progress = Callable[[float], object]
Watching = Callable[[float, VideoFrame], object]


@dataclass(frozen=True, slots=True)
class Shot:
    """A span between two cuts, in seconds from the recording's beginning."""

    start_s: float
    end_s: float


@dataclass(frozen=True, slots=True)
class Shots:
    """The shots of a video, without gaps. ``end_s``: where the last frame that decoded ends.

    ``sampled``: too long to look at every frame, so only key frames were looked at.
    """

    shots: tuple[Shot, ...]
    end_s: float
    frames: int
    faults: int
    sampled: bool = False


@dataclass(slots=True)
class _Track:
    """What one pass over the frames keeps: a time and a change per frame."""

    times: list[float] = field(default_factory=list)
    changes: list[float] = field(default_factory=list)
    slow: list[float] = field(default_factory=list)
    end_s: float = 0.0
    sampled: bool = False


def find_shots(
    container: InputContainer,
    stream: VideoStream,
    limits: Limits,
    *,
    origin_s: float,
    duration_s: float | None,
    on_progress: Progress | None = None,
    on_frame: Watching | None = None,
) -> Shots:
    """The shots of a video, at most ``limits.frames``; the least marked cuts go first.

    No frame decodes: no shots. Reads the container from its current place to its end.
    ``on_frame`` is shown each frame that is looked at, with its second.
    """
    faults = Faults()
    sampled = _is_too_long(stream, duration_s)
    if sampled:
        stream.codec_context.skip_frame = "NONKEY"
    frames = decoded(container, stream, faults)
    track = _look(
        frames,
        stream,
        limits,
        origin_s=origin_s,
        heard=lambda at: on_progress(at / duration_s) if on_progress and duration_s else None,
        shown=on_frame or (lambda at, frame: None),
    )
    if not track.times:
        return Shots((), 0.0, 0, faults.count)
    sampled = sampled or track.sampled
    end_s = max(track.end_s, duration_s or 0.0) if sampled else track.end_s
    cuts = _cuts(track, sampled=sampled)
    shots = _spans(cuts, end_s, limits.frames)
    return Shots(shots, end_s, len(track.times), faults.count, sampled)


def _is_too_long(stream: VideoStream, duration_s: float | None) -> bool:
    rate = float(stream.average_rate or 25)
    count = stream.frames or (duration_s or 0) * min(rate, 120.0)
    return count * _cost(stream) > PIXEL_BUDGET


def _cost(stream: VideoStream) -> float:
    context = stream.codec_context
    dear = DEAR_CODECS.get(context.name, 1.0)
    return context.width * context.height * dear + FRAME_COST


def _look(
    frames: Iterable[VideoFrame],
    stream: VideoStream,
    limits: Limits,
    *,
    origin_s: float,
    heard: Progress,
    shown: Watching,
) -> _Track:
    track = _Track()
    watch = _Watch(track)
    cost, spent = _cost(stream), 0.0
    stops_at = time.process_time() + limits.cpu_s * CPU_SHARE
    for frame in frames:
        shown_at = seconds(frame, origin_s)
        length = float(frame.duration * frame.time_base) if frame.duration else 0.0
        track.end_s = max(track.end_s, shown_at + length)
        spent += cost
        if not track.sampled and (spent > PIXEL_BUDGET or time.process_time() > stops_at):
            stream.codec_context.skip_frame = "NONKEY"
            track.sampled = True
        if shown_at > limits.media_s:
            break
        if track.times and shown_at - track.times[-1] < LOOK_EVERY_S:
            continue
        watch.see(shown_at, frame)
        shown(shown_at, frame)
        heard(shown_at)
    return track


class _Watch:
    """Compares each frame with the one before and with the one its shot began with."""

    def __init__(self, track: _Track) -> None:
        self._track = track
        self._before: Small | None = None
        self._first: Small | None = None
        self._first_at = 0.0

    def see(self, shown_at: float, frame: VideoFrame) -> None:
        small = _small(frame)
        change = 0.0 if self._before is None else _change(small, self._before)
        self._track.times.append(shown_at)
        self._track.changes.append(change)
        self._before = small
        if self._first is None or change > KEYFRAME_CHANGE:
            self._first, self._first_at = small, shown_at
        elif shown_at - self._first_at >= SLOW_AFTER_S:
            if _change(small, self._first) > SLOW_CHANGE:
                self._track.slow.append(shown_at)
                self._first = small
            self._first_at = shown_at if self._first is small else shown_at - SLOW_AFTER_S + 1


def _small(frame: VideoFrame) -> Small:
    picture = frame.reformat(
        width=SMALL[0], height=SMALL[1], format="yuv444p", interpolation="FAST_BILINEAR"
    )
    return picture.to_ndarray().astype(np.int16)  # (3, height, width)


def _change(one: Small, other: Small) -> float:
    return float(np.abs(one - other).mean(axis=(1, 2)).sum())


def _cuts(track: _Track, *, sampled: bool) -> list[tuple[float, float]]:
    """Times at which a shot begins, each with how marked the cut is."""
    changes = np.asarray(track.changes)
    if sampled:
        marked = {
            at: change
            for at, change in zip(track.times, track.changes, strict=True)
            if change > KEYFRAME_CHANGE
        }
    else:
        around = _mean_around(changes)
        peaks = (changes >= LEAST_CHANGE) & (changes >= PEAK * np.maximum(around, 1e-3))
        marked = {track.times[at]: track.changes[at] for at in np.flatnonzero(peaks)}
    for at in track.slow:
        marked.setdefault(at, LEAST_CHANGE)
    return _apart(sorted(marked.items()))


def _mean_around(changes: NDArray[np.float64]) -> NDArray[np.float64]:
    """Mean of the ``WINDOW`` values on each side, without the value itself."""
    kernel = np.ones(2 * WINDOW + 1)
    kernel[WINDOW] = 0.0
    total = np.convolve(changes, kernel, mode="same")[: len(changes)]
    count = np.convolve(np.ones_like(changes), kernel, mode="same")[: len(changes)]
    return total / np.maximum(count, 1.0)


def _apart(cuts: list[tuple[float, float]]) -> list[tuple[float, float]]:
    """Of cuts closer than ``SHORTEST_S`` the most marked."""
    kept: list[tuple[float, float]] = []
    for at, change in cuts:
        if at < SHORTEST_S:
            continue
        if kept and at - kept[-1][0] < SHORTEST_S:
            if change > kept[-1][1]:
                kept[-1] = (at, change)
            continue
        kept.append((at, change))
    return kept


def _spans(cuts: list[tuple[float, float]], end_s: float, most: int) -> tuple[Shot, ...]:
    strongest = sorted(cuts, key=lambda cut: (-cut[1], cut[0]))[: max(0, most - 1)]
    starts = [0.0, *sorted(at for at, _ in strongest if at < end_s - SHORTEST_S)]
    ends = [*starts[1:], max(end_s, starts[-1])]
    return tuple(Shot(start, end) for start, end in zip(starts, ends, strict=True))
