"""What moves in a video: clips of eight frames each, for encoders that look through time."""

import io
from bisect import bisect_left, insort
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
from av.video.frame import VideoFrame
from PIL import Image

from ingestion.media.frames import upright
from ingestion.media.shots import Shot

FRAMES = 8
SIDE = 224  # pixels of a frame's longer side
LONGEST_S = 8.0  # a longer shot is cut into clips that overlap by half
WINDOW_S = 8.0
MOST_CLIPS = 1500
EVERY_S = 0.25
MOVED = 6.0  # mean difference of brightness, of 255, from which a clip shows another picture
APART_S = 0.75  # of the frames by which a clip is known again
MOST_KEPT = 6000
BESIDE = (-7 / 16, -1 / 4, 1 / 4, 7 / 16)  # shares of a clip, from its middle
_QUALITY = 90
_SMALL = (32, 18)


@dataclass(slots=True)
class Film:
    """Small frames of a whole video, taken while it is looked through for shots."""

    duration_s: float | None
    pixel_shape: float = 1.0
    times: list[float] = field(default_factory=list)
    _frames: list[bytes] = field(default_factory=list)

    def see(self, shown_at: float, frame: VideoFrame) -> None:
        """Keep the frame, unless the last one that was kept is too near."""
        every_s = max(EVERY_S, (self.duration_s or 0.0) / MOST_KEPT)
        if len(self.times) >= 2 * MOST_KEPT or (
            self.times and shown_at - self.times[-1] < every_s - 1e-3
        ):
            return
        body = io.BytesIO()
        upright(frame, SIDE, self.pixel_shape).save(body, "JPEG", quality=_QUALITY)
        self.times.append(shown_at)
        self._frames.append(body.getvalue())

    def strip(self, clip: Shot) -> Image.Image:
        """The clip's frames side by side, evenly spread over it; one may stand twice."""
        pictures = [Image.open(io.BytesIO(self._frames[at])) for at in self._chosen(clip)]
        width, height = pictures[0].size
        strip = Image.new("RGB", (width * FRAMES, height))
        for place, picture in enumerate(pictures):
            strip.paste(picture.resize((width, height)), (place * width, 0))
        return strip

    def moves(self, one_s: float, other_s: float) -> bool:
        """Whether the picture is another at the second time."""
        one, other = (
            np.asarray(self._at(second).convert("L").resize(_SMALL), dtype=np.int16)
            for second in (one_s, other_s)
        )
        return float(np.abs(one - other).mean()) > MOVED

    def _at(self, second: float) -> Image.Image:
        at = min(bisect_left(self.times, second), len(self.times) - 1)
        return Image.open(io.BytesIO(self._frames[at]))

    def _chosen(self, clip: Shot) -> Iterator[int]:
        """The frame that is nearest to the middle of each eighth."""
        first = bisect_left(self.times, clip.start_s - 1e-3)
        last = max(bisect_left(self.times, clip.end_s - 1e-3), first + 1)
        inside = range(min(first, len(self.times) - 1), min(last, len(self.times)))
        for number in range(FRAMES):
            middle = clip.start_s + (number + 0.5) * (clip.end_s - clip.start_s) / FRAMES
            yield min(inside, key=lambda at: abs(self.times[at] - middle))


def clips_of(shots: Sequence[Shot]) -> tuple[Shot, ...]:
    """The spans to look at as one: short shots whole, long ones in parts that overlap by half."""
    total_s = shots[-1].end_s - shots[0].start_s if shots else 0.0
    window_s = max(WINDOW_S, 2 * total_s / MOST_CLIPS)
    return tuple(part for shot in shots for part in _parts(shot, window_s))


def _parts(shot: Shot, window_s: float) -> Iterator[Shot]:
    length_s = shot.end_s - shot.start_s
    if length_s <= max(LONGEST_S, window_s):
        yield shot
        return
    count = max(2, round(2 * length_s / window_s) - 1)
    step_s = (length_s - window_s) / (count - 1)
    for number in range(count):
        start_s = shot.start_s + number * step_s
        yield Shot(start_s, start_s + window_s)


def more_frames(clips: Sequence[Shot], film: Film) -> tuple[float, ...]:
    """Seconds beside the middles of clips at which something else is shown."""
    middles = [(clip.start_s + clip.end_s) / 2 for clip in clips]
    taken, found = sorted(middles), []
    for clip, middle in zip(clips, middles, strict=True):
        length_s = clip.end_s - clip.start_s
        apart_s = min(APART_S, length_s / 6)
        for share in BESIDE:
            second = middle + share * length_s
            near = bisect_left(taken, second - apart_s)
            is_new = near == len(taken) or taken[near] > second + apart_s
            if is_new and film.moves(middle, second):
                insort(taken, second)
                found.append(second)
    return tuple(sorted(found))
