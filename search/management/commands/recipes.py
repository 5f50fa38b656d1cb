"""List the recipes: what each is made of, what it needs, whether it can run here."""

import json
from argparse import ArgumentParser
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand

from search.planning import RecipeState, recipes


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="one JSON document")

    def handle(self, *args: Any, **options: Any) -> None:
        states = recipes()
        if options["json"]:
            body = {"recipes": [asdict(state) for state in states]}
            self.stdout.write(json.dumps(body, ensure_ascii=False))
            return
        for state in states:
            self.stdout.write(_line(state))


def _line(state: RecipeState) -> str:
    needs = ", ".join(state.needs) or "nothing"
    verdict = "can run" if state.available else f"cannot run: {state.why_not}"
    return f"{state.name:12} {' → '.join(state.stages):36} needs {needs}; {verdict}"
