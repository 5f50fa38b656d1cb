"""Kept measurements, and what is said about two of them."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.core.management import CommandError, call_command

from search.evaluation.collection import read_collection
from search.evaluation.figures import Measured, report
from search.evaluation.runs import find_run, save
from search.models import EvaluationRun
from tests.search.evaluation.folders import evaluate, run, say, write

QUESTIONS = 60


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write(tmp_path)


@pytest.fixture
def two_runs(tmp_path: Path, db: None) -> tuple[EvaluationRun, EvaluationRun]:
    """A run with the relevant document second or third, and one with it mostly first."""
    collection = read_collection(wide(tmp_path / "wide"))
    random = np.random.default_rng(3)
    runs = []
    for name, places in (("old", (1, 2)), ("new", (0, 0, 0, 2))):
        rankings = {
            query.key: placed(query.key.replace("q", "d"), int(random.choice(places)))
            for query in collection.queries
        }
        runs.append(save(report(Measured(name, rankings), collection, k=10), collection,
                         made_here=False))  # fmt: skip
    return runs[0], runs[1]


def wide(folder: Path) -> Path:
    """Sixty questions with one document each."""
    (folder / "qrels").mkdir(parents=True)
    numbers = range(QUESTIONS)
    documents = [json.dumps({"_id": f"d{n}", "text": f"heron {n}"}) for n in numbers]
    queries = [json.dumps({"_id": f"q{n}", "text": f"what of heron {n}?"}) for n in numbers]
    (folder / "corpus.jsonl").write_text("\n".join(documents))
    (folder / "queries.jsonl").write_text("\n".join(queries))
    (folder / "qrels" / "test.tsv").write_text("\n".join(f"q{n} 0 d{n} 1" for n in numbers))
    return folder


def placed(key: str, place: int) -> list[tuple[str, float]]:
    keys = [*"xyz"[:place], key]
    return [(one, float(9 - rank)) for rank, one in enumerate(keys)]


@pytest.mark.django_db
def test_a_kept_run_holds_what_it_takes_to_compare(folder: Path, hashing: Any) -> None:
    body, _ = evaluate(folder, "--recipe", "hybrid", "--save")
    kept = EvaluationRun.objects.get()
    assert body["runs"] == {"hybrid": str(kept.pk)}
    assert kept.figures["ndcg@10"] == body["recipes"]["hybrid"]["ndcg@10"]
    assert set(kept.per_query) == {"q1", "q2", "q3"}
    assert kept.per_query["q1"]["text"] == "which bird strikes frogs?"
    assert kept.per_query["q1"]["ms"] > 0
    assert kept.model_versions["ENCODERS hashing"]
    assert kept.configuration["recipe"]["name"] == "hybrid"
    assert set(kept.stages) >= {"lexical", "dense", "hydrate"}
    assert kept.took_s > 0


@pytest.mark.django_db
def test_hashes_change_with_what_they_stand_for_and_only_then(
    folder: Path, hashing: Any, settings: Any
) -> None:
    evaluate(folder, "--recipe", "bm25", "--save")
    evaluate(folder, "--recipe", "bm25", "--save")
    settings.MMSEARCH = settings.MMSEARCH | {"BM25": {"K1": 0.9}}
    evaluate(folder, "--recipe", "bm25", "--save")
    with (folder / "qrels" / "test.tsv").open("a") as file:
        file.write("q1\towl\t0\n")
    evaluate(folder, "--recipe", "bm25", "--save")
    rows = list(EvaluationRun.objects.order_by("pk"))
    configurations = [row.configuration_hash for row in rows]
    assert configurations[0] == configurations[1] != configurations[2] == configurations[3]
    data = [row.data_hash for row in rows]
    assert data[0] == data[1] == data[2] != data[3]


def test_the_better_run_is_called_better_by_what_it_won(
    two_runs: tuple[EvaluationRun, EvaluationRun],
) -> None:
    old, new = two_runs
    found, _ = run("compare_runs", str(old.pk), "latest")
    change = found["differences"]["ndcg@10"]
    assert change["verdict"] == "better"
    assert 0 < change["low"] < change["mean"] < change["high"]
    assert change["mean"] == pytest.approx(new.figures["ndcg@10"] - old.figures["ndcg@10"])
    assert change["wins"] + change["losses"] + change["ties"] == QUESTIONS
    assert change["p_holm"] >= change["p"]
    assert found["differences"]["recall@10"]["verdict"] == "no difference shown"
    assert list(found["differences"])[:3] == ["ndcg@10", "recall@10", "recall@100"]
    assert "ms" not in found["differences"]
    most = found["changed"][0]
    assert abs(most["after"] - most["before"]) == pytest.approx(0.5)
    assert most["text"].startswith("what of heron")
    backwards, _ = run("compare_runs", "latest:new", "latest:old")
    assert backwards["differences"]["ndcg@10"]["verdict"] == "worse"


def test_a_comparison_reads_as_a_table(two_runs: tuple[EvaluationRun, EvaluationRun]) -> None:
    told = say("compare_runs", "latest:old", "latest:new", "--most", "3")
    assert "ndcg@10 is better by" in told
    assert told.count("→") == 4  # the heading and three questions
    assert "no difference shown" in told


def test_a_run_equals_itself(two_runs: tuple[EvaluationRun, EvaluationRun]) -> None:
    found, _ = run("compare_runs", "latest", "latest")
    assert {one["verdict"] for one in found["differences"].values()} == {"no difference shown"}
    assert found["changed"] == []
    assert found["notes"] == ["Both are the same run."]


def test_runs_on_other_data_are_compared_with_a_warning(
    two_runs: tuple[EvaluationRun, EvaluationRun], tmp_path: Path
) -> None:
    old, _ = two_runs
    EvaluationRun.objects.filter(pk=old.pk).update(data_hash="0" * 64)
    found, _ = run("compare_runs", "latest:old", "latest:new")
    assert "not measured on the same data" in found["notes"][0]


@pytest.mark.parametrize("name", ["7", "latest", "yesterday", "latest:none"])
@pytest.mark.django_db
def test_a_run_that_is_not_there_is_wrong_usage(name: str) -> None:
    with pytest.raises(CommandError, match="There is no run") as caught:
        call_command("compare_runs", name, "latest")
    assert caught.value.returncode == 2


def test_runs_without_a_common_question_cannot_be_compared(
    two_runs: tuple[EvaluationRun, EvaluationRun], folder: Path
) -> None:
    collection = read_collection(folder)
    found = Measured("other", {"q1": [("heron", 1.0)]})
    other = save(report(found, collection, k=10), collection, made_here=False)
    EvaluationRun.objects.filter(pk=other.pk).update(per_query={"else": {"text": "", "map": 1}})
    with pytest.raises(CommandError, match="share no question"):
        call_command("compare_runs", "latest:old", str(other.pk))
    assert find_run("latest") == other


@pytest.mark.django_db
def test_an_ablation_sets_every_recipe_against_the_baseline(folder: Path, hashing: Any) -> None:
    found, _ = run("ablate", str(folder), "--recipes", "bm25,dense", "--baseline", "hybrid")
    assert list(found["recipes"]) == ["hybrid", "bm25", "dense"]
    assert set(found["differences"]) == {"bm25", "dense"}
    change = found["differences"]["bm25"]["ndcg@10"]
    figures = found["recipes"]
    assert change["mean"] == pytest.approx(
        figures["bm25"]["ndcg@10"] - figures["hybrid"]["ndcg@10"]
    )
    assert change["verdict"] == "fewer than 30 queries, no claim"
    told = say("ablate", str(folder), "--recipes", "bm25")
    assert "baseline" in told
    assert "no claim" in told
    with pytest.raises(CommandError, match="no recipe 'fancy'"):
        call_command("ablate", str(folder), "--recipes", "fancy")
