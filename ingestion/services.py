"""The front door of ingestion: what views and commands call."""

import tempfile
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from time import sleep
from typing import Any

from django.db import connection, transaction

from ingestion import removal, tasks
from ingestion.errors import IngestError, TransientError
from ingestion.models import Job
from ingestion.questions import read_question
from ingestion.sources import url
from ingestion.sources.files import Accepted, NewFile, keep_file, register_files
from ingestion.walk import QUEUES, take_steps
from search.models import Corpus, Document

__all__ = [
    "Accepted",
    "IncomingFile",
    "accept_files",
    "accept_url",
    "job_state",
    "read_question",
    "remove_corpus",
    "remove_documents",
    "retry",
    "work_off",
]

remove_documents = removal.remove_documents
remove_corpus = removal.remove_corpus

IDLE_S = 0.2


@dataclass(frozen=True, slots=True)
class IncomingFile:
    """A file somebody hands in: its name as it came, and where its bytes lie for now."""

    name: str
    path: Path


def accept_files(
    files: Sequence[IncomingFile], *, corpus: Corpus, user_id: int | None
) -> list[Accepted]:
    """Keep files and start their walks; subtitles go with the recording of the same name.

    Raises:
        IngestError: a file is empty, or the disk nearly full. Nothing is accepted then.
    """
    kept = [keep_file(file.path, file.name) for file in files]
    return _registered(kept, corpus, user_id)


def accept_url(address: str, *, corpus: Corpus, user_id: int | None) -> Accepted:
    """Fetch an address and start the walk of what it gave.

    Raises:
        IngestError: fetching is switched off, or the address is private, broken or too large.
    """
    with tempfile.TemporaryDirectory() as folder:
        fetched = url.fetch(address, Path(folder))
        kept = keep_file(fetched.path, fetched.name)
    accepted = _registered([kept], corpus, user_id)[0]
    if accepted.created:
        Document.objects.filter(pk=accepted.document.pk).update(url=address[:2000])
    return accepted


def retry(job: Job) -> None:
    """Take the step again that failed."""
    Job.objects.filter(pk=job.pk, failed_at__isnull=False).update(
        failed_at=None, error="", tries=0, crashes=0, lease_until=None, holder="", rung_at=None
    )
    job.refresh_from_db()
    transaction.on_commit(lambda: tasks.ring(job))


def job_state(document: Document) -> dict[str, Any]:
    """State, progress (0 to 1) and error of a document's walk."""
    job = getattr(document, "job", None)
    if job is None:
        return {"state": "searchable" if document.published_at else "received", "progress": 1.0,
                "error": ""}  # fmt: skip
    return {"state": job.status, "progress": job.progress, "error": job.error}


def work_off(
    job_ids: Iterable[int], *, threads: int = 2, on_step: Callable[[Job], None] | None = None
) -> None:
    """Take every step of these jobs, and of those they bring along, until each is finished.

    Workers may help: a job is claimed before each step, so nothing is done twice.
    """
    wanted, lock = iter(list(job_ids)), Lock()

    def walk_on() -> None:
        try:
            while True:
                with lock:
                    job_id = next(wanted, None)
                if job_id is None:
                    return
                _walk(job_id, on_step)
        finally:
            connection.close()

    with ThreadPoolExecutor(threads, thread_name_prefix="walk") as pool:
        for walking in [pool.submit(walk_on) for _ in range(threads)]:
            walking.result()


def _walk(job_id: int, on_step: Callable[[Job], None] | None) -> None:
    while True:
        try:
            job = take_steps(job_id, queues=QUEUES, on_step=on_step)
        except TransientError:
            job = None
        if job is None:  # held by a worker, failed, or gone
            job = Job.objects.filter(pk=job_id).select_related("document").first()
            if job and on_step:
                on_step(job)
        if job is None or job.is_finished:
            return
        sleep(IDLE_S)


def _registered(kept: Sequence[NewFile], corpus: Corpus, user_id: int | None) -> list[Accepted]:
    try:
        accepted = register_files(kept, corpus=corpus, user_id=user_id)
    except TransientError as error:
        raise IngestError(str(error)) from error
    fresh = [entry.job for entry in accepted if entry.created and not entry.sidecar_of]
    transaction.on_commit(lambda: tasks.ring(*fresh))
    return accepted
