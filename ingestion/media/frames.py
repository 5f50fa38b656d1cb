"""Frames of a video with their presentation times, upright and in their displayed shape."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from av.container import InputContainer
from av.video.frame import VideoFrame
from av.video.stream import VideoStream
from PIL import Image

from ingestion.media.probe import DAMAGED

NEAR_S = 2.0  # closer targets are reached by decoding on, farther ones by seeking
MOST_FAULTS = 200


@dataclass(slots=True)
class Faults:
    """Counts packets that could not be decoded."""

    count: int = 0


def decoded(container: InputContainer, stream: VideoStream, faults: Faults) -> Iterator[VideoFrame]:
    """Frames from here on in presentation order; what does not decode is counted and left out."""
    packets = container.demux(stream)
    while faults.count < MOST_FAULTS:
        try:
            packet = next(packets)
        except StopIteration:
            return
        except DAMAGED:  # the file ends in the middle, or turns to noise
            faults.count += 1
            return
        try:
            frames = packet.decode()
        except DAMAGED:
            faults.count += 1
            continue
        for frame in frames:
            if frame.pts is not None:
                yield frame


def seconds(frame: VideoFrame, origin_s: float) -> float:
    """When a frame is shown, counted from the recording's beginning."""
    return max(0.0, float((frame.pts or 0) * frame.time_base) - origin_s)


def grab(
    container: InputContainer,
    stream: VideoStream,
    times: Sequence[float],
    *,
    origin_s: float,
    max_side: int,
) -> Iterator[tuple[int, float, Image.Image]]:
    """For each time (ascending) its place in ``times`` and the frame a player shows then.

    That is the last frame not after it, or the first of all. Times without a frame are left out.
    The frame's own time comes with it.
    """
    faults = Faults()
    frames: Iterator[VideoFrame] | None = None
    held: VideoFrame | None = None
    ahead: VideoFrame | None = None
    for place, time in enumerate(times):
        reached = seconds(ahead, origin_s) if ahead else None
        near = reached is not None and time - reached <= NEAR_S
        if not near and (_seek(container, stream, time + origin_s) or frames is None):
            frames, held, ahead = decoded(container, stream, faults), None, None
        if frames is None:
            continue
        while ahead is None or seconds(ahead, origin_s) <= time + 1e-6:
            held, ahead = ahead or held, next(frames, None)
            if ahead is None:
                break
        shown = held or ahead
        if shown is not None:
            yield place, seconds(shown, origin_s), upright(shown, max_side, pixel_shape(stream))


def _seek(container: InputContainer, stream: VideoStream, time: float) -> bool:
    try:
        container.seek(int(time / (stream.time_base or 1)), stream=stream, backward=True)
    except DAMAGED:
        return False
    return True


def pixel_shape(stream: VideoStream) -> float:
    """How much wider than tall a pixel is; 1.0 where the file does not say or cannot mean it."""
    ratio = float(stream.sample_aspect_ratio or 0)
    return ratio if 0.1 < ratio < 10 else 1.0


def upright(frame: VideoFrame, max_side: int, shape: float = 1.0) -> Image.Image:
    """A frame as it is displayed: pixels made square, turned upright, at most ``max_side``."""
    width, height = frame.width * shape, float(frame.height)
    scale = min(1.0, max_side / max(width, height))
    size = max(1, round(width * scale)), max(1, round(height * scale))
    picture = frame.to_image(width=size[0], height=size[1], interpolation="BICUBIC")
    turn = round(frame.rotation) % 360
    return picture.rotate(turn, expand=True) if turn else picture
