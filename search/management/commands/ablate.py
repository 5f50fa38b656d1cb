"""Measure recipes against a baseline on a test collection: what each one adds or costs."""

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
from search.evaluation.runner import check_recipes


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("folder", type=Path, metavar="DIR")
        parser.add_argument("--recipes", required=True, metavar="A,B,C")
        parser.add_argument("--baseline", default="hybrid", metavar="NAME", help="(hybrid)")
        parser.add_argument("--k", type=int, default=10, help="cut of nDCG and recall (10)")
        parser.add_argument("--json", action="store_true", help="one JSON document")

    def handle(self, *args: Any, **options: Any) -> None:
        baseline, k = options["baseline"], options["k"]
        if not 1 <= k <= 100:
            raise CommandError(f"--k is {k}; write 1 to 100.", returncode=2)
        named = [name.strip() for name in options["recipes"].split(",") if name.strip()]
        names = list(dict.fromkeys([baseline, *named]))
        try:
            check_recipes(names)
            collection = read_collection(options["folder"])
        except SearchError as error:
            raise CommandError(str(error), returncode=2) from error
        for note in collection.notes:
            self.stderr.write(note)
        reports = [report(one, collection, k=k) for one in measure_all(collection, names)]
        for one in reports:
            for sentence in one.degraded:
                self.stderr.write(f"{one.recipe}: {sentence}")
        rows = ablation(reports, baseline)
        if options["json"]:
            found = ablation_body(collection, reports, baseline, rows)
            self.stdout.write(json.dumps(found, ensure_ascii=False))
            return
        self.stdout.write(ablation_table(reports, baseline, rows, k=k))
