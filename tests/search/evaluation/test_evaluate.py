"""The evaluate command on a whole."""

import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from search.errors import SearchError
from search.evaluation import scratch
from search.evaluation.collection import Collection, QueryLine, read_collection
from search.evaluation.figures import per_query
from search.models import Corpus, Document, Passage, TermFrequency, Vector
from tests.search.evaluation.folders import (
    DOCUMENTS,
    QRELS,
    evaluate,
    real_collection,
    reduced,
    say,
    write,
)
from tests.search.library import with_hashing


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write(tmp_path, QRELS)


def nothing_is_left() -> bool:
    tables = (Corpus, Document, Passage, Vector, TermFrequency)
    return not any(table._base_manager.exists() for table in tables)


@pytest.mark.django_db
def test_every_recipe_is_measured_and_nothing_is_left(folder: Path, hashing: Any) -> None:
    body, said = evaluate(folder)
    assert list(body["recipes"]) == ["bm25", "dense", "hybrid", "default"]
    for figures in body["recipes"].values():
        assert set(figures) == {
            "ndcg@10", "recall@10", "recall@100", "mrr@10", "map", "queries", "p50_ms", "p95_ms",
            "success@10", "judged@10", "ap@10", "p99_ms", "seconds",
        }  # fmt: skip
        assert figures["queries"] == 3
        assert 0 < figures["p50_ms"] <= figures["p95_ms"] <= figures["p99_ms"]
    assert body["recipes"]["bm25"]["ndcg@10"] == 1
    assert "1 documents carry image; only their words were used." in said
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
    from search.evaluation import measuring

    def interrupt(*_arguments: object) -> None:
        assert Passage.objects.exists()
        raise error

    monkeypatch.setattr(measuring, "measure", interrupt)
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


@pytest.mark.django_db
def test_a_run_made_elsewhere_is_scored_as_if_made_here(folder: Path, hashing: Any) -> None:
    file = str(folder / "run")
    here, _ = evaluate(folder, "--recipe", "bm25", "--run-file", file)
    elsewhere, _ = evaluate(folder, "--score-run", file)
    figures = elsewhere["recipes"]["bm25"]
    assert "p50_ms" not in figures
    for name, value in figures.items():
        assert name == "seconds" or value == here["recipes"]["bm25"][name]


@pytest.mark.django_db
def test_what_a_run_does_not_rank_counts_as_nothing(folder: Path) -> None:
    (folder / "run").write_text("q1 Q0 heron 1 2.0 theirs\n")
    body, said = evaluate(folder, "--score-run", str(folder / "run"))
    assert body["recipes"]["theirs"]["ndcg@10"] == pytest.approx(1 / 3)
    assert "2 queries are not in the run and count as 0." in said
    (folder / "run").write_text("q77 Q0 heron 1 2.0 theirs\n")
    for arguments in (
        ["--score-run", str(folder / "run")],
        ["--score-run", "x", "--recipe", "bm25"],
    ):
        with pytest.raises(CommandError) as caught:
            call_command("evaluate", str(folder), *arguments)
        assert caught.value.returncode == 2


@pytest.mark.django_db
def test_every_query_has_its_line_under_every_recipe(folder: Path, hashing: Any) -> None:
    file = folder / "queries.tsv"
    evaluate(folder, "--recipe", "bm25", "--recipe", "dense", "--per-query", str(file))
    header, *rows = (line.split("\t") for line in file.read_text().splitlines())
    assert header[:3] == ["recipe", "query", "ndcg@10"]
    assert [row[:2] for row in rows] == [
        [r, q] for r in ("bm25", "dense") for q in ("q1", "q2", "q3")
    ]
    assert all(len(row) == len(header) for row in rows)
    assert rows[0][-2:] == ["length: 4 to 9; class: question", "which bird strikes frogs?"]


@pytest.mark.django_db
def test_excluded_documents_are_removed_first(folder: Path, hashing: Any) -> None:
    judged_and_excluded = {"_id": "q5", "text": "heron frogs swifts sleep", "excluded": ["heron"]}
    with (folder / "queries.jsonl").open("a") as file:
        file.write(json.dumps(judged_and_excluded) + "\n")
    with (folder / "qrels" / "test.tsv").open("a") as file:
        file.write("q5\tswift\t1\nq5\theron\t1\n")
    table = folder / "table.tsv"
    evaluate(
        folder, "--recipe", "bm25", "--per-query", str(table), "--run-file", str(folder / "run")
    )
    row = next(r for r in table.read_text().splitlines() if r.startswith("bm25\tq5\t")).split("\t")
    assert (row[2], row[3]) == ("1", "1")
    assert "q5 Q0 heron" not in (folder / "run").read_text()


def test_what_is_excluded_counts_neither_as_found_nor_as_missed(folder: Path) -> None:
    query = QueryLine("q1", "", "birds?", excluded=("heron",))
    qrels = {"q1": {"heron": 1.0, "swift": 1.0}}
    collection = Collection("birds", (), (query,), qrels)
    ranking = [("heron", 3.0), ("swift", 2.0)]
    row = per_query({"q1": ranking}, collection, k=10)["q1"]
    assert (row["mrr@10"], row["recall@10"], row["map"]) == (1, 1, 1)


@pytest.mark.django_db
def test_gold_answers_give_top_k_accuracy(folder: Path, hashing: Any) -> None:
    row = {"_id": "q6", "text": "what does the heron strike at?", "answers": ["The Frogs!"]}
    with (folder / "queries.jsonl").open("a") as file:
        file.write(json.dumps(row) + "\n")
    with (folder / "qrels" / "test.tsv").open("a") as file:
        file.write("q6\theron\t1\n")
    body, _ = evaluate(folder, "--recipe", "bm25")
    assert body["recipes"]["bm25"]["accuracy@10"] == 1
    assert body["intervals"]["bm25"]["accuracy@10"] == [1, 1]


@pytest.mark.django_db
def test_the_table_has_intervals_seconds_slices_and_stages(folder: Path, hashing: Any) -> None:
    body, _ = evaluate(folder, "--recipe", "bm25")
    low, high = body["intervals"]["bm25"]["ndcg@10"]
    assert 0 <= low <= body["recipes"]["bm25"]["ndcg@10"] <= high <= 1
    assert body["slices"]["bm25"]["class: question"]["queries"] == 1
    assert "low" not in body["slices"]["bm25"]["class: question"]  # too few to claim anything
    assert set(body["stages"]["bm25"]["lexical"]) == {"p50", "p95", "p99"}
    told = say("evaluate", str(folder), "--recipe", "bm25")
    for words in (
        "ndcg@10 [95 %]",
        "1.0000 [1.000, 1.000]",
        "seconds",
        "class: question",
        "lexical",
    ):
        assert words in told


def test_queries_judged_by_ordinal_are_matched_by_their_place(tmp_path: Path) -> None:
    collection = read_collection(write(tmp_path, [("1", "heron"), ("3", "map")]))
    assert set(collection.qrels) == {"q1", "q3"}
    assert any("by their order" in note for note in collection.notes)


def test_judgments_of_unknown_queries_are_left_out_and_named(tmp_path: Path) -> None:
    collection = read_collection(write(tmp_path, [*QRELS, ("q99", "heron"), ("q1", "gone")]))
    assert [line.key for line in collection.queries] == ["q1", "q2", "q3"]
    assert any("'q99'" in note for note in collection.notes)
    assert any("1 judged documents are not in the corpus" in note for note in collection.notes)


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
    walked = ["bm25", "dense", "fuse by zscore", "refine by dedupe"]
    assert states["hybrid"]["stages"] == walked
    assert states["hybrid"]["needs"] == ["encoder hashing"]
    assert all(states[name]["available"] for name in ("bm25", "dense", "hybrid", "default"))
    assert "No language model" in states["rankgpt"]["why_not"]


@pytest.mark.real_data
@pytest.mark.django_db
def test_words_alone_reach_the_known_figure_on_cranfield(settings: Any) -> None:
    settings.MMSEARCH = with_hashing(TEXT_ENCODER="")
    body, _ = evaluate(real_collection("text/cranfield"), "--recipe", "bm25")
    assert body["recipes"]["bm25"]["ndcg@10"] >= 0.375


@pytest.mark.real_data
@pytest.mark.django_db
def test_hybrid_is_better_than_words_alone_and_no_worse_than_meaning(tmp_path: Path) -> None:
    folder = reduced(real_collection("text/med"), tmp_path, queries=12, others=100)
    body, _ = evaluate(folder)
    figures = {name: recipe["ndcg@10"] for name, recipe in body["recipes"].items()}
    assert figures["hybrid"] > figures["bm25"]
    assert figures["hybrid"] >= figures["dense"] - 0.005
