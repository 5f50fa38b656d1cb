"""Fit the chances behind ``confidence`` on this library's own votes.

Needs 50 votes on hits. The chances are kept only if votes that were left out find them better than
what was shown; they lie in confidence.json of the data folder, and without it those that come with
the product hold again.
"""

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from search.errors import SearchError
from search.evaluation.confidence import fit_votes
from search.retrieval.background import write_chances


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="measure, and keep nothing")
        parser.add_argument("--json", action="store_true", help="one JSON document")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            fitted = fit_votes()
        except SearchError as error:
            raise CommandError(str(error), returncode=1) from error
        kept = fitted.is_better and not options["dry_run"]
        path = str(write_chances(fitted.chances)) if kept else ""
        body = {
            "votes": fitted.votes,
            "kept": kept,
            "path": path,
            "brier": round(fitted.brier, 4),
            "brier_shown": round(fitted.brier_shown, 4),
            "calibration_error": round(fitted.error, 4),
            "calibration_error_shown": round(fitted.error_shown, 4),
        }
        self.stdout.write(json.dumps(body) if options["json"] else _told(body))


def _told(body: dict[str, Any]) -> str:
    measured = (
        f"{body['votes']} votes: Brier score {body['brier']} (shown: {body['brier_shown']}), "
        f"calibration error {body['calibration_error']} (shown: "
        f"{body['calibration_error_shown']}), on votes that were left out."
    )
    ending = f"Kept in {body['path']}." if body["kept"] else "Nothing was changed."
    return f"{measured}\n{ending}"
