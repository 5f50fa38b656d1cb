"""Remove documents for good, with a certificate of what went and a probe that finds nothing."""

import json
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from ingestion.services import remove_documents
from search.errors import NotVisibleError
from search.types import Viewer


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("ids", nargs="+", type=int, metavar="DOCUMENT_ID")
        parser.add_argument(
            "--certificate", type=Path, metavar="F", help="also write it to this file"
        )
        parser.add_argument(
            "--json", action="store_true", help="one JSON document on standard output"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            certificates = remove_documents(options["ids"], Viewer(unrestricted=True))
        except NotVisibleError as error:
            if options["json"]:
                self.stdout.write(json.dumps({"certificates": [], "error": str(error)}))
            self.stderr.write(str(error))
            sys.exit(1)
        body = {"certificates": certificates}
        if options["certificate"]:
            _write(options["certificate"], body)
        if options["json"]:
            self.stdout.write(json.dumps(body, ensure_ascii=False))
        else:
            for certificate in certificates:
                self._tell(certificate)
        if any(certificate["probe"]["found"] for certificate in certificates):
            sys.exit(1)

    def _tell(self, certificate: dict[str, Any]) -> None:
        rows = ", ".join(f"{number} {table}" for table, number in certificate["rows"].items())
        found = "STILL FOUND" if certificate["probe"]["found"] else "no longer found"
        self.stdout.write(
            f"Removed {certificate['title']}: {rows}; {certificate['files']} files. "
            f"Asked {len(certificate['probe']['queries'])} of its own best questions: {found}."
        )


def _write(path: Path, body: dict[str, Any]) -> None:
    try:
        path.write_text(json.dumps(body, indent=2, ensure_ascii=False), encoding="utf-8")
    except OSError as error:
        raise CommandError(f"The certificate could not be written to {path}: {error}.") from error
