"""What a recording is made of: streams, times, titles. The only place that opens media."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from typing import BinaryIO, cast

import av
from av.container import InputContainer
from av.stream import Disposition, Stream
from av.video.codeccontext import VideoCodecContext

from ingestion.errors import IngestError, TooLargeError
from ingestion.types import Limits

# Formats that hold what they play. Playlists and descriptions (HLS, DASH, ffconcat, SDP) name
# other files and addresses, and an open file object switches FFmpeg's own protocol limits off.
OPEN_ONLY = {
    "format_whitelist": (
        "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,mp3,wav,flac,ogg,mpegts,aac,aiff"
    ),
    "protocol_whitelist": "none",
}
DAMAGED = (av.FFmpegError, OSError)  # what reading on in a broken file raises
TEXT_CODECS = frozenset({"mov_text", "subrip", "srt", "webvtt", "ass", "ssa", "text"})
WEB_CODECS = frozenset({"vp8", "vp9", "av1", "libdav1d", "libvpx", "libvpx-vp9", "opus", "vorbis"})
EARLIEST_YEAR = 1900

_TYPES = {
    "avi": "video/x-msvideo",
    "mpegts": "video/mp2t",
    "mp3": "audio/mpeg",
    "wav": "audio/wav",
    "flac": "audio/flac",
    "aac": "audio/aac",
    "aiff": "audio/aiff",
}
_LANGUAGES = {
    "ara": "ar", "ces": "cs", "cze": "cs", "dan": "da", "deu": "de", "ger": "de", "ell": "el",
    "gre": "el", "eng": "en", "fas": "fa", "fin": "fi", "fra": "fr", "fre": "fr", "heb": "he",
    "hin": "hi", "hun": "hu", "ita": "it", "jpn": "ja", "kor": "ko", "nld": "nl", "dut": "nl",
    "nor": "no", "pol": "pl", "por": "pt", "ron": "ro", "rum": "ro", "rus": "ru", "spa": "es",
    "swe": "sv", "tur": "tr", "ukr": "uk", "vie": "vi", "zho": "zh", "chi": "zh",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class TextTrack:
    """A subtitle stream. ``readable`` is False for pictures of text."""

    index: int
    language: str = ""
    readable: bool = True


@dataclass(frozen=True, slots=True)
class Recording:
    """A sound or video file as its header describes it. Stream numbers are None if absent.

    ``origin_s``: presentation time of the beginning; every time of ours is relative to it.
    ``duration_s``: None where the header does not say.
    """

    media_type: str
    origin_s: float
    duration_s: float | None
    video: int | None = None
    audio: int | None = None
    cover: int | None = None
    texts: tuple[TextTrack, ...] = ()
    title: str = ""
    authors: tuple[str, ...] = ()
    published: str = ""
    licence: str = ""
    language: str = ""
    description: str = ""
    notices: tuple[str, ...] = field(default_factory=tuple)


@contextmanager
def open_media(path: str) -> Iterator[InputContainer]:
    """The container of a media file, opened so that it can reach nothing but that file.

    Raises:
        IngestError: not a container we read, or damaged beyond its header.
    """
    with open(path, "rb") as file, _opened(file) as container:
        yield container


def _opened(file: BinaryIO) -> InputContainer:
    try:
        return av.open(file, "r", options=OPEN_ONLY)
    except (*DAMAGED, ValueError) as error:
        raise IngestError(
            "This recording cannot be opened: it is damaged, or its format is not one we read. "
            "Save it as MP4, WebM, MP3, WAV or FLAC."
        ) from error


def probe(container: InputContainer, limits: Limits) -> Recording:
    """What the header of an opened recording says.

    Raises:
        IngestError: neither picture nor sound in it.
        TooLargeError: longer, or larger in pixels, than the limits allow.
    """
    video = _first(container, "video")
    audio = _first(container, "audio")
    if video is None and audio is None:
        raise IngestError("This recording has neither sound nor picture that can be read.")
    shown = [stream for stream in (video, audio) if stream is not None]
    origin_s = _origin_s(container, shown)
    duration_s = _duration_s(container, shown, origin_s)
    _check_size(video, duration_s, limits)
    tags = {key.lower(): value.strip() for key, value in container.metadata.items()}
    tags = _tags_of(audio) | tags if video is None else tags
    language = _language(audio) or _language(video)
    return Recording(
        media_type=_media_type(container, video, audio),
        origin_s=origin_s,
        duration_s=duration_s,
        video=video.index if video else None,
        audio=audio.index if audio else None,
        cover=_cover(container),
        texts=_texts(container),
        title=tags.get("title", "")[:500],
        authors=_authors(tags),
        published=_published(tags),
        licence=tags.get("copyright", "")[:300],
        language=language,
        description=_description(tags),
    )


def _first(container: InputContainer, kind: str) -> Stream | None:
    """The default stream of a kind, else the first; cover pictures are none."""
    streams = [
        stream
        for stream in container.streams
        if stream.type == kind
        and stream.codec_context is not None
        and not stream.disposition & Disposition.attached_pic
    ]
    default = [stream for stream in streams if stream.disposition & Disposition.default]
    return next(iter(default or streams), None)


def _cover(container: InputContainer) -> int | None:
    for stream in container.streams:
        if stream.type == "video" and stream.disposition & Disposition.attached_pic:
            return stream.index
    return None


def _texts(container: InputContainer) -> tuple[TextTrack, ...]:
    tracks = []
    for stream in container.streams:
        if stream.type == "subtitle":
            name = stream.codec_context.name if stream.codec_context else ""
            tracks.append(TextTrack(stream.index, _language(stream), name in TEXT_CODECS))
    return tuple(tracks)


def _origin_s(container: InputContainer, shown: list[Stream]) -> float:
    """The earliest presentation time among sound and picture."""
    starts = [
        float(stream.start_time * stream.time_base)
        for stream in shown
        if stream.start_time is not None and stream.time_base is not None
    ]
    if starts:
        return min(starts)
    return (container.start_time or 0) / av.time_base


def _duration_s(container: InputContainer, shown: list[Stream], origin_s: float) -> float | None:
    ends = [
        float(((stream.start_time or 0) + stream.duration) * stream.time_base)
        for stream in shown
        if stream.duration and stream.duration > 0 and stream.time_base is not None
    ]
    if ends and max(ends) > origin_s:
        return max(ends) - origin_s
    if container.duration and container.duration > 0:
        length = container.duration / av.time_base
        # Matroska's header counts from zero, not from the first frame
        return length - origin_s if _is_matroska(container) and length > origin_s else length
    return None


def _is_matroska(container: InputContainer) -> bool:
    return "matroska" in container.format.name


def _check_size(video: Stream | None, duration_s: float | None, limits: Limits) -> None:
    if duration_s is not None and duration_s > limits.media_s:
        raise TooLargeError(
            f"This recording lasts {duration_s / 3600:.1f} hours; the limit is "
            f"{limits.media_s / 3600:.1f} hours. Cut it into parts."
        )
    if video is None:
        return
    context = cast(VideoCodecContext, video.codec_context)
    width, height = context.width, context.height
    if width * height > limits.pixels:
        raise TooLargeError(
            f"This video is {width} × {height} pixels; the limit is "
            f"{limits.pixels / 1e6:.0f} million pixels. Save it smaller."
        )


def _media_type(container: InputContainer, video: Stream | None, audio: Stream | None) -> str:
    name = container.format.name
    if name in _TYPES:
        return _TYPES[name]
    kind = "video" if video else "audio"
    if name == "ogg":
        return f"{kind}/ogg"
    if _is_matroska(container):
        codecs = {stream.codec_context.name for stream in (video, audio) if stream}
        return f"{kind}/webm" if codecs <= WEB_CODECS else f"{kind}/x-matroska"
    brand = container.metadata.get("major_brand", "").strip()
    if brand == "qt" and video:
        return "video/quicktime"
    if brand.startswith("3g"):
        return f"{kind}/3gpp"
    return f"{kind}/mp4"


def _tags_of(stream: Stream | None) -> dict[str, str]:
    if stream is None:
        return {}
    return {key.lower(): value.strip() for key, value in stream.metadata.items()}


def _language(stream: Stream | None) -> str:
    """ISO 639-1 of a stream's language tag; "" if it has none we know."""
    if stream is None:
        return ""
    tag = (stream.language or stream.metadata.get("language", "")).lower()
    return tag[:2] if re.fullmatch(r"[a-z]{2}(-.*)?", tag) else _LANGUAGES.get(tag[:3], "")


def _authors(tags: dict[str, str]) -> tuple[str, ...]:
    name = tags.get("artist") or tags.get("author") or tags.get("album_artist") or ""
    return tuple(part.strip()[:200] for part in re.split(r"\s*[;\0]\s*", name) if part.strip())


def _published(tags: dict[str, str]) -> str:
    """The date tag, else the time of recording, as an ISO date; "" if neither can be true."""
    for name in ("date", "creation_time", "year"):
        found = re.match(r"(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?", tags.get(name, ""))
        if found and EARLIEST_YEAR < int(found[1]) <= date.today().year + 1:
            if name == "creation_time" and int(found[1]) in (1904, 1970):
                continue  # an unset clock
            return found[0]
    return ""


def _description(tags: dict[str, str]) -> str:
    texts = [tags.get(name, "") for name in ("description", "synopsis", "comment", "lyrics")]
    kept = dict.fromkeys(text[:20_000] for text in texts if len(text.split()) > 1)
    return "\n\n".join(kept)


def packet_end_s(container: InputContainer, origin_s: float) -> float:
    """Where the last packet of sound or picture ends; reads the whole container, decodes none."""
    end_s = 0.0
    streams = [stream for stream in container.streams if stream.type in {"audio", "video"}]
    try:
        for packet in container.demux(streams):
            if packet.pts is not None:
                after = (packet.pts + (packet.duration or 0)) * packet.time_base
                end_s = max(end_s, float(after) - origin_s)
    except DAMAGED:  # a cut-off file: what came before counts
        return end_s
    return end_s
