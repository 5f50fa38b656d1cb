"""Runs and judgments as files: what is written reads back the same."""

from pathlib import Path

import ir_measures
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from search.errors import SearchError
from search.evaluation.measures import in_order
from search.evaluation.trec import qrels_lines, read_qrels, read_runs, run_lines

IDS = st.text(st.characters(exclude_categories=["C", "Z"]), min_size=1, max_size=8)
SPACED = st.from_regex(r"[a-zü0-9]{1,4}( [a-z0-9#]{1,4})?", fullmatch=True)
SCORES = st.floats(-1e6, 1e6, allow_nan=False, width=64)
patient = settings(
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@patient
@given(
    qrels=st.dictionaries(
        SPACED,
        st.dictionaries(SPACED, st.floats(0, 3) | st.integers(0, 3), min_size=1),
        min_size=1,
    )
)
def test_judgments_read_back_as_they_were(tmp_path: Path, qrels: dict) -> None:
    path = tmp_path / "qrels.tsv"
    path.write_text("".join(qrels_lines(qrels)), encoding="utf-8")
    assert read_qrels(path) == qrels


@patient
@given(
    runs=st.dictionaries(
        SPACED,
        st.dictionaries(
            SPACED | IDS, st.dictionaries(SPACED | IDS, SCORES, min_size=1), min_size=1
        ),
        min_size=1,
        max_size=3,
    )
)
def test_runs_read_back_as_they_were(tmp_path: Path, runs: dict) -> None:
    path = tmp_path / "runs"
    ranked = {
        name: {query: in_order(scores.items()) for query, scores in queries.items()}
        for name, queries in runs.items()
    }
    lines = (line for name, run in ranked.items() for line in run_lines(name, run))
    path.write_text("".join(lines), encoding="utf-8")
    assert read_runs(path) == ranked


def test_a_run_is_written_as_trec_reads_it(tmp_path: Path) -> None:
    lines = list(run_lines("bm25", {"q1": [("d7", 2.5), ("d9", 1.0)]}))
    assert lines == ["q1 Q0 d7 1 2.500000 bm25\n", "q1 Q0 d9 2 1.000000 bm25\n"]
    (tmp_path / "run").write_text("".join(lines))
    theirs = list(ir_measures.read_trec_run(str(tmp_path / "run")))
    assert [(row.doc_id, row.score) for row in theirs] == [("d7", 2.5), ("d9", 1.0)]


def test_an_order_that_the_scores_do_not_show_is_kept(tmp_path: Path) -> None:
    cascade = [("b", 0.1), ("a", 0.9), ("c", 0.9)]
    (tmp_path / "run").write_text("".join(run_lines("cascade", {"q": cascade})))
    read = read_runs(tmp_path / "run")["cascade"]["q"]
    assert [key for key, _ in read] == ["b", "a", "c"]


def test_the_score_decides_and_not_the_rank_that_is_written(tmp_path: Path) -> None:
    (tmp_path / "run").write_text("q 0 low 1 1.0 x\nq 0 high 2 2.0 x\n")
    assert [key for key, _ in read_runs(tmp_path / "run")["x"]["q"]] == ["high", "low"]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("q Q0 d 1 much x\n", "line 1"),
        ("q Q0 d 1 1.0 x\nq Q0 d 2 0.5 x\n", "line 2: 'd' stands twice"),
        ("q Q0 d 1 nan x\n", "line 1"),
        ("\n", "is empty"),
    ],
)
def test_a_wrong_run_is_named_by_its_line(tmp_path: Path, text: str, sentence: str) -> None:
    (tmp_path / "run").write_text(text)
    with pytest.raises(SearchError, match=sentence):
        read_runs(tmp_path / "run")


def test_judgments_are_read_in_both_forms(tmp_path: Path) -> None:
    beir, trec = tmp_path / "beir.tsv", tmp_path / "qrels"
    beir.write_text("query-id\tcorpus-id\tscore\nq1\td 1\t2\n")
    trec.write_text("q1 0 d1 1\nq2 0 d2 0\n")
    assert read_qrels(beir) == {"q1": {"d 1": 2.0}}
    assert read_qrels(trec) == {"q1": {"d1": 1.0}, "q2": {"d2": 0.0}}
    trec.write_text("q1 0 d1 1\nnonsense\n")
    with pytest.raises(SearchError, match="line 2"):
        read_qrels(trec)
