"""Delete questions older than so many days, with their answers and votes."""

import json
from argparse import ArgumentParser
from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from search.models import Search

DAYS = 30


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--days", type=int, default=DAYS, metavar="N", help=f"({DAYS})")
        parser.add_argument("--dry-run", action="store_true", help="count, delete nothing")
        parser.add_argument("--json", action="store_true", help="one JSON document")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["days"] < 0:
            raise CommandError(f"--days is {options['days']}; write 0 or more.", returncode=2)
        old = Search.objects.filter(created_at__lt=timezone.now() - timedelta(options["days"]))
        counts = {"searches": old.count(), "answers": old.filter(answer__isnull=False).count()}
        if not options["dry_run"]:
            _, by_table = old.delete()
            counts = {
                "searches": by_table.get("search.Search", 0),
                "answers": by_table.get("search.Answer", 0),
            }
        if options["json"]:
            self.stdout.write(json.dumps(counts | {"deleted": not options["dry_run"]}))
            return
        verb = "would be deleted" if options["dry_run"] else "deleted"
        self.stdout.write(f"{counts['searches']} searches and {counts['answers']} answers {verb}.")
