"""Measure recipes on a test collection in BEIR's form.

One line of corpus.jsonl is one passage, not cut further. A scratch corpus holds the lines for the
time of the measurement and is removed afterwards.
"""

import json
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from search.errors import SearchError
from search.evaluation.collection import Collection, read_collection
from search.evaluation.runner import DEFAULT_RECIPES, Measured, check_recipes, measure
from search.evaluation.scratch import load, scratch_corpus
from search.evaluation.trec import run_lines


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("folder", type=Path, metavar="DIR")
        parser.add_argument("--recipe", action="append", metavar="NAME", help="may be repeated")
        parser.add_argument("--k", type=int, default=10, help="cut of nDCG and recall (10)")
        parser.add_argument("--run-file", type=Path, metavar="F", help="the rankings in TREC form")
        parser.add_argument("--json", action="store_true", help="one JSON document")

    def handle(self, *args: Any, **options: Any) -> None:
        names = list(dict.fromkeys(options["recipe"] or DEFAULT_RECIPES))
        if not 1 <= options["k"] <= 100:
            raise CommandError(f"--k is {options['k']}; write 1 to 100.", returncode=2)
        try:
            check_recipes(names)
            collection = read_collection(options["folder"])
        except SearchError as error:
            raise CommandError(str(error), returncode=2) from error
        for note in collection.notes:
            self.stderr.write(note)
        measured = self._measure(collection, names)
        if options["run_file"]:
            with options["run_file"].open("w", encoding="utf-8") as file:
                for one in measured:
                    file.writelines(run_lines(one.recipe, one.rankings))
        body = _body(collection, measured, k=options["k"])
        if options["json"]:
            self.stdout.write(json.dumps(body, ensure_ascii=False))
        else:
            self.stdout.write(_table(body))

    def _measure(self, collection: Collection, names: list[str]) -> list[Measured]:
        measured = []
        with scratch_corpus() as corpus:
            with _bar(len(collection.documents), "indexing") as bar:
                keys = load(corpus, collection.documents, bar.update)
            for name in names:
                with _bar(len(collection.queries), name) as bar:
                    one = measure(name, collection, corpus.pk, keys, bar.update)
                for sentence in one.degraded:
                    self.stderr.write(f"{name}: {sentence}")
                measured.append(one)
        return measured


def _bar(total: int, what: str) -> "tqdm[Any]":
    return tqdm(total=total, desc=what, file=sys.stderr, disable=None, leave=False)


def _body(collection: Collection, measured: list[Measured], *, k: int) -> dict[str, Any]:
    return {
        "collection": collection.name,
        "passages": len(collection.documents),
        "recipes": {one.recipe: one.figures(collection, k=k) for one in measured},
    }


def _table(body: dict[str, Any]) -> str:
    names = [name for name in next(iter(body["recipes"].values())) if name != "queries"]
    lines = [f"{'recipe':12}" + "".join(f"{name:>12}" for name in names)]
    for recipe, figures in body["recipes"].items():
        cells = (
            f"{figures[n]:>12.1f}" if n.endswith("_ms") else f"{figures[n]:>12.4f}" for n in names
        )
        lines.append(f"{recipe:12}" + "".join(cells))
    return "\n".join(lines)
