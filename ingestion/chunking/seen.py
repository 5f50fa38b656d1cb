"""What is found by how it looks or sounds: pages, pictures, clips and stretches of sound."""

import math
from collections.abc import Iterator, Sequence

from ingestion.chunking.parts import captioned
from ingestion.types import Media, Page, Parsed, PassageDraft
from search.types import Modality

WINDOW_S = 10.0  # of sound
MOST_WINDOWS = 3000


def seen_passages(parsed: Parsed) -> list[PassageDraft]:
    """One passage without words for each page picture, picture, clip and stretch of sound.

    Its words, where it has any, are passages of their own; a figure with a caption is among those.
    """
    return [
        *(_page(page) for page in parsed.pages if page.image),
        *_pictures(parsed),
        *_clips(parsed),
        *_sounds(parsed),
    ]


def _page(page: Page) -> PassageDraft:
    return PassageDraft(
        kind=str(Modality.PAGE),
        text="",
        page=page.number,
        page_label=page.label,
        picture=page.image,
    )


def _pictures(parsed: Parsed) -> Iterator[PassageDraft]:
    with_words = captioned(parsed.blocks, parsed.media)
    for media in parsed.media:
        if media.kind == "image" and media.file not in with_words:
            yield PassageDraft(
                kind=str(Modality.IMAGE),
                text="",
                page=media.page,
                boxes=(media.box,) if media.box else (),
                picture=media.file,
            )


def _clips(parsed: Parsed) -> Iterator[PassageDraft]:
    frames = [one for one in parsed.media if one.kind in {"shot", "frame"}]
    middles = {(one.start_s, one.end_s): one.file for one in frames}
    moved = [one for one in frames if one.start_s == one.end_s and one.start_s is not None]
    for clip in parsed.media:
        if clip.kind != "clip" or clip.start_s is None or clip.end_s is None:
            continue
        inside = (one.file for one in moved if clip.start_s <= (one.start_s or 0.0) < clip.end_s)
        yield PassageDraft(
            kind=str(Modality.VIDEO),
            text="",
            start_s=clip.start_s,
            end_s=clip.end_s,
            picture=middles.get((clip.start_s, clip.end_s), ""),
            frames=tuple(inside),
        )


def _sounds(parsed: Parsed) -> Iterator[PassageDraft]:
    """Stretches of the sound that overlap by half, shown by the picture on screen meanwhile."""
    track = next((one for one in parsed.media if one.kind == "track"), None)
    for start_s, end_s in windows(track.end_s or 0.0) if track else ():
        picture = shown_at(parsed.media, start_s)
        yield PassageDraft(
            kind=str(Modality.AUDIO),
            text="",
            start_s=start_s,
            end_s=end_s,
            picture=picture.file if picture else "",
        )


def windows(seconds: float) -> Iterator[tuple[float, float]]:
    """Spans of ten seconds, evenly spread, each begun before the half of the one before is over.

    A sound that is hardly longer is one span.
    """
    length_s = max(WINDOW_S, 2 * seconds / MOST_WINDOWS)
    if seconds <= 1.5 * length_s:
        yield 0.0, seconds
        return
    count = max(2, math.ceil(2 * seconds / length_s) - 1)
    step_s = (seconds - length_s) / (count - 1)
    for number in range(count):
        yield round(number * step_s, 3), round(number * step_s + length_s, 3)


def shown_at(media: Sequence[Media], start_s: float | None) -> Media | None:
    """The shot or stretch of waveform at that second; else what shows the whole document."""
    if start_s is not None:
        for shot in media:
            if shot.kind in {"shot", "sound"} and (shot.start_s or 0) <= start_s < (
                shot.end_s or 0
            ):
                return shot
    whole = [m for m in media if m.kind in {"poster", "image"}]
    return whole[0] if whole else (media[0] if media else None)
