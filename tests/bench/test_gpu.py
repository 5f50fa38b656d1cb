"""The bench of encoders and rerankers on a device, played through on the CPU with tiny models."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

CLOSE = 0.2  # of random weights in bfloat16: eight bits, and a score near 0 keeps few of them

PROGRAM = """
import runpy, sys
sys.argv = ["gpu.py", "--device", "cpu", "--tiny", "--repeats", "1", "--out", {out!r}]
runpy.run_path("bench/gpu.py", run_name="__main__")
roots = {{name.partition(".")[0] for name in sys.modules}}
print("loaded:", sorted(roots & {{"django", "psycopg", "celery", "onnxruntime"}}))
"""


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Path]:
    """What the bench printed, and the folder it wrote to."""
    out = tmp_path_factory.mktemp("gpu")
    environment = {"PATH": os.environ["PATH"], "OMP_NUM_THREADS": "1", "HF_HUB_OFFLINE": "1"}
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM.format(out=str(out))],
        cwd=settings.BASE_DIR, env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout, out


@pytest.fixture(scope="module")
def found(played: tuple[str, Path]) -> dict[str, Any]:
    written: dict[str, Any] = json.loads((played[1] / "gpu.json").read_text())
    return written


def test_the_bench_runs_where_neither_django_nor_a_database_is(played: tuple[str, Path]) -> None:
    assert played[0].rstrip().endswith("loaded: []")


def test_every_class_gives_what_its_bare_model_gives(found: dict[str, Any]) -> None:
    classes = {row["part"] for row in found["rows"]}
    assert classes == {"text", "cross_encoder", "yes_no", "first", "sparse"}
    for row in found["rows"]:
        assert row["differs"] < (CLOSE if row["dtype"] == "bfloat16" else 1e-4), row
        assert min(row["product"], row["bare"], row["bare_by_length"]) > 0


def test_scarce_memory_halves_the_batch_and_changes_nothing(found: dict[str, Any]) -> None:
    parts = {one["part"] for one in found["shortages"]}
    assert parts == {"text", "cross_encoder", "yes_no", "sparse"}
    for one in found["shortages"]:
        assert one["tried"][:2] == [one["batch"], one["batch"] // 2]
        assert one["differs"] < CLOSE


def test_the_report_is_one_table_of_all_rows(
    found: dict[str, Any], played: tuple[str, Path]
) -> None:
    lines = (played[1] / "gpu.md").read_text().splitlines()
    assert sum(line.startswith(("| text |", "| sparse |")) for line in lines) == 4 + 2 + 2 * 1
    assert found["left_out"] == []
