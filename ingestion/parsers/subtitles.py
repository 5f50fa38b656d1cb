"""Subtitles: as a document of their own, beside a recording, or inside one."""

from collections.abc import Iterable
from pathlib import Path
from typing import ClassVar

from av.container import InputContainer

from ingestion.errors import IngestError, TooLargeError
from ingestion.media.cue_files import decoded_text, read_cues
from ingestion.media.cues import Cues, cue_blocks, track_cues
from ingestion.media.probe import Recording, TextTrack, open_media
from ingestion.parsers.base import Parser
from ingestion.parsers.cleaning import shown
from ingestion.types import Block, Limits, Parsed, ParseRequest, Sidecar

LARGEST_BYTES = 20 << 20
PAST_THE_END_S = 1.0


class SubtitleParser(Parser):
    """An SRT, WebVTT or ASS file without its recording."""

    accepts: ClassVar[frozenset[str]] = frozenset(
        {"text/vtt", "application/x-subrip", "text/x-ssa"}
    )

    def parse(self, request: ParseRequest, limits: Limits) -> Parsed:
        """One block of kind ``cue`` per subtitle, by start time.

        Raises:
            IngestError: no cue with a readable time.
            TooLargeError: more than 20 MB of subtitles.
        """
        text = _text_of(request.path)
        cues = read_cues(text, shown(request.filename))
        if not cues.cues:
            raise IngestError(
                f"No subtitle with a readable time was found in {shown(request.filename)}. "
                "A line such as “00:01:02.500 --> 00:01:04.000” starts each one."
            )
        return Parsed(
            media_type=request.media_type or "text/vtt",
            blocks=cue_blocks(cues.cues),
            duration_s=max(cue.end_s for cue in cues.cues),
            notices=cues.notices,
        )


def spoken_words(
    request: ParseRequest, recording: Recording, duration_s: float
) -> tuple[tuple[Block, ...], tuple[str, ...]]:
    """What is said in a recording, as cue blocks, and notices on what could not be read.

    Subtitle files beside it come first, then its own text tracks, each text once. A speech
    recogniser has its place after both, when neither has a word.
    """
    read: list[tuple[str, Cues]] = [_sidecar(sidecar) for sidecar in request.sidecars]
    notices = [notice for _, cues in read for notice in cues.notices]
    tracks, track_notices = _tracks(request, recording)
    read += tracks
    kept = _each_once(read)
    blocks: list[Block] = []
    for section, cues in kept:
        inside = [cue for cue in cues.cues if cue.start_s <= duration_s + PAST_THE_END_S]
        blocks += cue_blocks(inside, section=section if len(kept) > 1 else "")
        if outside := len(cues.cues) - len(inside):
            notices.append(
                f"{section}: subtitles left out because they begin after the recording's end at "
                f"{duration_s:.1f} s: {outside}."
            )
    return tuple(blocks), (*notices, *track_notices)


def _sidecar(sidecar: Sidecar) -> tuple[str, Cues]:
    name = shown(sidecar.name)
    try:
        cues = read_cues(_text_of(sidecar.path), name)
    except (OSError, IngestError) as error:
        return name, Cues(notices=(f"{name} was not read: {error}",))
    if not cues.cues and not cues.notices:
        cues = Cues(notices=(f"No subtitle with a readable time was found in {name}.",))
    return name, cues


def _text_of(path: str) -> str:
    size = Path(path).stat().st_size
    if size > LARGEST_BYTES:
        raise TooLargeError(
            f"These subtitles take {size / 1e6:.0f} MB; the limit is {LARGEST_BYTES >> 20} MB. "
            "Split them."
        )
    return decoded_text(Path(path).read_bytes())


def _tracks(
    request: ParseRequest, recording: Recording
) -> tuple[list[tuple[str, Cues]], tuple[str, ...]]:
    read: list[tuple[str, Cues]] = []
    notices: list[str] = []
    for number, track in enumerate(recording.texts, start=1):
        name = f"subtitle track {number}" + (f" ({track.language})" if track.language else "")
        if not track.readable:
            notices.append(f"{name.capitalize()} holds pictures of text, which were not read.")
            continue
        with open_media(request.path) as container:
            cues = _track(container, track, recording, name)
        notices += cues.notices
        read.append((name, cues))
    return read, tuple(notices)


def _track(container: InputContainer, track: TextTrack, recording: Recording, name: str) -> Cues:
    return track_cues(container, track.index, origin_s=recording.origin_s, name=name)


def _each_once(read: Iterable[tuple[str, Cues]]) -> list[tuple[str, Cues]]:
    """Those with cues, without a second copy of the same words."""
    kept: dict[tuple[str, ...], tuple[str, Cues]] = {}
    for name, cues in read:
        if cues.cues:
            kept.setdefault(tuple(cue.text for cue in cues.cues), (name, cues))
    return list(kept.values())
