"""Measure what each part of a recipe adds, or recipes against a baseline, on a test collection.

Named nothing but DIR: words, meaning, weighted words, tokens and reranking, each on and off.
"""

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from search.errors import SearchError
from search.evaluation.ablation import ablation, ablation_body, ablation_table
from search.evaluation.collection import read_collection
from search.evaluation.figures import report
from search.evaluation.measuring import measure_all
from search.evaluation.parts import without_each
from search.evaluation.runner import check_recipes
from search.planning import known_recipes, with_recipes
from search.recipes import Recipe

PARTS_OF = "all_parts"


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("folder", type=Path, metavar="DIR")
        chosen = parser.add_mutually_exclusive_group()
        chosen.add_argument("--recipes", metavar="A,B,C", help="against --baseline")
        chosen.add_argument(
            "--parts",
            default=PARTS_OF,
            metavar="NAME",
            help=f"this recipe without each of its parts, and each alone ({PARTS_OF})",
        )
        parser.add_argument("--baseline", default="hybrid", metavar="NAME", help="(hybrid)")
        parser.add_argument("--k", type=int, default=10, help="cut of nDCG and recall (10)")
        parser.add_argument("--json", action="store_true", help="one JSON document")

    def handle(self, *args: Any, **options: Any) -> None:
        k = options["k"]
        if not 1 <= k <= 100:
            raise CommandError(f"--k is {k}; write 1 to 100.", returncode=2)
        try:
            baseline, names, more = _experiment(options)
            with with_recipes(more):
                check_recipes(names)
                collection = read_collection(options["folder"])
                for note in collection.notes:
                    self.stderr.write(note)
                measured = measure_all(collection, names)
        except SearchError as error:
            raise CommandError(str(error), returncode=2) from error
        reports = [report(one, collection, k=k) for one in measured]
        for one in reports:
            for sentence in one.degraded:
                self.stderr.write(f"{one.recipe}: {sentence}")
        rows = ablation(reports, baseline)
        if options["json"]:
            found = ablation_body(collection, reports, baseline, rows)
            self.stdout.write(json.dumps(found, ensure_ascii=False))
            return
        self.stdout.write(ablation_table(reports, baseline, rows, k=k))


def _experiment(options: dict[str, Any]) -> tuple[str, list[str], dict[str, Recipe]]:
    """The baseline, the recipes to measure with it first, and those that were made for it."""
    if options["recipes"]:
        named = [name.strip() for name in options["recipes"].split(",") if name.strip()]
        baseline = options["baseline"]
        return baseline, list(dict.fromkeys([baseline, *named])), {}
    baseline = options["parts"]
    check_recipes([baseline])
    parts = without_each(known_recipes()[baseline])
    return baseline, [baseline, *parts], parts
