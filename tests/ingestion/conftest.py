"""Files to put in, and a job to walk with."""

from pathlib import Path

import pytest

from ingestion.models import Job
from ingestion.services import Accepted, IncomingFile, accept_files, work_off
from search.models import Corpus

NOTE = "# Herons\n\nA grey heron stands still for twenty minutes before it strikes.\n"


@pytest.fixture
def put_in(tmp_path: Path):
    """Hand files in by name and content; gives what was accepted."""

    def accept(corpus: Corpus, **files: str | bytes) -> list[Accepted]:
        incoming = []
        for name, content in files.items():
            path = tmp_path / name
            path.write_bytes(content.encode() if isinstance(content, str) else content)
            incoming.append(IncomingFile(name.replace("__", "."), path))
        return accept_files(incoming, corpus=corpus, user_id=None)

    return accept


@pytest.fixture
def note(put_in, public_corpus: Corpus) -> Job:
    """A short note, received and not yet read."""
    return put_in(public_corpus, heron__md=NOTE)[0].job


@pytest.fixture
def walked():
    """Take every step of some jobs; gives them as they ended."""

    def walk(*jobs: Job) -> list[Job]:
        work_off([job.pk for job in jobs], threads=1)
        for job in jobs:
            job.refresh_from_db()
        return list(jobs)

    return walk
