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
    verdict = "" if state.available else f"\n{'':26}cannot run here: {state.why_not}"
    memory = f"\n{'':26}weights of {state.memory_bytes / 1e6:,.0f} MB" if state.memory_bytes else ""
    return f"{state.name:26}{state.title}\n{'':26}{' → '.join(state.stages)}{memory}{verdict}"
