"""The search and a reranker decide together."""

from statistics import fmean, pstdev

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from search.rerankers.blending import blend, first_stage_scores, stretched
from tests.search.passages import candidate
from tests.search.rerankers.shelf import ids, shelf

SCORES = st.dictionaries(st.integers(0, 6), st.floats(-100, 100), max_size=7)


def z(values: list[float]) -> list[float]:
    return [(value - fmean(values)) / pstdev(values) for value in values]


@settings(deadline=None)
@given(
    st.lists(st.floats(-100, 100), min_size=7, max_size=7, unique_by=lambda x: round(x, 3)),
    st.floats(0, 1),
)
def test_the_order_is_that_of_the_weighted_sum_of_both(scores: list[float], weight: float) -> None:
    first, new = z([one.score for one in shelf()]), z(scores)
    wanted = {i + 1: weight * new[i] + (1 - weight) * first[i] for i in range(7)}
    ranked = blend(shelf(), dict(enumerate(scores)), name="r", weight=weight)
    totals = [wanted[key] for key in ids(ranked)]
    assert totals == pytest.approx(sorted(totals, reverse=True), abs=1e-6)
    gaps = [one.score - wanted[one.passage_id] for one in ranked]
    assert gaps == pytest.approx([gaps[0]] * 7, abs=1e-6)


@settings(deadline=None)
@given(SCORES, st.floats(0, 1), st.integers(0, 9), st.frozensets(st.integers(0, 6)))
def test_nothing_is_lost_and_every_part_counts(
    scores: dict[int, float], weight: float, depth: int, passed_over: frozenset[int]
) -> None:
    known = {i: s for i, s in scores.items() if i < depth and i not in passed_over}
    ranked = blend(shelf(), known, name="r", weight=weight, depth=depth, passed_over=passed_over)
    assert sorted(ids(ranked)) == ids(shelf())
    values = [one.score for one in ranked]
    assert values == sorted(values, reverse=True)
    for one in ranked:
        assert sum(signal.part for signal in one.signals.values()) == pytest.approx(one.score)
        assert all(signal.part >= 0 for signal in one.signals.values())


@settings(deadline=None)
@given(SCORES, st.floats(0, 1))
def test_what_has_no_score_keeps_its_order(scores: dict[int, float], weight: float) -> None:
    unscored = [i + 1 for i in range(7) if i not in scores]
    ranked = blend(shelf(), scores, name="r", weight=weight)
    assert [key for key in ids(ranked) if key in unscored] == unscored


@settings(deadline=None)
@given(SCORES, st.floats(0.1, 50), st.floats(-50, 50))
def test_scale_and_origin_of_the_scores_do_not_matter(
    scores: dict[int, float], factor: float, shift: float
) -> None:
    rounded = {i: round(score, 2) for i, score in scores.items()}
    moved = {i: factor * score + shift for i, score in rounded.items()}
    one, other = (blend(shelf(), values, name="r", weight=0.6) for values in (rounded, moved))
    assert [c.score for c in one] == pytest.approx([c.score for c in other], abs=1e-6)


@pytest.mark.parametrize("scores", [{}, {3: 1.0}, dict.fromkeys(range(7), 2.5)])
def test_scores_that_do_not_differ_leave_the_first_stage_alone(scores: dict[int, float]) -> None:
    ranked = blend(shelf(), scores, name="r", weight=0.9)
    assert ids(ranked) == ids(shelf())
    assert not any("r" in one.signals for one in ranked)


def test_a_flat_first_stage_leaves_the_reranker_alone() -> None:
    flat = [candidate("heron", key, score=1.0) for key in range(1, 5)]
    ranked = blend(flat, {0: 1.0, 1: 4.0, 2: 2.0, 3: 3.0}, name="r", weight=0.1)
    assert ids(ranked) == [2, 4, 3, 1]


def test_equal_totals_keep_the_order_given() -> None:
    flat = [candidate("heron", key, score=1.0) for key in range(1, 5)]
    assert ids(blend(flat, {0: 1, 1: 2, 2: 1, 3: 2}, name="r", weight=1.0)) == [2, 4, 1, 3]


def test_the_reranker_is_a_signal_with_rank_raw_score_and_part() -> None:
    best = blend(shelf(3), {0: -5.0, 1: 0.0, 2: 9.0}, name="r", weight=1.0)[0]
    assert (best.passage_id, best.signals["r"].rank, best.signals["r"].raw) == (3, 1, 9.0)
    assert best.signals["r"].part == pytest.approx(best.score)


def test_what_lies_deeper_follows_in_its_order() -> None:
    ranked = blend(shelf(), {0: 1.0, 1: 2.0, 2: 3.0}, name="r", weight=1.0, depth=3)
    assert ids(ranked) == [3, 2, 1, 4, 5, 6, 7]


def test_where_scores_do_not_fall_the_places_count() -> None:
    mixed = [candidate("a", 1, score=1.0), candidate("b", 2, score=5.0)]
    assert first_stage_scores(mixed) == [0.0, -1.0]
    assert ids(blend(mixed, {}, name="r", weight=0.5)) == [1, 2]


def test_scores_are_stretched_to_0_and_1() -> None:
    assert stretched([4.0, 3.0, 2.0]) == [1.0, 0.5, 0.0]
    assert stretched([2.0, 2.0]) == [1.0, 1.0]
    assert stretched([]) == []


@settings(deadline=None)
@given(st.integers(2, 7), st.floats(0, 1))
def test_a_reranker_that_agrees_changes_nothing_however_far_it_came(
    scored: int, weight: float
) -> None:
    scores = {place: shelf()[place].score for place in range(scored)}
    assert ids(blend(shelf(), scores, name="r", weight=weight)) == ids(shelf())
