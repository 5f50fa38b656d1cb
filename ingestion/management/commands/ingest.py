"""Put files, folders and archives into a corpus."""

import json
import sys
from argparse import ArgumentParser
from pathlib import Path
from time import perf_counter
from typing import Any

from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.db.models import Count
from django.utils.text import slugify

from ingestion import tasks
from ingestion.errors import IngestError
from ingestion.models import Job
from ingestion.services import Accepted, job_state, work_off
from ingestion.sources.files import NewFile, keep_file, register_files
from ingestion.sources.folder import files_below
from search.models import Corpus, Membership, Passage, Role
from search.types import Modality


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("paths", nargs="+", type=Path, metavar="PATH")
        parser.add_argument("--corpus", required=True, metavar="SLUG")
        parser.add_argument(
            "--create", action="store_true", help="make the corpus if it is missing"
        )
        parser.add_argument(
            "--public", action="store_true", help="with --create: anyone may read it"
        )
        parser.add_argument("--name", default="", help="with --create: its name")
        parser.add_argument("--wait", action="store_true", help="until every file is finished")
        parser.add_argument(
            "--json", action="store_true", help="one JSON document on standard output"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        began = perf_counter()
        missing = [str(path) for path in options["paths"] if not path.exists()]
        if missing:
            raise CommandError(f"No such file or folder: {', '.join(missing)}.", returncode=2)
        corpus = _corpus(options)
        entries = self._accept(options["paths"], corpus)
        if options["wait"]:
            self._finish(entries)
        body = _report(entries, perf_counter() - began)
        if options["json"]:
            self.stdout.write(json.dumps(body, ensure_ascii=False))
        else:
            self._tell(body, waited=options["wait"])
        if body["failed"]:
            sys.exit(1)

    def _accept(self, paths: list[Path], corpus: Corpus) -> list["Entry"]:
        entries, kept = [], []
        for path, name in files_below(paths):
            try:
                kept.append((path, keep_file(path, name)))
            except (IngestError, OSError) as error:
                entries.append(Entry(path, error=str(error)))
        accepted = _register([file for _, file in kept], corpus)
        by_name = {a.name: a for a in accepted}
        entries += [Entry(path, accepted=by_name[file.name]) for path, file in kept]
        tasks.ring(*(a.job for a in accepted if a.created and not a.sidecar_of))
        return entries

    def _finish(self, entries: list["Entry"]) -> None:
        """Work the queue off here; a running worker helps. Archives bring more jobs along."""
        asked = {e.accepted.job.pk: perf_counter() for e in entries if e.accepted}
        progress = Progress(self.stderr, shown=sys.stderr.isatty())
        done: dict[int, float] = {}

        def on_step(job: Job) -> None:
            if job.is_finished and job.pk not in done:
                done[job.pk] = perf_counter()
            progress.show(len(done), len(asked), job)

        work_off(list(asked), on_step=on_step)
        self._finish_members(entries, asked, on_step)
        progress.end()

    def _finish_members(self, entries, asked, on_step) -> None:  # type: ignore[no-untyped-def]
        """Documents that came out of archives, level by level."""
        corpora = {e.accepted.document.corpus_id for e in entries if e.accepted}
        while True:
            more = Job.objects.unfinished().filter(document__corpus__in=corpora)
            fresh = list(more.exclude(pk__in=asked).values_list("pk", flat=True))
            if not fresh:
                break
            asked.update(dict.fromkeys(fresh, perf_counter()))
            work_off(fresh, on_step=on_step)
        known = {e.accepted.job.pk for e in entries if e.accepted}
        members = Job.objects.filter(pk__in=set(asked) - known).select_related("document")
        for job in members:
            entry = Accepted(job.document.filename, job.document, job, created=True)
            entries.append(Entry(Path(job.document.filename), accepted=entry))

    def _tell(self, body: dict[str, Any], *, waited: bool) -> None:
        for document in body["documents"]:
            if document["error"]:
                self.stdout.write(f"{document['state']:10} {document['path']}: {document['error']}")
        tail = "" if waited else " They are read in the background; --wait waits for them."
        self.stdout.write(
            f"{body['added']} added, {body['unchanged']} there already, {body['failed']} failed, "
            f"in {body['seconds']} s.{tail}"
        )


class Entry:
    """One file of the command line and what became of it."""

    def __init__(self, path: Path, *, accepted: Accepted | None = None, error: str = "") -> None:
        self.path, self.accepted, self.error = path, accepted, error


class Progress:
    """A line that rewrites itself on a terminal; silent elsewhere."""

    def __init__(self, stream: Any, *, shown: bool) -> None:
        self.stream, self.shown = stream, shown

    def show(self, done: int, total: int, job: Job) -> None:
        if self.shown:
            width = 30
            bar = "█" * (width * done // max(total, 1))
            name = job.document.filename[:40]
            self.stream.write(
                f"\r{bar:{width}} {done}/{total}  {job.status:10} {name:40}", ending=""
            )
            self.stream.flush()

    def end(self) -> None:
        if self.shown:
            self.stream.write("")


def _corpus(options: dict[str, Any]) -> Corpus:
    slug = options["corpus"]
    corpus = Corpus.objects.filter(slug=slug).first()
    if corpus:
        return corpus
    if not options["create"]:
        raise CommandError(f"There is no corpus {slug!r}; --create makes it.", returncode=2)
    if slug != slugify(slug):
        raise CommandError(f"{slug!r} is no slug; write {slugify(slug)!r}.", returncode=2)
    name = options["name"] or slug.replace("-", " ").capitalize()
    visibility = "public" if options["public"] else "private"
    with transaction.atomic():
        corpus = Corpus.objects.create(slug=slug, name=name, visibility=visibility)
        owner = get_user_model().objects.filter(is_superuser=True).order_by("pk").first()
        if owner:
            Membership.objects.create(corpus=corpus, user=owner, role=Role.OWNER)
    return corpus


def _register(files: list[NewFile], corpus: Corpus) -> list[Accepted]:
    owner = corpus.memberships.filter(role=Role.OWNER).order_by("pk").first()
    return register_files(files, corpus=corpus, user_id=owner.user_id if owner else None)


def _report(entries: list[Entry], seconds: float) -> dict[str, Any]:
    documents = [_row(entry) for entry in entries]
    states = [d["state"] for d in documents]
    fresh = [e.accepted is not None and e.accepted.created for e in entries]
    return {
        "documents": documents,
        "added": sum(f and s != "failed" for f, s in zip(fresh, states, strict=True)),
        "unchanged": sum(not f and s != "failed" for f, s in zip(fresh, states, strict=True)),
        "failed": states.count("failed"),
        "seconds": round(seconds, 1),
    }


def _row(entry: Entry) -> dict[str, Any]:
    row: dict[str, Any] = {
        "id": None, "path": str(entry.path), "title": entry.path.name, "state": "failed",
        "error": entry.error, "passages": dict.fromkeys(map(str, Modality), 0), "seconds": 0.0,
    }  # fmt: skip
    if entry.accepted is None:
        return row
    document = entry.accepted.document
    document.refresh_from_db()
    job = Job.objects.get(document=document)
    document.job = job
    state = job_state(document)
    counts = Passage.objects.filter(document=document).values_list("kind").annotate(Count("pk"))
    row["passages"] |= dict(counts)
    seconds = (job.updated_at - job.created_at).total_seconds()
    row |= {"id": str(document.pk), "title": document.title, "seconds": round(seconds, 2)}
    row |= {"state": state["state"], "error": state["error"]}
    if entry.accepted.sidecar_of:
        row["sidecar_of"] = entry.accepted.sidecar_of
    return row
