"""A generated benchmark with real files: make it, and see whether each part can do what it must.

    manage.py synthworld generate DIR --size smoke
    manage.py synthworld measure DIR [--ablate]
    manage.py synthworld generate DIR --size large [--units N]

``measure`` puts the files into a private corpus, asks every question, and prints for each slice
what must succeed and what cannot. A pattern that breaks makes it exit with 1. What pictures, clips
and sounds ask needs towers: ``manage.py train towers FOLDER``, then MMSEARCH_TOWERS=FOLDER.

A large world is for latency: of it ``measure`` prints how long each kind of question takes.
"""

import json
import sys
import time
from argparse import ArgumentParser
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from ingestion.synthworld.asking import TOWERS
from ingestion.synthworld.latency import latencies, passages
from ingestion.synthworld.library import ingested
from ingestion.synthworld.rows import Row
from ingestion.synthworld.table import ablation, table
from search.conf import conf
from search.errors import SearchError
from search.evaluation.synthworld import crowd
from search.evaluation.synthworld.world import (
    DOCUMENTS,
    LARGE,
    SIZES,
    make_world,
    read_size,
    write_files,
    write_world,
)
from search.models import Corpus

QUESTIONS_OF_A_KIND = 30  # asked of a large world


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("action", choices=["generate", "measure"])
        parser.add_argument("folder", type=Path, metavar="DIR")
        parser.add_argument("--size", choices=[*SIZES, LARGE], default="", help="(smoke)")
        parser.add_argument(
            "--units", type=int, default=crowd.UNITS, metavar="N", help="of a large world (100,000)"
        )
        parser.add_argument("--seed", type=int, default=0, metavar="N", help="(0)")
        parser.add_argument("--ablate", action="store_true", help="by kind of passage as well")
        parser.add_argument("--json", action="store_true", help="one JSON document")

    def handle(self, *args: Any, **options: Any) -> None:
        began = time.monotonic()
        try:
            if options["action"] == "generate":
                body = self._generated(options)
            else:
                body = self._measured(options)
        except SearchError as error:
            raise CommandError(str(error), returncode=2) from error
        body["seconds"] = round(time.monotonic() - began, 1)
        if options["json"]:
            self.stdout.write(json.dumps(body))
        elif options["action"] == "generate":
            self.stdout.write(
                f"{body['files']} files, {body['questions']} questions in {body['folder']}."
            )
        if body.get("broken"):
            raise CommandError(f"Not as expected: {'; '.join(body['broken'])}.", returncode=1)

    def _generated(self, options: dict[str, Any]) -> dict[str, Any]:
        folder, size, seed = options["folder"], options["size"] or "smoke", options["seed"]
        units = options["units"]
        if units < 1:
            raise SearchError(f"--units is {units}; write a number of 1 or more.")
        if size == LARGE:
            asked = crowd.questions(units, each=QUESTIONS_OF_A_KIND, seed=seed)
            made = crowd.files(units, seed=seed)
            counts = {"files": write_files(folder, made, asked, seed=seed, size=size)}
            counts |= {"questions": len(asked), "units": units}
        else:
            world = make_world(SIZES[size], seed=seed)
            write_world(folder, world, seed=seed, size=size)
            counts = {"files": len(world.files), "questions": len(world.questions)}
        return {"folder": str(folder), "size": size, "seed": seed, **counts}

    def _measured(self, options: dict[str, Any]) -> dict[str, Any]:
        folder: Path = options["folder"]
        if not (folder / DOCUMENTS).is_dir():
            raise SearchError(
                f"{folder} holds no world; make one by manage.py synthworld generate."
            )
        size = read_size(folder)
        if options["size"] and options["size"] != size:
            raise SearchError(
                f"{folder} is a world of size {size or 'unknown'}, not {options['size']}; leave "
                "--size out, or generate another."
            )
        count = sum(1 for _ in (folder / DOCUMENTS).iterdir())
        with (
            tqdm(total=count, file=sys.stderr, disable=None, leave=False) as bar,
            ingested(folder, done=bar.update) as corpus,
        ):
            if size == LARGE:
                return self._timed(folder, corpus, is_json=options["json"])
            rows = list(table(folder, corpus))
            parts = list(ablation(folder, corpus)) if options["ablate"] else []
        if not options["json"]:
            self.stdout.write("\n".join([*_lines(rows), "", *_lines(parts)]))
            if TOWERS not in conf().media_spaces:
                self.stderr.write(
                    "note: MMSEARCH_TOWERS is not set; slices that look were left out."
                )
        broken = [f"{r.slice} {r.system} {r.value:.3f}" for r in rows if not r.is_as_expected]
        return {
            "rows": [asdict(row) for row in rows],
            "ablation": [asdict(row) for row in parts],
            "broken": broken,
        }

    def _timed(self, folder: Path, corpus: Corpus, *, is_json: bool) -> dict[str, Any]:
        found = list(latencies(folder, corpus))
        count = passages(corpus)
        if not is_json:
            lines = [
                f"{one.kind:12}{one.recipe:10}{one.p50_ms:>9.1f}{one.p95_ms:>9.1f}  {one.questions}"
                for one in found
            ]
            head = f"{'question':12}{'recipe':10}{'p50 ms':>9}{'p95 ms':>9}  n"
            self.stdout.write("\n".join([f"{count:,} passages", head, *lines]))
        return {"passages": count, "latency": [asdict(one) for one in found]}


def _lines(rows: Sequence[Row]) -> list[str]:
    if not rows:
        return []
    head = f"{'slice':12}{'system':34}{'measure':12}{'seen':>7}  {'95 %':14}{'expected':>12}  n"
    return [head, *(_line(row) for row in rows)]


def _line(row: Row) -> str:
    ends = f"{row.low:.3f}–{row.high:.3f}"
    sign = "" if row.is_as_expected else "  BROKEN"
    return (
        f"{row.slice:12}{row.system:34}{row.measure:12}{row.value:>7.3f}  {ends:14}"
        f"{_expected(row):>12}  {row.questions}{sign}"
    )


def _expected(row: Row) -> str:
    if row.least is not None and row.least == row.most:
        return f"= {row.least:.3f}"
    if row.least is not None:
        return f"≥ {row.least:.3f}"
    return f"≤ {row.most:.3f}" if row.most is not None else ""
