"""Sound recordings: what is said by their subtitles, and pictures of how they sound."""

import math
from dataclasses import replace
from pathlib import Path
from typing import ClassVar, cast

from av.audio.stream import AudioStream
from av.container import InputContainer
from PIL import Image

from ingestion.errors import IngestError
from ingestion.media import progress
from ingestion.media.probe import DAMAGED, Recording, open_media, probe
from ingestion.media.thumbnails import open_picture, save_webp, shown
from ingestion.media.track import save_track
from ingestion.media.waveform import Sound, draw, measure
from ingestion.parsers.base import Parser
from ingestion.parsers.subtitles import spoken_words
from ingestion.types import Block, Limits, Media, Parsed, ParseRequest

WINDOW_S = 30.0
TRACK = "track.ogg"
POSTER = (1280, 320)
WINDOW = (640, 160)
COVER_SIDE = 640
ESTIMATED = {"audio/aac", "audio/mpeg"}  # their headers only guess how long they last
SHORT_BY = 0.05


class AudioParser(Parser):
    """MP3, WAV, FLAC, AAC, AIFF, Ogg, M4A and sound in WebM or Matroska."""

    accepts: ClassVar[frozenset[str]] = frozenset(
        {
            "audio/mpeg",
            "audio/mp3",
            "audio/wav",
            "audio/x-wav",
            "audio/vnd.wave",
            "audio/flac",
            "audio/x-flac",
            "audio/aac",
            "audio/x-aac",
            "audio/aiff",
            "audio/x-aiff",
            "audio/ogg",
            "audio/opus",
            "audio/mp4",
            "audio/m4a",
            "audio/x-m4a",
            "audio/webm",
            "audio/x-matroska",
            "audio/3gpp",
        }
    )

    def parse(self, request: ParseRequest, limits: Limits) -> Parsed:
        """Cue blocks, a ``sound`` per half minute with its waveform, and a ``poster``.

        Raises:
            IngestError: not a recording we read, or no sound in it can be decoded.
            TooLargeError: longer than ``limits.media_s``.
        """
        with open_media(request.path) as container:
            recording = probe(container, limits)
            return parse_sound(container, recording, request, limits)


def parse_sound(
    container: InputContainer, recording: Recording, request: ParseRequest, limits: Limits
) -> Parsed:
    """The sound of a recording whose picture, if it has one, is not shown.

    Raises:
        IngestError: no sound in it can be decoded.
    """
    sound = _heard(container, recording, limits)
    if not sound.end_s:
        raise IngestError(
            "The sound of this recording cannot be decoded: it is damaged, encrypted, or of a "
            "kind we do not read. Save it as MP3, FLAC or WAV."
        )
    blocks, notices = spoken_words(request, recording, sound.end_s)
    return described(
        recording,
        media_type=recording.media_type.replace("video/", "audio/"),
        blocks=blocks,
        media=(
            *_media(container, recording, sound, request.output, limits),
            *sound_track(request, recording, limits),
        ),
        duration_s=round(sound.end_s, 3),
        notices=(*_sound_notices(recording, sound, limits), *notices),
    )


def described(
    recording: Recording,
    *,
    media_type: str,
    blocks: tuple[Block, ...],
    media: tuple[Media, ...],
    duration_s: float,
    notices: tuple[str, ...],
) -> Parsed:
    """What was read, with the title, authors and description that the file carries."""
    caption = (Block(recording.description, kind="caption"),) if recording.description else ()
    return Parsed(
        media_type=media_type,
        title=recording.title,
        authors=recording.authors,
        published=recording.published,
        licence=recording.licence,
        language=recording.language,
        blocks=(*caption, *blocks),
        media=media,
        duration_s=duration_s,
        notices=notices,
    )


def _heard(container: InputContainer, recording: Recording, limits: Limits) -> Sound:
    length = recording.duration_s or limits.media_s
    return measure(
        container,
        cast(AudioStream, container.streams[recording.audio or 0]),
        origin_s=recording.origin_s,
        longest_s=limits.media_s,
        on_progress=lambda second: progress.report(0.9 * second / length),
    )


def _media(
    container: InputContainer, recording: Recording, sound: Sound, folder: str, limits: Limits
) -> tuple[Media, ...]:
    count = min(limits.frames, max(1, math.ceil(sound.end_s / WINDOW_S - 0.5)))
    each_s = sound.end_s / count
    windows = []
    for number in range(1, count + 1):
        start_s, end_s = (number - 1) * each_s, number * each_s
        picture = draw(sound.part(start_s, end_s), WINDOW)
        name, width, height = save_webp(
            picture, folder, f"sound-{number:04}.webp", max_side=WINDOW[0]
        )
        windows.append(
            Media(
                "sound",
                name,
                width,
                height,
                start_s=round(start_s, 3),
                end_s=round(end_s, 3),
            )
        )
    poster = cover_picture(container, recording, limits) or draw(sound.peaks, POSTER)
    name, width, height = save_webp(poster, folder, "poster.webp", max_side=POSTER[0])
    return (*windows, Media("poster", name, width, height))


def sound_track(request: ParseRequest, recording: Recording, limits: Limits) -> tuple[Media, ...]:
    """The whole sound as encoders listen to it; nothing where none can be decoded."""
    if recording.audio is None:
        return ()
    with open_media(request.path) as container:
        seconds = save_track(
            container,
            cast(AudioStream, container.streams[recording.audio]),
            Path(request.output, TRACK),
            origin_s=recording.origin_s,
            longest_s=limits.media_s,
        )
    return (Media("track", TRACK, start_s=0.0, end_s=round(seconds, 3)),) if seconds else ()


def cover_picture(
    container: InputContainer, recording: Recording, limits: Limits
) -> Image.Image | None:
    """The cover inside the file, None if it has none that can be read."""
    if recording.cover is None:
        return None
    try:
        container.seek(0)
        packet = next(container.demux(container.streams[recording.cover]))
        with open_picture(bytes(packet), replace(limits, frames=1)) as picture:
            return shown(picture)
    except (*DAMAGED, StopIteration, IngestError):
        return None


def _sound_notices(recording: Recording, sound: Sound, limits: Limits) -> tuple[str, ...]:
    notices = []
    said_s = recording.duration_s
    if sound.end_s >= limits.media_s:
        notices.append(
            f"Only the first {limits.media_s / 3600:.1f} hours were read; the rest was left out."
        )
    elif (
        said_s is not None
        and recording.media_type not in ESTIMATED
        and said_s - sound.end_s > max(2.0, SHORT_BY * said_s)
    ):
        notices.append(
            f"The sound ends after {sound.end_s:.1f} s although the file says {said_s:.1f} s; "
            "the file is cut off or damaged."
        )
    elif sound.faults:
        notices.append(f"The sound could not be decoded everywhere; faults: {sound.faults}.")
    return tuple(notices)
