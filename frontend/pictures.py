"""A picture that is itself the question: the words in it are what is searched for."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from frontend.fields import FieldError, clean, shown
from ingestion.errors import IngestError
from ingestion.parsers.detect import media_type
from ingestion.services import read_picture

MAX_BYTES = 50_000_000
MAX_WORDS = 100


class PictureError(FieldError):
    """A picture that cannot be asked with; ``status`` says in which way."""

    def __init__(self, sentence: str, status: int) -> None:
        super().__init__(sentence)
        self.status = status


def words_of(image: Any) -> tuple[str, tuple[str, ...]]:
    """The words read in an uploaded picture, and sentences on how it was read.

    Raises:
        PictureError: too large (413), or no picture that decodes (422).
    """
    name = clean(image.name or "picture")
    if image.size > MAX_BYTES:
        raise PictureError(
            f"{shown(name)} has {image.size // 1_000_000} MB; a picture to search with may have "
            f"{MAX_BYTES // 1_000_000}.",
            413,
        )
    with path_of(image) as path:
        _check_format(path, name)
        try:
            read = read_picture(path, name)
        except IngestError as error:
            raise PictureError(str(error), 422) from error
    words = " ".join(clean(read.text).split()[:MAX_WORDS])
    how = (
        f"The picture was searched by the words read in it: “{words}”."
        if words
        else "No words were read in the picture, so it took no part in this search."
    )
    missing = "Searching by what a picture shows needs the visual encoder, which is not installed."
    return words, (how, missing, *read.notices)


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


def _check_format(path: Path, name: str) -> None:
    try:
        found = media_type(str(path), name)
    except IngestError as error:
        raise PictureError(str(error), 422) from error
    if not found.startswith("image/"):
        raise PictureError(f"{shown(name)} is {found}, not a picture; send a picture.", 422)
