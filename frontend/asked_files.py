"""Files that are the question, or a part of it: a picture, a clip, a recording."""

import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from frontend.fields import FieldError, clean, shown
from ingestion.errors import IngestError
from ingestion.parsers.detect import media_type
from ingestion.services import read_question
from search.types import Asked, Box

MEDIA = ("image", "clip", "audio")
_MOST_BYTES = {"image": 50_000_000, "clip": 200_000_000, "audio": 200_000_000}
_NAMES = {"image": "a picture", "clip": "a moving picture", "audio": "a sound"}
_TAKES = {"image": ("image/",), "clip": ("video/",), "audio": ("audio/", "video/")}


class AskedFileError(FieldError):
    """A file that cannot be asked with; ``status`` says in which way, ``field`` which it is."""

    def __init__(self, sentence: str, status: int, field: str = "image") -> None:
        super().__init__(sentence)
        self.status, self.field = status, field


def read_files(
    files: Mapping[str, Any], crop: Box | None
) -> tuple[tuple[Asked, ...], tuple[str, ...]]:
    """What the files of a request ask, and sentences on how they were read.

    Raises:
        AskedFileError: too large (413), or it does not decode (422).
    """
    asked, notes = [], []
    for medium in MEDIA:
        if upload := files.get(medium):
            one, said = _read(upload, medium, crop if medium == "image" else None)
            asked.append(one)
            notes += said
    return tuple(asked), tuple(notes)


def by_medium(files: Mapping[str, Any]) -> dict[str, Any]:
    """The files of a form that has one field, ``file``, for all media.

    What is no moving picture and no sound is taken for a picture, and refused as one if need be.
    """
    found = {name: files[name] for name in MEDIA if files.get(name)}
    if upload := files.get("file"):
        found[_medium_of(upload)] = upload
    return found


def _medium_of(upload: Any) -> str:
    with path_of(upload) as path:
        try:
            family = media_type(str(path), clean(upload.name or "")).partition("/")[0]
        except IngestError:
            family = "image"
    return {"video": "clip", "audio": "audio"}.get(family, "image")


def _read(upload: Any, medium: str, crop: Box | None) -> tuple[Asked, list[str]]:
    name = clean(upload.name or medium)
    if upload.size > _MOST_BYTES[medium]:
        raise AskedFileError(
            f"{shown(name)} has {upload.size // 1_000_000} MB; {_NAMES[medium]} to search with may "
            f"have {_MOST_BYTES[medium] // 1_000_000}.",
            413,
            medium,
        )
    try:
        with path_of(upload) as path:
            _check_format(path, name, medium)
            asked, notices = read_question(path, name, medium=medium, crop=crop)
    except IngestError as error:
        raise AskedFileError(str(error), 422, medium) from error
    return asked, list(notices)


@contextmanager
def path_of(upload: Any) -> Iterator[Path]:
    """Where an uploaded file's bytes lie; those in memory are written out for the while."""
    if hasattr(upload, "temporary_file_path"):
        yield Path(upload.temporary_file_path())
        return
    with tempfile.NamedTemporaryFile() as file:
        for block in upload.chunks():
            file.write(block)
        file.flush()
        yield Path(file.name)


def _check_format(path: Path, name: str, medium: str) -> None:
    found = media_type(str(path), name)
    if not found.startswith(_TAKES[medium]):
        what = _NAMES[medium]
        raise AskedFileError(f"{shown(name)} is {found}, not {what}; send {what}.", 422, medium)
