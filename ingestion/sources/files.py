"""Files on their way in: bytes first, safe on disk; then the rows that own them."""

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from django.conf import settings
from django.db import connection, transaction

from ingestion.errors import IngestError, NoSpaceError, TransientError
from ingestion.models import Job
from search.models import Corpus, Document
from search.store import Store

RECORDINGS = {
    ".mp4", ".m4v", ".mov", ".mkv", ".webm", ".avi", ".ts", ".mpg", ".mpeg", ".mp3", ".wav",
    ".flac", ".ogg", ".oga", ".opus", ".m4a", ".aac", ".aif", ".aiff", ".ogv", ".3gp",
}  # fmt: skip
SUBTITLES = {".vtt", ".srt"}


@dataclass(frozen=True, slots=True)
class NewFile:
    """A file whose bytes are in the store. ``name`` as it came, folders with slashes."""

    name: str
    sha256: str
    size: int


@dataclass(frozen=True, slots=True)
class Accepted:
    """What became of a file: its document and job; ``created`` False when it was there already.

    ``sidecar_of`` names the recording whose subtitles the file is.
    """

    name: str
    document: Document
    job: Job
    created: bool
    sidecar_of: str = ""


def keep_file(path: Path, name: str) -> NewFile:
    """Put a file's bytes into the store.

    Raises:
        IngestError: it is empty, or the disk is nearly full.
    """
    size = path.stat().st_size
    if not size:
        raise IngestError(f"{name} is empty.")
    check_space(size)
    sha256, size = _store().add_file(path)
    return NewFile(name, sha256, size)


def check_space(size: int) -> None:
    """Refuse long before the disk is full: a database without room stops reading, too.

    Raises:
        NoSpaceError: with what is left and what is kept free (MMSEARCH_MIN_FREE_MB).
    """
    folder = Path(settings.DATA_DIR)
    folder.mkdir(parents=True, exist_ok=True)
    free, kept = shutil.disk_usage(folder).free, settings.MIN_FREE_BYTES
    if free - size < kept:
        raise NoSpaceError(
            f"The disk has {free // 1_000_000} MB left, and {kept // 1_000_000} MB of it are kept "
            "free (MMSEARCH_MIN_FREE_MB). Remove documents or make room, then upload again."
        )


def register_files(
    files: Sequence[NewFile], *, corpus: Corpus, user_id: int | None
) -> list[Accepted]:
    """Make documents and jobs of kept files, subtitles with their recording. One transaction.

    The same bytes twice in one corpus are one document, and one job.
    """
    accepted: list[Accepted] = []
    with transaction.atomic():
        for recording, sidecars in pair_sidecars(files):
            main = _register(recording, sidecars, corpus=corpus, user_id=user_id)
            accepted.append(main)
            accepted += [
                Accepted(s.name, main.document, main.job, main.created, recording.name)
                for s in sidecars
            ]
    return accepted


def pair_sidecars(files: Sequence[NewFile]) -> list[tuple[NewFile, list[NewFile]]]:
    """Each file with the subtitle files that belong to it: same folder, same stem, or stem.en."""
    recordings = {_stem(f.name): f for f in files if _suffix(f.name) in RECORDINGS}
    sidecars: dict[str, list[NewFile]] = {}
    mains = []
    for file in files:
        owner = _owner(file.name, recordings) if _suffix(file.name) in SUBTITLES else None
        if owner:
            sidecars.setdefault(owner.name, []).append(file)
        else:
            mains.append(file)
    return [(file, sidecars.get(file.name, [])) for file in mains]


def lock_bytes(sha256: str) -> None:
    """Hold these bytes against a removal until the transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [sha256])


def _register(
    file: NewFile, sidecars: Sequence[NewFile], *, corpus: Corpus, user_id: int | None
) -> Accepted:
    for kept in (file, *sidecars):
        lock_bytes(kept.sha256)
        if not _store().has(kept.sha256):
            raise TransientError(f"The bytes of {kept.name} were removed meanwhile; send it again.")
    name = PurePosixPath(file.name).name[:500] or "unnamed"
    document, created = Document.objects.get_or_create(
        corpus=corpus,
        sha256=file.sha256,
        defaults={"title": name, "filename": name, "size": file.size, "added_by_id": user_id},
    )
    names = [{"name": PurePosixPath(s.name).name, "sha256": s.sha256} for s in sidecars]
    job, _ = Job.objects.get_or_create(document=document, defaults={"sidecars": names})
    return Accepted(file.name, document, job, created)


def _owner(name: str, recordings: dict[str, NewFile]) -> NewFile | None:
    stem = _stem(name)
    without_language = stem.rpartition(".")[0]
    return recordings.get(stem) or recordings.get(without_language)


def _stem(name: str) -> str:
    path = PurePosixPath(name)
    return str(path.parent / path.stem)


def _suffix(name: str) -> str:
    return PurePosixPath(name).suffix.lower()


def _store() -> Store:
    return Store(Path(settings.MEDIA_ROOT))
