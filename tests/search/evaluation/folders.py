"""A small collection in BEIR's form, written for tests, and real ones where they are."""

import json
import os
from collections.abc import Sequence
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

from search.evaluation.collection import read_collection

DOCUMENTS = [
    {"_id": "heron", "title": "Herons", "text": "A heron stands still and strikes at frogs."},
    {"_id": "swift", "title": "Swifts", "text": "Swifts sleep while they fly."},
    {"_id": "owl", "title": "", "text": "The owl hears a mouse below the snow."},
    {"_id": "map", "title": "A map of the lake", "text": "", "image": "map.png"},
]
QUERIES = [
    {"_id": "q1", "text": "which bird strikes frogs?"},
    {"_id": "q2", "text": "sleep while flying"},
    {"_id": "q3", "text": "map of the lake"},
    {"_id": "unjudged", "text": "owl"},
]
QRELS = [("q1", "heron"), ("q2", "swift"), ("q3", "map")]


def write(folder: Path, qrels: Sequence[tuple[str, str]] = QRELS) -> Path:
    """The folder with the collection in it."""
    (folder / "qrels").mkdir(exist_ok=True)
    for name, rows in (("corpus", DOCUMENTS), ("queries", QUERIES)):
        (folder / f"{name}.jsonl").write_text("\n".join(map(json.dumps, rows)) + "\n")
    lines = ["query-id\tcorpus-id\tscore", *(f"{q}\t{d}\t1" for q, d in qrels)]
    (folder / "qrels" / "test.tsv").write_text("\n".join(lines) + "\n")
    return folder


def evaluate(folder: Path, *arguments: str) -> tuple[dict[str, Any], str]:
    """The command's JSON, and what it said beside."""
    return run("evaluate", str(folder), *arguments)


def run(*arguments: str) -> tuple[dict[str, Any], str]:
    """A command's JSON, and what it said beside."""
    out, err = StringIO(), StringIO()
    call_command(*arguments, "--json", stdout=out, stderr=err)
    return json.loads(out.getvalue()), err.getvalue()


def say(*arguments: str) -> str:
    """What a command says to a person."""
    out = StringIO()
    call_command(*arguments, stdout=out, stderr=StringIO())
    return out.getvalue()


def real_collection(name: str) -> Path:
    """A folder of the benchmark data, such as "text/med"; skips, saying so, without it."""
    checkout = Path(__file__).resolve().parents[3]
    root = Path(os.environ.get("MMSEARCH_BENCH_DATA") or checkout.parent / "shared" / "data")
    folder = root / name
    if not folder.is_dir():
        pytest.skip(f"{folder} is not here; MMSEARCH_BENCH_DATA names the benchmark data.")
    return folder


def reduced(source: Path, target: Path, *, queries: int, others: int) -> Path:
    """The first queries of a collection, what was judged for them, and some other documents."""
    whole = read_collection(source)
    asked = whole.queries[:queries]
    judged = {key for line in asked for key in whole.qrels[line.key]}
    rest = [line.key for line in whole.documents if line.key not in judged][:others]
    kept = judged | set(rest)
    (target / "qrels").mkdir()
    for name, lines in (("corpus", whole.documents), ("queries", asked)):
        wanted = [line for line in lines if name == "queries" or line.key in kept]
        rows = [{"_id": line.key, "title": line.title, "text": line.text} for line in wanted]
        (target / f"{name}.jsonl").write_text("\n".join(map(json.dumps, rows)))
    rows = [f"{line.key} 0 {key} 1" for line in asked for key in whole.qrels[line.key]]
    (target / "qrels" / "test.tsv").write_text("\n".join(rows))
    return target
