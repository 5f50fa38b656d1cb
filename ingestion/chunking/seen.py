"""What is found by how it looks or sounds: pages, pictures, clips and stretches of sound."""

from collections.abc import Iterator

from ingestion.types import Media, Page, Parsed, PassageDraft
from search.types import Modality


def seen_passages(parsed: Parsed) -> list[PassageDraft]:
    """One passage without words for each page picture, picture, clip and stretch of sound.

    Its words, where it has any, are passages of their own.
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
    for media in parsed.media:
        if media.kind == "image":
            yield PassageDraft(
                kind=str(Modality.IMAGE),
                text="",
                page=media.page,
                boxes=(media.box,) if media.box else (),
                picture=media.file,
            )


def _clips(parsed: Parsed) -> Iterator[PassageDraft]:
    frames = {
        (one.start_s, one.end_s): one for one in parsed.media if one.kind in {"shot", "frame"}
    }
    for clip in parsed.media:
        if clip.kind == "clip":
            frame = frames.get((clip.start_s, clip.end_s))
            yield _spanning(Modality.VIDEO, clip, frame.file if frame else "")


def _sounds(parsed: Parsed) -> Iterator[PassageDraft]:
    for sound in parsed.media:
        if sound.kind == "sound":
            yield _spanning(Modality.AUDIO, sound, sound.file)


def _spanning(kind: Modality, media: Media, picture: str) -> PassageDraft:
    return PassageDraft(
        kind=str(kind), text="", start_s=media.start_s, end_s=media.end_s, picture=picture
    )
