"""What each encoder has made of the library, and what is left of models that were replaced.

A space that no setting names is kept until it is removed here: name its model again, and it is
asked as before.
"""

import json
from argparse import ArgumentParser
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from search import indexing
from search.errors import SearchError
from search.kept_spaces import KeptSpace, kept_spaces, remove_space


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--remove", metavar="FINGERPRINT", help="remove a space that no setting names"
        )
        parser.add_argument("--json", action="store_true", help="one JSON document")

    def handle(self, *args: Any, **options: Any) -> None:
        body: dict[str, Any] = {}
        if options["remove"]:
            body["removed"] = self._remove(options["remove"])
        kept = kept_spaces()
        if options["json"]:
            listed = [{**asdict(one), "used": one.is_used} for one in kept]
            self.stdout.write(json.dumps(body | {"spaces": listed}))
            return
        if options["remove"]:
            self.stdout.write(f"{body['removed']} rows were removed.")
        for one in kept:
            self.stdout.write(_line(one))

    def _remove(self, fingerprint: str) -> int:
        try:
            gone = remove_space(fingerprint)
        except SearchError as error:
            raise CommandError(str(error), returncode=2) from error
        if indexing.needs_maintenance():
            indexing.maintain_indexes()
        return gone


def _line(one: KeptSpace) -> str:
    state = "not asked; no setting names its model"
    if one.lacking == 0:
        state = "asked, complete"
    elif one.lacking:
        state = f"asked, lacks {one.lacking}: manage.py build_space {one.alias}"
    return (
        f"{one.alias:14} {one.kind:7} {one.dim:5}  {one.held:9,} passages  {state}\n"
        f"{'':14} {one.fingerprint}"
    )
