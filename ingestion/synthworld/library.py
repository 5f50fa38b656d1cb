"""The files of a world in a private corpus, for the time of a measurement."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from ingestion.models import Job
from ingestion.services import IncomingFile, accept_files, remove_corpus, work_off
from search.evaluation.synthworld.world import DOCUMENTS
from search.ids import new_id
from search.models import Corpus
from search.types import Viewer

OPERATOR = Viewer(unrestricted=True)


@contextmanager
def ingested(folder: Path, *, done: Callable[[], object] = lambda: None) -> Iterator[Corpus]:
    """A private corpus with the files of a world; it is removed behind the measurement."""
    corpus = Corpus.objects.create(slug=f"synthworld-{new_id()}", name="SynthWorld")
    try:
        files = [IncomingFile(path.name, path) for path in sorted((folder / DOCUMENTS).iterdir())]
        accepted = accept_files(files, corpus=corpus, user_id=None)
        jobs = [one.job.pk for one in accepted if not one.sidecar_of]
        work_off(jobs, on_step=lambda job: _told(job, done))
        yield corpus
    finally:
        remove_corpus(corpus, OPERATOR)


def _told(job: Job, done: Callable[[], object]) -> None:
    if job.is_finished:
        done()
