"""Measure recipes on a test collection: BEIR's form, or one that another adapter reads.

One document of the collection is one passage, not cut further. A scratch corpus holds them for the
time of the measurement and is removed afterwards. With --score-run nothing is searched: the
rankings of a TREC run file are scored.
"""

import json
import time
from argparse import ArgumentParser
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from search.errors import SearchError
from search.evaluation import runs
from search.evaluation.across import across_body, across_table
from search.evaluation.collection import read_collection
from search.evaluation.figures import Measured, Report, report
from search.evaluation.lines import Collection
from search.evaluation.measuring import measure_all
from search.evaluation.report import body, per_query_lines, slice_table, stage_table, table
from search.evaluation.runner import DEFAULT_RECIPES, check_recipes, measured_elsewhere
from search.evaluation.trec import run_lines


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("folders", type=Path, nargs="+", metavar="DIR")
        parser.add_argument(
            "--recipe",
            action="append",
            metavar="NAME",
            help="may be repeated; NAME+fitted weighs its retrievers as the judgments of other "
            "questions ask",
        )
        parser.add_argument("--k", type=int, default=10, help="cut of nDCG and recall (10)")
        parser.add_argument("--run-file", type=Path, metavar="F", help="the rankings in TREC form")
        parser.add_argument("--score-run", type=Path, metavar="F", help="rankings made elsewhere")
        parser.add_argument("--per-query", type=Path, metavar="F", help="a table of every query")
        parser.add_argument("--save", action="store_true", help="keep the figures, to be compared")
        parser.add_argument("--json", action="store_true", help="one JSON document")

    def handle(self, *args: Any, **options: Any) -> None:
        _check(options)
        names = list(dict.fromkeys(options["recipe"] or DEFAULT_RECIPES))
        try:
            check_recipes(names)
            collections = [read_collection(folder) for folder in options["folders"]]
            measured = [(one, self._reports(one, names, options)) for one in collections]
        except SearchError as error:
            raise CommandError(str(error), returncode=2) from error
        if len(measured) == 1:
            return
        if options["json"]:
            found = across_body(measured, k=options["k"])
            self.stdout.write(json.dumps(found, ensure_ascii=False))
        else:
            self.stdout.write(across_table(measured, k=options["k"]))

    def _reports(
        self, collection: Collection, names: list[str], options: dict[str, Any]
    ) -> list[Report]:
        """Measure one collection, keep what is to be kept; shown at once if it is the only one."""
        began = time.perf_counter()
        measured = self._measured(collection, names, options["score_run"])
        reports = [report(one, collection, k=options["k"]) for one in measured]
        _write(options["run_file"], (x for m in measured for x in run_lines(m.recipe, m.rankings)))
        _write(options["per_query"], per_query_lines(collection, reports))
        found = body(collection, reports) | {"seconds": round(time.perf_counter() - began, 3)}
        if options["save"]:
            made_here = options["score_run"] is None
            saved = [runs.save(one, collection, made_here=made_here) for one in reports]
            found["runs"] = {run.recipe: str(run.pk) for run in saved}
        if len(options["folders"]) == 1:
            self._show(found, reports, options)
        return reports

    def _measured(
        self, collection: Collection, names: list[str], elsewhere: Path | None
    ) -> list[Measured]:
        for note in collection.notes:
            self.stderr.write(note)
        found = (
            measured_elsewhere(elsewhere, collection)
            if elsewhere
            else measure_all(collection, names)
        )
        for one in found:
            for sentence in one.degraded:
                self.stderr.write(f"{one.recipe}: {sentence}")
        return found

    def _show(self, found: dict[str, Any], reports: list[Report], options: dict[str, Any]) -> None:
        if options["json"]:
            self.stdout.write(json.dumps(found, ensure_ascii=False))
            return
        k, queries = options["k"], int(reports[0].figures["queries"])
        self.stdout.write(f"{found['collection']}: {found['passages']} passages, {queries} queries")
        parts = (table(reports, k=k), slice_table(reports, k=k), stage_table(reports))
        self.stdout.write("\n\n".join(part for part in parts if part))
        for recipe, key in found.get("runs", {}).items():
            self.stdout.write(f"{recipe} is kept as run {key}.")


def _check(options: dict[str, Any]) -> None:
    if not 1 <= options["k"] <= 100:
        raise CommandError(f"--k is {options['k']}; write 1 to 100.", returncode=2)
    if options["score_run"] and options["recipe"]:
        raise CommandError("--score-run searches nothing; leave --recipe out.", returncode=2)
    one_only = [name for name in ("score_run", "run_file", "per_query") if options[name]]
    if one_only and len(options["folders"]) > 1:
        name = one_only[0].replace("_", "-")
        raise CommandError(f"--{name} is about one collection; name one folder.", returncode=2)


def _write(path: Path | None, lines: Iterable[str]) -> None:
    if path is None:
        return
    try:
        with path.open("w", encoding="utf-8") as file:
            file.writelines(lines)
    except OSError as error:
        raise CommandError(f"{path} cannot be written: {error}.", returncode=1) from error
