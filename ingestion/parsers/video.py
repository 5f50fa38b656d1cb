"""Video: shots with a frame each, the words on screen, and what is said by its subtitles."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import ClassVar, cast

import numpy as np
from av.container import InputContainer
from av.video.stream import VideoStream
from PIL import Image

from ingestion.errors import IngestError
from ingestion.media import progress
from ingestion.media.clips import Film, clips_of, more_frames
from ingestion.media.frames import grab, pixel_shape
from ingestion.media.probe import DAMAGED, Recording, open_media, packet_end_s, probe
from ingestion.media.shots import Shot, Shots, find_shots
from ingestion.media.thumbnails import save_webp
from ingestion.media.words import frame_words, merged
from ingestion.parsers.audio import described, parse_sound, sound_track
from ingestion.parsers.base import Parser
from ingestion.parsers.subtitles import spoken_words
from ingestion.types import Block, Limits, Media, Parsed, ParseRequest

FRAME_SIDE = 960
MOST_READ_FRAMES = 60
BLACK = 12.0  # standard deviation of the brightness of a picture that shows something
SHORT_BY = 0.05
LOOKING, GRABBING = 0.5, 0.7  # shares of the work at which the two passes end


class VideoParser(Parser):
    """MP4, MOV, WebM, Matroska, AVI, MPEG-TS, 3GP and Ogg."""

    accepts: ClassVar[frozenset[str]] = frozenset(
        {
            "video/mp4",
            "video/x-m4v",
            "video/quicktime",
            "video/webm",
            "video/x-matroska",
            "video/matroska",
            "video/x-msvideo",
            "video/avi",
            "video/mp2t",
            "video/3gpp",
            "video/3gpp2",
            "video/ogg",
            "application/ogg",
        }
    )

    def parse(self, request: ParseRequest, limits: Limits) -> Parsed:
        """Cue blocks, ``ocr`` blocks, a ``shot`` per change of picture, and a ``poster``.

        All times are presentation times from the recording's beginning. A file without a
        picture is read as sound.

        Raises:
            IngestError: not a recording we read, or nothing in it can be decoded.
            TooLargeError: longer than ``limits.media_s`` or larger than ``limits.pixels``.
        """
        with open_media(request.path) as container:
            recording = probe(container, limits)
            if recording.video is None:
                return parse_sound(container, recording, request, limits)
            film = Film(recording.duration_s, pixel_shape(_video(container, recording)))
            shots = _shots(container, recording, limits, film)
        if not shots.shots:
            return _sound_only(recording, request, limits)
        duration_s = _duration_s(request, recording, shots)
        media, pictures = _frames(request, recording, shots, film)
        spoken, notices = spoken_words(request, recording, duration_s)
        return described(
            recording,
            media_type=recording.media_type,
            blocks=(*spoken, *_words_on_screen(pictures, recording.language)),
            media=(*media, *sound_track(request, recording, limits)),
            duration_s=round(duration_s, 3),
            notices=(*_picture_notices(request, recording, shots), *notices),
        )


def _sound_only(recording: Recording, request: ParseRequest, limits: Limits) -> Parsed:
    if recording.audio is None:
        raise IngestError(
            "The picture of this video cannot be decoded: it is damaged, encrypted, or of a kind "
            "we do not read. Save it as MP4 (H.264) or WebM."
        )
    with open_media(request.path) as container:
        parsed = parse_sound(container, recording, request, limits)
    notice = "The picture of this video could not be decoded; only its sound was read."
    return replace(parsed, notices=(notice, *parsed.notices))


def _shots(container: InputContainer, recording: Recording, limits: Limits, film: Film) -> Shots:
    return find_shots(
        container,
        _video(container, recording),
        limits,
        origin_s=recording.origin_s,
        duration_s=recording.duration_s,
        on_progress=lambda share: progress.report(LOOKING * share),
        on_frame=film.see,
    )


def _video(container: InputContainer, recording: Recording) -> VideoStream:
    return cast(VideoStream, container.streams[recording.video or 0])


def _duration_s(request: ParseRequest, recording: Recording, shots: Shots) -> float:
    if recording.duration_s is not None:
        return max(recording.duration_s, shots.end_s)
    with open_media(request.path) as container:
        return max(shots.end_s, packet_end_s(container, recording.origin_s))


def _frames(
    request: ParseRequest, recording: Recording, shots: Shots, film: Film
) -> tuple[tuple[Media, ...], list[tuple[Shot, Image.Image]]]:
    """Shots and clips with the frame in the middle of each; those frames to be read for words."""
    clips = clips_of(shots.shots)
    moments = {Shot(second, second) for second in more_frames(clips, film)}
    spans = sorted(
        {*shots.shots, *clips, *moments}, key=lambda one: (one.start_s + one.end_s, one.start_s)
    )
    read = {shots.shots[at] for at in _evenly(len(shots.shots), MOST_READ_FRAMES)}
    media: list[Media] = []
    pictures: list[tuple[Shot, Image.Image]] = []
    poster = _BestFrame()
    for place, frame_s, picture in _middles(request, recording, shots, spans):
        span = spans[place]
        kind = "shot" if span in set(shots.shots) else "frame"
        media.append(_span_media(request.output, kind, span, (frame_s, picture)))
        if span in read:
            pictures.append((span, picture))
        poster.see(frame_s, picture)
        progress.report(LOOKING + (GRABBING - LOOKING) * place / len(spans))
    media += [_clip_media(request.output, place, clip, film) for place, clip in enumerate(clips)]
    if poster.picture is not None:
        media.append(_poster(request.output, poster.second, poster.picture))
    return tuple(media), pictures


def _middles(
    request: ParseRequest, recording: Recording, shots: Shots, spans: Sequence[Shot]
) -> Iterator[tuple[int, float, Image.Image]]:
    middles = [(span.start_s + span.end_s) / 2 for span in spans]
    with open_media(request.path) as container:
        stream = _video(container, recording)
        if shots.sampled:
            stream.codec_context.skip_frame = "NONKEY"
        yield from grab(
            container, stream, middles, origin_s=recording.origin_s, max_side=FRAME_SIDE
        )


@dataclass(slots=True)
class _BestFrame:
    """The first frame that shows something, else the first."""

    picture: Image.Image | None = None
    second: float = 0.0
    shows: float = 0.0

    def see(self, second: float, picture: Image.Image) -> None:
        shows = float(np.asarray(picture.convert("L")).std())
        if self.picture is None or self.shows < BLACK < shows:
            self.picture, self.second, self.shows = picture, second, shows


def _span_media(folder: str, kind: str, span: Shot, frame: tuple[float, Image.Image]) -> Media:
    frame_s, picture = frame
    name = f"{kind}-{round(1000 * span.start_s):08}-{round(1000 * span.end_s):08}.webp"
    saved = save_webp(picture, folder, name, max_side=FRAME_SIDE)
    return _spanning(kind, span, saved, frame_s)


def _clip_media(folder: str, place: int, clip: Shot, film: Film) -> Media:
    strip = film.strip(clip)
    name = f"clip-{place + 1:04}.webp"
    return _spanning("clip", clip, save_webp(strip, folder, name, max_side=strip.width))


def _spanning(
    kind: str, span: Shot, saved: tuple[str, int, int], frame_s: float | None = None
) -> Media:
    return Media(
        kind,
        *saved,
        start_s=round(span.start_s, 3),
        end_s=round(span.end_s, 3),
        frame_s=None if frame_s is None else round(frame_s, 3),
    )


def _poster(folder: str, frame_s: float, picture: Image.Image) -> Media:
    name, width, height = save_webp(picture, folder, "poster.webp", max_side=FRAME_SIDE)
    return Media("poster", name, width, height, frame_s=round(frame_s, 3))


def _evenly(count: int, most: int) -> list[int]:
    """At most ``most`` of the numbers below ``count``, evenly spread."""
    if count <= most:
        return list(range(count))
    return [round(at * (count - 1) / (most - 1)) for at in range(most)]


def _words_on_screen(
    pictures: Sequence[tuple[Shot, Image.Image]], language: str
) -> tuple[Block, ...]:
    blocks = []
    for number, (shot, picture) in enumerate(pictures):
        block = frame_words(
            picture,
            start_s=round(shot.start_s, 3),
            end_s=round(shot.end_s, 3),
            language=language,
        )
        if block is not None:
            blocks.append(block)
        progress.report(GRABBING + (1 - GRABBING) * number / len(pictures))
    return merged(blocks)


def _picture_notices(request: ParseRequest, recording: Recording, shots: Shots) -> tuple[str, ...]:
    said_s = recording.duration_s
    if said_s is not None and said_s - shots.end_s > max(2.0, SHORT_BY * said_s):
        with open_media(request.path) as container:
            try:
                end_s = packet_end_s(container, recording.origin_s)
            except DAMAGED:
                end_s = shots.end_s
        if said_s - end_s > max(2.0, SHORT_BY * said_s):
            return (
                f"The picture ends after {shots.end_s:.1f} s although the file says "
                f"{said_s:.1f} s; the file is cut off or damaged.",
            )
    if shots.faults:
        return (f"The picture could not be decoded everywhere; faults: {shots.faults}.",)
    return ()
