"""Write down what is said in recordings that are in the library and carry no subtitles.

Stopped, it goes on where it was. The speech model is that of MMSEARCH_SPEECH_MODEL. Recordings
that come later are heard as they come.
"""

import json
import sys
import time
from argparse import ArgumentParser
from collections.abc import Iterator
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from ingestion import transcripts
from ingestion.errors import PausedError
from search import indexing
from search.errors import SearchError
from search.models import Corpus, Document
from search.transcribers.base import Transcriber


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--corpus", action="append", metavar="SLUG", help="may be repeated")
        parser.add_argument(
            "--again", action="store_true", help="also what a machine wrote down before"
        )
        parser.add_argument("--json", action="store_true", help="one JSON document")

    def handle(self, *args: Any, **options: Any) -> None:
        began, corpora = time.monotonic(), list(_corpora(options["corpus"]))
        try:
            model = transcripts.speech_model()
        except SearchError as error:
            raise CommandError(str(error), returncode=1) from error
        rows = [row for corpus in corpora for row in _heard(corpus, model, again=options["again"])]
        if indexing.needs_maintenance():
            indexing.maintain_indexes()
        failed = [row for row in rows if row["error"]]
        body = {
            "model": model.fingerprint,
            "documents": rows,
            "added": sum(row["passages"] for row in rows),
            "failed": len(failed),
            "seconds": round(time.monotonic() - began, 2),
        }
        if options["json"]:
            self.stdout.write(json.dumps(body, ensure_ascii=False))
        else:
            for row in failed:
                self.stderr.write(f"{row['title']}: {row['error']}")
            self.stdout.write(
                f"{len(rows) - len(failed)} recordings were heard by {model.name}; "
                f"{body['added']} passages were added, {len(failed)} recordings failed."
            )
        if failed:
            raise SystemExit(1)


def _heard(corpus: Corpus, model: Transcriber, *, again: bool) -> Iterator[dict[str, Any]]:
    """A row for each recording of a corpus that was listened to."""
    waiting = transcripts.unheard(corpus, fingerprint=model.fingerprint, again=again)
    documents = list(waiting)
    lengths_s = {one.pk: one.duration_s or 0.0 for one in documents}
    with tqdm(
        total=round(sum(lengths_s.values())), unit="s", desc=corpus.slug, file=sys.stderr,
        disable=None, leave=False,
    ) as bar:  # fmt: skip
        for document in documents:
            done = bar.n
            length_s = lengths_s[document.pk]
            row = {"id": str(document.pk), "title": document.title, "passages": 0, "error": ""}
            try:
                row["passages"] = _written_down(document, model, bar, done, length_s)
            except (SearchError, OSError, ValueError) as error:
                row["error"] = str(error)
            bar.update(done + length_s - bar.n)
            yield row


def _written_down(
    document: Document, model: Transcriber, bar: Any, done: float, length_s: float
) -> int:
    while True:
        try:
            return transcripts.write_down(
                document, model, lambda share: bar.update(done + share * length_s - bar.n)
            )
        except PausedError:
            continue  # a worker would make room for others; nobody waits behind a command


def _corpora(slugs: list[str] | None) -> list[Corpus]:
    if not slugs:
        return list(Corpus.objects.order_by("slug"))
    found = {corpus.slug: corpus for corpus in Corpus.objects.filter(slug__in=slugs)}
    if missing := set(slugs) - found.keys():
        raise CommandError(f"There is no corpus {min(missing)!r}.", returncode=2)
    return [found[slug] for slug in dict.fromkeys(slugs)]
