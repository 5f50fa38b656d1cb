"""Build the vector indexes that corpora have grown to need; drop those nobody needs."""

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from search import indexing


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="one JSON document")

    def handle(self, *args: Any, **options: Any) -> None:
        done = indexing.maintain_indexes()
        if options["json"]:
            self.stdout.write(json.dumps(done))
            return
        for word, names in done.items():
            self.stdout.write(f"{word}: {', '.join(names) or 'none'}")
