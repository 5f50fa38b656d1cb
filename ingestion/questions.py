"""Pictures, clips and sounds that are questions: read in the sandbox, kept for whoever looks."""

import tempfile
from collections.abc import Sequence
from pathlib import Path

from ingestion.errors import IngestError
from ingestion.parsers.image import CUT_OFF
from ingestion.sandbox.client import sandbox
from ingestion.types import Block, Limits, Parsed, ParseRequest
from search.asked_media import asked_store
from search.types import Asked, Box

PICTURE_LIMITS = Limits(cpu_s=60, wall_s=60, media_s=120.0, frames=20)
MOST_WORDS = 100
_TAKES = {"image": ("image/",), "clip": ("video/",), "audio": ("audio/", "video/")}
_NAMES = {"image": "a picture", "clip": "a moving picture", "audio": "a sound"}


def read_question(
    path: Path, filename: str, *, medium: str, crop: Box | None = None
) -> tuple[Asked, tuple[str, ...]]:
    """What a file asks, and sentences on how it was read.

    ``medium`` is "image", "clip" or "audio". Of a picture the words in it are read too, those
    outside the ``crop`` left out.

    Raises:
        IngestError: it does not decode, or is of another medium.
    """
    with tempfile.TemporaryDirectory() as folder:
        request = ParseRequest(path=str(path), filename=filename, output=folder)
        outcome = sandbox().run(request, PICTURE_LIMITS)
        parsed = outcome.parsed
        if parsed is None:
            raise IngestError(outcome.error)
        if not parsed.media_type.startswith(_TAKES[medium]):
            raise IngestError(f"{filename} is {parsed.media_type}, not {_NAMES[medium]}.")
        if CUT_OFF in parsed.notices:
            raise IngestError(f"{CUT_OFF} Send the whole picture.")
        files = _kept(folder, _files(parsed, medium))
        stills = _kept(folder, _stills(parsed)) if medium == "clip" else ()
    if not files:
        raise IngestError(f"Nothing of {filename} can be asked with: it shows or sounds nothing.")
    words = _words(parsed.blocks, crop) if medium == "image" else ""
    asked = Asked(medium, files, stills, crop, parsed.duration_s or 0.0, words)
    return asked, parsed.notices


def _kept(folder: str, names: Sequence[str]) -> tuple[str, ...]:
    return tuple(asked_store().add_file(Path(folder, name))[0] for name in names)


def _files(parsed: Parsed, medium: str) -> Sequence[str]:
    if medium == "image":
        pages = [page.image for page in parsed.pages if page.image]
        return [*(m.file for m in parsed.media if m.kind == "image"), *pages][:1]
    wanted = {"clip": "clip", "audio": "track"}[medium]
    return [media.file for media in parsed.media if media.kind == wanted]


def _stills(parsed: Parsed) -> Sequence[str]:
    """Frames from the beginning, the middle and the end."""
    frames = [one.file for one in parsed.media if one.kind in {"shot", "frame"}]
    places = sorted({0, len(frames) // 2, len(frames) - 1}) if frames else ()
    return [frames[at] for at in places]


def _words(blocks: Sequence[Block], crop: Box | None) -> str:
    """The words read in a picture, at most a hundred; of a crop those whose middle is inside."""
    lines = [line for block in blocks for line in _lines(block, crop)]
    return " ".join(" ".join(lines).split()[:MOST_WORDS])


def _lines(block: Block, crop: Box | None) -> list[str]:
    if crop is None or not block.anchors:
        return [block.text]
    return [
        block.text[one.start : one.end]
        for one in block.anchors
        if one.box is None or _is_inside(one.box, crop)
    ]


def _is_inside(box: Box, crop: Box) -> bool:
    x, y = box[0] + box[2] / 2, box[1] + box[3] / 2
    return crop[0] <= x <= crop[0] + crop[2] and crop[1] <= y <= crop[1] + crop[3]
