"""Let pages, pictures and clips that were put in before be known again by photos and crops of them.

Stopped, it goes on where it was. Of recordings put in before, the frames of their shots are signed;
clips for encoders come with ingesting them again.
"""

import json
import sys
import time
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from tqdm import tqdm

from search import backfill, picture_index
from search.models import Corpus


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="one JSON document")

    def handle(self, *args: Any, **options: Any) -> None:
        began, added = time.monotonic(), {}
        for corpus in Corpus.objects.order_by("slug"):
            backfill.add_seen(corpus)
            lacking = picture_index.lacking(corpus).count()
            with tqdm(
                total=lacking, desc=corpus.slug, file=sys.stderr, disable=None, leave=False
            ) as bar:
                added[corpus.slug] = picture_index.fill(corpus, bar.update)
        body = {"corpora": added, "added": sum(added.values())}
        if options["json"]:
            self.stdout.write(json.dumps(body | {"seconds": round(time.monotonic() - began, 2)}))
            return
        self.stdout.write(f"{body['added']} pictures were signed.")
