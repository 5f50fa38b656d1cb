"""A few true scores stand for many; a question learns from what a reranker likes."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from search.errors import ConfigurationError
from search.rerankers.cur import CurReranker
from search.rerankers.hashed import HashedSentences
from search.rerankers.readouts.cur import AnchorTable, build_table
from search.rerankers.relevance_feedback import RelevanceFeedback, taught
from search.rerankers.term_overlap import TermOverlap
from search.types import Query
from tests.search.passages import candidate
from tests.search.rerankers.shelf import HERON, ids, shelf, unit_rows


class LowRank:
    """A scorer whose matrix has a known rank; texts are the numbers of its rows and columns."""

    def __init__(self, rank: int, *, questions: int = 30, passages: int = 200) -> None:
        chance = np.random.default_rng(7)
        self.matrix = chance.standard_normal((questions, rank)) @ chance.standard_normal(
            (rank, passages)
        )
        self.scored = 0

    def score_pairs(self, query: str, texts: Sequence[str]) -> list[float]:
        self.scored += len(texts)
        places = [int(text.split()[-1]) for text in texts]
        return [float(self.matrix[int(query), place]) for place in places]


@pytest.mark.parametrize("rank", [1, 5, 20])
def test_cur_is_exact_on_a_matrix_of_its_rank(rank: int) -> None:
    scorer = LowRank(rank)
    passages = [(place, str(place)) for place in range(200)]
    table = build_table(scorer.score_pairs, [str(q) for q in range(29)], passages, anchors=rank + 5)
    known = np.array(scorer.score_pairs("29", table.anchor_texts))
    assert table.approximate(known) == pytest.approx(scorer.matrix[29], abs=1e-6)


def test_cur_ranks_like_the_scorer_with_few_calls(tmp_path: Path) -> None:
    scorer = LowRank(8)
    passages = [(place, str(place)) for place in range(200)]
    build_table(scorer.score_pairs, [str(q) for q in range(29)], passages, anchors=15).save(
        tmp_path / "cur.npz"
    )
    given = [candidate(str(place), place, score=200.0 - place, title="t") for place in range(200)]
    scorer.scored = 0
    reranker = CurReranker(scorer, table=str(tmp_path / "cur.npz"), exact=10, weight=1.0)
    ranked = reranker.rerank(Query(text="29"), given)
    best = np.argsort(-scorer.matrix[29])[:10].tolist()
    assert ids(ranked.candidates)[:10] == best
    assert scorer.scored == 25


def test_a_table_that_is_none_is_refused(tmp_path: Path) -> None:
    (tmp_path / "cur.npz").write_text("no table")
    with pytest.raises(ConfigurationError, match="anchor scores"):
        AnchorTable.load(tmp_path / "cur.npz")
    with pytest.raises(ConfigurationError, match="scores pairs"):
        CurReranker(None, table="x")


def test_no_steps_leave_the_question_as_it_is() -> None:
    query, passages = unit_rows(1, 16)[0], unit_rows(10, 16, 1)
    assert taught(query, passages, list(range(10)), steps=0) is query
    reranker = RelevanceFeedback(TermOverlap(), encoder=HashedSentences(), steps=0)
    assert list(reranker.rerank(HERON, shelf()).candidates) == shelf()


@settings(deadline=None)
@given(st.integers(0, 50), st.integers(0, 9))
def test_teaching_raises_what_the_teacher_likes(seed: int, liked: int) -> None:
    query, passages = unit_rows(1, 16, seed)[0], unit_rows(10, 16, seed + 100)
    scores = [1.0 if place == liked else 0.0 for place in range(10)]
    after = taught(query, passages, scores)
    before_share, after_share = (
        float(passages[liked] @ vector - (passages @ vector).mean()) for vector in (query, after)
    )
    top_already = int((passages @ query).argmax()) == liked
    assert after_share > before_share or top_already
    assert np.linalg.norm(after) == pytest.approx(1, abs=1e-5)


def test_feedback_ranks_by_the_question_that_was_taught() -> None:
    given = shelf(9)
    reranker = RelevanceFeedback(TermOverlap(weight=1.0), encoder=HashedSentences(), weight=1.0)
    vector, _ = reranker.improved(HERON, given)
    rows = HashedSentences().encode_documents([c.text for c in given])
    wanted = [given[int(i)].text for i in np.argsort(-(rows @ vector), kind="stable")]
    assert [c.text for c in reranker.rerank(HERON, given).candidates] == wanted
