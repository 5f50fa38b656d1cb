"""Measuring recipes: the measures, the files, and the command on a whole."""

import json
import os
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from search.errors import SearchError
from search.evaluation import scratch
from search.evaluation.collection import read_collection
from search.evaluation.measures import (
    average_precision,
    ndcg,
    percentile,
    recall,
    reciprocal_rank,
)
from search.evaluation.trec import read_qrels, run_lines
from search.models import Corpus, Document, Passage, TermFrequency, Vector
from tests.search.library import with_hashing

GAINS = {"a": 2.0, "b": 1.0, "c": 1.0, "d": 0.0}


def test_ndcg_is_that_of_trec_eval() -> None:
    ideal = 2 + 1 / 1.584962500721156 + 1 / 2
    found = 1 / 1.584962500721156 + 2 / 2
    assert ndcg(["x", "b", "a"], GAINS, k=10) == pytest.approx(found / ideal)
    assert ndcg(["a", "b", "c"], GAINS, k=10) == pytest.approx(1)
    assert ndcg(["x", "a"], GAINS, k=1) == 0
    assert ndcg(["a"], {"a": 0.0}, k=10) == 0


def test_recall_counts_only_what_is_relevant() -> None:
    assert recall(["a", "d", "x"], GAINS, k=10) == pytest.approx(1 / 3)
    assert recall(["x", "a", "b"], GAINS, k=2) == pytest.approx(1 / 3)


def test_the_reciprocal_rank_ends_at_its_cut() -> None:
    assert reciprocal_rank(["x", "d", "c", "a"], GAINS, k=10) == pytest.approx(1 / 3)
    assert reciprocal_rank(["x"] * 10 + ["a"], GAINS, k=10) == 0


def test_average_precision_divides_by_what_could_be_found() -> None:
    assert average_precision(["a", "x", "b"], GAINS) == pytest.approx((1 + 2 / 3) / 3)
    assert average_precision(["a"], GAINS, k=1) == 1


def test_percentiles_lie_between_neighbours() -> None:
    assert percentile([4.0, 1.0, 2.0, 3.0], 50) == 2.5
    assert percentile([7.0], 95) == 7.0


def test_a_run_is_written_as_trec_reads_it() -> None:
    lines = list(run_lines("bm25", {"q1": [("d7", 2.5), ("d9", 1.0)]}))
    assert lines == ["q1 Q0 d7 1 2.500000 bm25\n", "q1 Q0 d9 2 1.000000 bm25\n"]


def test_judgments_are_read_in_both_forms(tmp_path: Path) -> None:
    beir, trec = tmp_path / "beir.tsv", tmp_path / "qrels"
    beir.write_text("query-id\tcorpus-id\tscore\nq1\td 1\t2\n")
    trec.write_text("q1 0 d1 1\nq2 0 d2 0\n")
    assert read_qrels(beir) == {"q1": {"d 1": 2.0}}
    assert read_qrels(trec) == {"q1": {"d1": 1.0}, "q2": {"d2": 0.0}}
    trec.write_text("q1 0 d1 1\nnonsense\n")
    with pytest.raises(SearchError, match="line 2"):
        read_qrels(trec)


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


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write(tmp_path, QRELS)


def write(folder: Path, qrels: list[tuple[str, str]]) -> Path:
    (folder / "qrels").mkdir(exist_ok=True)
    for name, rows in (("corpus", DOCUMENTS), ("queries", QUERIES)):
        (folder / f"{name}.jsonl").write_text("\n".join(map(json.dumps, rows)) + "\n")
    lines = ["query-id\tcorpus-id\tscore", *(f"{q}\t{d}\t1" for q, d in qrels)]
    (folder / "qrels" / "test.tsv").write_text("\n".join(lines) + "\n")
    return folder


def evaluate(folder: Path, *arguments: str) -> tuple[dict[str, Any], str]:
    out, err = StringIO(), StringIO()
    call_command("evaluate", str(folder), "--json", *arguments, stdout=out, stderr=err)
    return json.loads(out.getvalue()), err.getvalue()


def nothing_is_left() -> bool:
    tables = (Corpus, Document, Passage, Vector, TermFrequency)
    return not any(table._base_manager.exists() for table in tables)


@pytest.mark.django_db
def test_every_recipe_is_measured_and_nothing_is_left(folder: Path, hashing: Any) -> None:
    body, said = evaluate(folder)
    assert list(body["recipes"]) == ["bm25", "dense", "hybrid", "default"]
    for figures in body["recipes"].values():
        assert set(figures) == {
            "ndcg@10", "recall@10", "recall@100", "mrr@10", "map", "queries", "p50_ms", "p95_ms"
        }  # fmt: skip
        assert figures["queries"] == 3
        assert 0 < figures["p50_ms"] <= figures["p95_ms"]
    assert body["recipes"]["bm25"]["ndcg@10"] == 1
    assert "1 lines of corpus.jsonl carry image; only their words were used." in said
    assert nothing_is_left()


@pytest.mark.django_db
def test_runs_are_written_for_each_recipe(folder: Path, hashing: Any) -> None:
    evaluate(folder, "--recipe", "bm25", "--recipe", "dense", "--run-file", str(folder / "run"))
    lines = (folder / "run").read_text().splitlines()
    assert {line.split()[-1] for line in lines} == {"bm25", "dense"}
    assert next(line for line in lines if line.startswith("q1 ")).split()[2] == "heron"


@pytest.mark.django_db
def test_another_cut_names_the_measures_after_it(folder: Path, hashing: Any) -> None:
    body, _ = evaluate(folder, "--recipe", "bm25", "--k", "3")
    assert {"ndcg@3", "recall@3"} <= set(body["recipes"]["bm25"])


@pytest.mark.django_db
@pytest.mark.parametrize("error", [KeyboardInterrupt, SystemExit])
def test_an_interrupted_measurement_leaves_nothing(
    folder: Path, hashing: Any, monkeypatch: pytest.MonkeyPatch, error: type[BaseException]
) -> None:
    from search.management.commands import evaluate as command

    def interrupt(*_arguments: object) -> None:
        assert Passage.objects.exists()
        raise error

    monkeypatch.setattr(command, "measure", interrupt)
    with pytest.raises(error):
        evaluate(folder)
    assert nothing_is_left()


@pytest.mark.django_db
def test_what_a_killed_run_left_is_removed_by_the_next(folder: Path, hashing: Any) -> None:
    orphan = Corpus.objects.create(slug=f"{scratch.PREFIX}1", name="left behind")
    scratch.load(orphan, read_collection(folder).documents, lambda _count: None)
    evaluate(folder, "--recipe", "bm25")
    assert nothing_is_left()


@pytest.mark.django_db
def test_a_measurement_does_not_touch_the_library(folder: Path, corpus: Corpus) -> None:
    from tests.search.library import add

    add(corpus, "A heron strikes at frogs.")
    body, _ = evaluate(folder, "--recipe", "bm25")
    assert body["recipes"]["bm25"]["ndcg@10"] == 1
    assert (Corpus.objects.count(), Passage.objects.count()) == (1, 1)


@pytest.mark.django_db
def test_wrong_usage_ends_with_status_two(folder: Path, hashing: Any) -> None:
    for arguments in (["/nowhere"], [str(folder), "--recipe", "fancy"], [str(folder), "--k", "0"]):
        with pytest.raises(CommandError) as caught:
            call_command("evaluate", *arguments)
        assert caught.value.returncode == 2


def test_queries_judged_by_ordinal_are_matched_by_their_place(tmp_path: Path) -> None:
    collection = read_collection(write(tmp_path, [("1", "heron"), ("3", "map")]))
    assert set(collection.qrels) == {"q1", "q3"}
    assert any("by their order" in note for note in collection.notes)


def test_judgments_of_unknown_queries_are_left_out_and_named(tmp_path: Path) -> None:
    collection = read_collection(write(tmp_path, [*QRELS, ("q99", "heron"), ("q1", "gone")]))
    assert [line.key for line in collection.queries] == ["q1", "q2", "q3"]
    assert any("'q99'" in note for note in collection.notes)
    assert any("1 judged documents are not in corpus.jsonl" in note for note in collection.notes)


@pytest.mark.parametrize("line", ["not json", '{"text": "no id"}', "[1]"])
def test_a_wrong_line_is_named(folder: Path, line: str) -> None:
    with (folder / "corpus.jsonl").open("a") as file:
        file.write(line + "\n")
    with pytest.raises(SearchError, match=r"corpus\.jsonl, line 5"):
        read_collection(folder)


def test_an_id_that_occurs_twice_is_refused(folder: Path) -> None:
    with (folder / "corpus.jsonl").open("a") as file:
        file.write(json.dumps(DOCUMENTS[0]) + "\n")
    with pytest.raises(SearchError, match="'heron' occurs twice"):
        read_collection(folder)


@pytest.mark.django_db
def test_the_recipes_command_lists_what_always_exists(hashing: Any) -> None:
    out = StringIO()
    call_command("recipes", "--json", stdout=out)
    states = {state["name"]: state for state in json.loads(out.getvalue())["recipes"]}
    assert {"bm25", "dense", "hybrid", "default"} <= set(states)
    assert states["hybrid"]["stages"] == ["bm25", "dense", "fuse by zscore"]
    assert states["hybrid"]["needs"] == ["encoder hashing"]
    assert all(state["available"] for state in states.values())


def real_collection(name: str) -> Path:
    checkout = Path(__file__).resolve().parents[2]
    root = Path(os.environ.get("MMSEARCH_BENCH_DATA") or checkout.parent / "shared" / "data")
    folder = root / "text" / name
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


@pytest.mark.real_data
@pytest.mark.django_db
def test_words_alone_reach_the_known_figure_on_cranfield(settings: Any) -> None:
    settings.MMSEARCH = with_hashing(TEXT_ENCODER="")
    body, _ = evaluate(real_collection("cranfield"), "--recipe", "bm25")
    assert body["recipes"]["bm25"]["ndcg@10"] >= 0.375


@pytest.mark.real_data
@pytest.mark.django_db
def test_hybrid_is_better_than_words_alone_and_no_worse_than_meaning(tmp_path: Path) -> None:
    folder = reduced(real_collection("med"), tmp_path, queries=12, others=100)
    body, _ = evaluate(folder)
    figures = {name: recipe["ndcg@10"] for name, recipe in body["recipes"].items()}
    assert figures["hybrid"] > figures["bm25"]
    assert figures["hybrid"] >= figures["dense"] - 0.005
