"""Compare two kept measurements, question by question: the second against the first.

A run is an id, ``latest``, or ``latest:RECIPE``. Runs are kept by ``evaluate DIR --save``.
"""

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from search.errors import SearchError
from search.evaluation.compare import Comparison, compare_runs, comparison_body
from search.evaluation.report import difference_table
from search.evaluation.runs import find_run

SHOWN = 10


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("before", metavar="A")
        parser.add_argument("after", metavar="B")
        parser.add_argument("--most", type=int, default=SHOWN, metavar="N", help=f"({SHOWN})")
        parser.add_argument("--json", action="store_true", help="one JSON document")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            found = compare_runs(find_run(options["before"]), find_run(options["after"]))
        except SearchError as error:
            raise CommandError(str(error), returncode=2) from error
        if options["json"]:
            self.stdout.write(json.dumps(comparison_body(found), ensure_ascii=False))
            return
        for line in _lines(found, most=max(options["most"], 0)):
            self.stdout.write(line)


def _lines(found: Comparison, *, most: int) -> list[str]:
    lines = [f"A  {found.before} ({found.before.pk})", f"B  {found.after} ({found.after.pk})"]
    lines += [*found.notes, "", difference_table(found.differences), "", found.verdict]
    if found.changed[:most]:
        lines.append(f"\nQuestions that changed most ({found.main}, A → B):")
    for one in found.changed[:most]:
        lines.append(
            f"{one.change:+.3f}  {one.before:.3f} → {one.after:.3f}  {one.key}  {one.text[:80]}"
        )
    return lines
