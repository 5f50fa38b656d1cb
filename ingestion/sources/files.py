"""Files on their way in: bytes first, safe on disk; then the rows that own them."""

import shutil
from collections.abc import Iterable, Sequence
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
BATCH = 1000


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

    The same bytes twice in one corpus are one document, and one job. Costs the same few statements
    however many files there are.

    Raises:
        TransientError: a removal took a file's bytes meanwhile.
    """
    if not files:
        return []
    pairs = pair_sidecars(files)
    with transaction.atomic():
        lock_bytes(file.sha256 for file in files)
        for file in files:
            if not _store().has(file.sha256):
                raise TransientError(
                    f"The bytes of {file.name} were removed meanwhile; send it again."
                )
        fresh, documents = _documents([main for main, _ in pairs], corpus, user_id)
        jobs = _jobs(pairs, documents)
    accepted: list[Accepted] = []
    for main, sidecars in pairs:
        document, created = documents[main.sha256], main.sha256 in fresh
        job = jobs[document.pk]
        accepted.append(Accepted(main.name, document, job, created))
        accepted += [Accepted(s.name, document, job, created, main.name) for s in sidecars]
        fresh.discard(main.sha256)
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


def lock_bytes(hashes: Iterable[str]) -> None:
    """Hold these bytes against a removal until the transaction ends.

    A lock covers all hashes with the same first byte: at most 256 of them, taken in order, however
    many files come at once.
    """
    shelves = sorted({sha256[:2] for sha256 in hashes})
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock(hashtextextended(shelf, 0)) "
            "FROM unnest(%s::text[]) AS shelf",
            [shelves],
        )


def _documents(
    files: Sequence[NewFile], corpus: Corpus, user_id: int | None
) -> tuple[set[str], dict[str, Document]]:
    """The hashes that are new to the corpus, and the document of every hash."""
    first = {file.sha256: file for file in reversed(files)}
    known = set(
        Document.objects.filter(corpus=corpus, sha256__in=first).values_list("sha256", flat=True)
    )
    fresh = set(first) - known
    rows = []
    for sha256 in dict.fromkeys(file.sha256 for file in files if file.sha256 in fresh):
        name = PurePosixPath(first[sha256].name).name[:500] or "unnamed"
        rows.append(
            Document(
                corpus=corpus, sha256=sha256, title=name, filename=name, size=first[sha256].size,
                added_by_id=user_id,
            )
        )  # fmt: skip
    Document.objects.bulk_create(rows, batch_size=BATCH)
    found = Document.objects.filter(corpus=corpus, sha256__in=first).select_related("corpus")
    return fresh, {document.sha256: document for document in found}


def _jobs(
    pairs: Sequence[tuple[NewFile, list[NewFile]]], documents: dict[str, Document]
) -> dict[int, Job]:
    """The job of every document, by its id; made where there is none."""
    sidecars = {
        documents[main.sha256].pk: [
            {"name": PurePosixPath(s.name).name, "sha256": s.sha256} for s in own
        ]
        for main, own in reversed(pairs)
    }
    jobs = {job.document_id: job for job in Job.objects.filter(document__in=sidecars)}
    by_id = {document.pk: document for document in documents.values()}
    new = [Job(document=by_id[pk], sidecars=own) for pk, own in sidecars.items() if pk not in jobs]
    Job.objects.bulk_create(new, batch_size=BATCH)
    jobs |= {job.document_id: job for job in new}
    for job in jobs.values():
        job.document = by_id[job.document_id]
    return jobs


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
