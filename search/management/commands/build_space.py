"""Let an encoder read the passages that its space does not hold yet.

Stopped, it goes on where it was. Passages that come later are read when they come, if SPACES names
the encoder.
"""

import json
import sys
import time
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from search import backfill, indexing, registry
from search.conf import conf
from search.errors import SearchError
from search.management.naming import corpora_named
from search.models import Corpus, Passage
from search.spaces import without_row


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("alias", metavar="ALIAS", help="an encoder of MMSEARCH['ENCODERS']")
        parser.add_argument("--corpus", action="append", metavar="SLUG", help="may be repeated")
        parser.add_argument("--json", action="store_true", help="one JSON document")

    def handle(self, *args: Any, **options: Any) -> None:
        alias, began = options["alias"], time.monotonic()
        if alias not in conf().encoders:
            known = ", ".join(conf().encoders) or "there are none"
            raise CommandError(f"There is no encoder {alias!r}; known: {known}.", returncode=2)
        corpora = corpora_named(options["corpus"] or [])
        try:
            added = self._fill(alias, corpora)
        except SearchError as error:
            raise CommandError(str(error), returncode=1) from error
        if indexing.needs_maintenance():
            indexing.maintain_indexes()
        body = {
            "alias": alias,
            "fingerprint": registry.encoder(alias).fingerprint,
            "corpora": added,
            "added": sum(added.values()),
            "seconds": round(time.monotonic() - began, 2),
        }
        if options["json"]:
            self.stdout.write(json.dumps(body))
            return
        self.stdout.write(f"{body['added']} passages were added to the space of {alias}.")

    def _fill(self, alias: str, corpora: list[Corpus]) -> dict[str, int]:
        """How many passages of each corpus were added, by slug."""
        space = indexing.space_for(alias)
        own = backfill.readable(alias, Passage.objects.filter(corpus__in=corpora))
        lacking = without_row(space, own).count()
        added = {}
        with tqdm(total=lacking, desc=alias, file=sys.stderr, disable=None, leave=False) as bar:
            for corpus in corpora:
                added[corpus.slug] = backfill.fill_space(alias, corpus, bar.update)
        return added
