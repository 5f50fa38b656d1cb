"""The bench of growing sizes, played through small."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.conf import settings

from bench.scale.material import SHARES, clustered, nearest, parts, recall, visible
from bench.scale.peers import CONTESTANTS
from bench.scale.report import markdown

QUESTIONS, CLIENTS = 4, (1, 2)
COLLECTION = {
    "corpus.jsonl": [
        {"_id": "heron", "title": "Herons", "text": "Herons nest in colonies near rivers."},
        {"_id": "owl", "title": "Owls", "text": "Owls hunt mice at night."},
        {"_id": "tide", "title": "Tides", "text": "The moon draws the sea."},
    ],
    "queries.jsonl": [
        {"_id": "1", "text": "where do herons nest"},
        {"_id": "2", "text": "what hunts mice"},
    ],
}


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, Any], str]:
    """The figures that a run wrote, and what it printed."""
    data = tmp_path_factory.mktemp("scale")
    for name in ("300", "birds"):  # the encoder's file is made once for all runs
        (data / name / "library").mkdir(parents=True)
        settings.MMSEARCH["MODELS_DIR"].mkdir(parents=True, exist_ok=True)
        (data / name / "library" / "models").symlink_to(settings.MMSEARCH["MODELS_DIR"])
    line = [
        *(sys.executable, "-m", "bench.scale", "--data", str(data), "--peers", str(data / "none")),
        *("--sizes", "300", "--questions", str(QUESTIONS), "--clients", *map(str, CLIENTS)),
        *("--collections", str(collection(data / "source" / "birds"))),
        *("--json", str(data / "found.json")),
    ]
    environment = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("MMSEARCH_", "DATABASE_", "DJANGO_"))
    } | {"MMSEARCH_ENV_FILE": os.devnull, "MMSEARCH_OFFLINE": "1"}
    done = subprocess.run(
        line, cwd=settings.BASE_DIR, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads((data / "found.json").read_text()), done.stdout


def collection(folder: Path) -> Path:
    (folder / "qrels").mkdir(parents=True)
    for name, lines in COLLECTION.items():
        (folder / name).write_text("\n".join(json.dumps(line) for line in lines))
    rows = ["query-id\tcorpus-id\tscore", "1\theron\t1", "2\towl\t1"]
    (folder / "qrels" / "test.tsv").write_text("\n".join(rows))
    return folder


def test_every_share_and_number_of_clients_is_measured_by_stage(found: Any) -> None:
    rows = found[0]["sizes"]["300"]["product"]["rows"]
    assert [(row["share"], row["clients"]) for row in rows] == [
        (share, clients) for share in SHARES for clients in CLIENTS
    ]
    for row in rows:
        assert row["degraded"] == {}
        stages = row["stages"]
        assert min(stages[name]["p50"] for name in ("encode", "lexical", "dense", "facets")) > 0
        assert row["whole"]["p50"] > max(stage["p50"] for stage in stages.values())


def test_vectors_are_found_as_by_brute_force_and_words_scored_as_by_bm25s(found: Any) -> None:
    for row in found[0]["sizes"]["300"]["product"]["rows"]:
        assert row["recall"] >= 0.98
        assert row["bm25_difference"] < 1e-6


def test_quality_is_measured_on_judged_questions(found: Any) -> None:
    assert found[0]["collections"]["birds"]["product"]["ndcg"] == 1.0


def test_a_library_that_is_absent_is_named_with_the_remedy(found: Any) -> None:
    figures, printed = found
    assert set(figures["sizes"]["300"]["peers"]) == set(CONTESTANTS)
    for name in CONTESTANTS:
        assert f"| 300 | {name} | absent: no environment at" in printed
    assert "--install-peers" in printed


def test_a_library_stands_beside_the_part_it_could_replace() -> None:
    took = {"p50": 4.0, "p95": 9.0}
    stages = dict.fromkeys(("encode", "lexical", "dense", "fuse", "hydrate", "facets"), took)
    own = {"share": 1.0, "clients": 1, "stages": stages, "whole": {"p50": 40.0, "p95": 90.0}}
    own |= {"per_second": 1.0, "recall": 1.0, "bm25_difference": 0.0, "degraded": {}}
    theirs = {"share": 1.0, "clients": 1, "p50": 2.0, "p95": 3.0, "per_second": 1.0}
    about = {"version": "1", "built_s": 1, "load_average": 0.5, "recall": 0.5, "rows": [theirs]}
    product = {"rows": [own], "encoder": {}, "bytes": {}, "loading": {}, "load_average": 0.5}
    peers = {
        name: about | {"against": kind.against}
        for name, kind in CONTESTANTS.items()
        if name in {"bm25s", "lancedb"}
    }
    sizes = {"10": {"product": product, "peers": peers}}
    table = markdown({"conditions": {}, "sizes": sizes, "collections": {}}).splitlines()
    words, whole = (
        next(line for line in table if f"| {name} 1 |" in line) for name in ("bm25s", "lancedb")
    )
    assert "| 2.0 / 3.0 | 4.0 / 9.0 | 2.00 / 3.00 |" in words
    assert "| 2.0 / 3.0 | 40.0 / 90.0 | 20.00 / 30.00 |" in whole


@pytest.mark.parametrize("count", [1_000, 10_000, 1_000_000])
def test_the_corpora_lie_apart_and_their_unions_are_the_shares(count: int) -> None:
    ranges = list(parts(count))
    assert [end for _, end in ranges] == [visible(count, share) for share in SHARES]
    assert [begin for begin, _ in ranges] == [0, *(end for _, end in ranges[:-1])]
    assert ranges[-1][1] == count


def test_the_nearest_by_brute_force_are_those_of_one_product() -> None:
    rows, asked = clustered(120_000, seed=1), clustered(7, seed=2)
    wanted = np.argsort(-(asked @ rows.T), axis=1)[:, :10]
    assert nearest(rows, asked).tolist() == wanted.tolist()
    assert recall(wanted.tolist(), wanted) == 1.0
    assert recall([[*own[:5], *range(-5, 0)] for own in wanted.tolist()], wanted) == 0.5
