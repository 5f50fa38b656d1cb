"""Rank fusion."""

import math
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from search.fusion import (
    FUSIONS,
    comb_mnz,
    distribution_based,
    linear,
    reciprocal_rank_fusion,
    scale,
    shares,
    zscore,
)
from search.types import Hit, Run, Signal

Fusion = Callable[..., list[Hit]]
scores = st.dictionaries(st.integers(1, 50), st.floats(-5, 40), max_size=30)
whole_scores = st.dictionaries(st.integers(1, 50), st.integers(-5, 40), max_size=30)
STRETCHING = ("zscore", "linear", "min_max", "distribution_based", "comb_mnz")


def run(name: str, found: dict[int, float]) -> Run:
    ordered = sorted(found.items(), key=lambda pair: (-pair[1], pair[0]))
    return Run(name, tuple(Hit(key, score) for key, score in ordered))


@pytest.fixture(params=sorted(FUSIONS))
def fusion(request: pytest.FixtureRequest) -> Fusion:
    return FUSIONS[request.param]


@settings(deadline=None)  # the machine may be busy
@given(bm25=scores, dense=scores, weight=st.floats(0, 3))
def test_the_parts_of_a_hit_sum_to_its_score(
    bm25: dict[int, float], dense: dict[int, float], weight: float
) -> None:
    for fuse in FUSIONS.values():
        weights = {"bm25": 1.0, "dense": weight}
        for hit in fuse([run("bm25", bm25), run("dense", dense)], weights=weights):
            assert hit.score == sum(signal.part for signal in hit.signals.values())


@settings(deadline=None)  # the machine may be busy
@given(bm25=scores, dense=scores)
def test_shares_are_not_negative_and_sum_to_one(
    bm25: dict[int, float], dense: dict[int, float]
) -> None:
    for fuse in FUSIONS.values():
        for hit in fuse([run("bm25", bm25), run("dense", dense)]):
            found = shares(hit)
            assert min(found.values()) >= 0
            assert math.isclose(sum(found.values()), 1)


@settings(deadline=None)  # the machine may be busy
@given(bm25=scores, dense=scores)
def test_every_passage_of_any_run_is_in_the_result_once(
    bm25: dict[int, float], dense: dict[int, float]
) -> None:
    for fuse in FUSIONS.values():
        fused = [hit.passage_id for hit in fuse([run("bm25", bm25), run("dense", dense)])]
        assert sorted(fused) == sorted(bm25.keys() | dense.keys())


def test_signals_keep_rank_and_raw_score(fusion: Fusion) -> None:
    (first, *_) = fusion([run("bm25", {7: 12.5, 8: 3.0}), run("dense", {7: 0.8})])
    assert first.passage_id == 7
    assert (first.signals["bm25"].rank, first.signals["bm25"].raw) == (1, 12.5)
    assert (first.signals["dense"].rank, first.signals["dense"].raw) == (1, 0.8)


def test_ties_go_to_the_lower_passage_id(fusion: Fusion) -> None:
    fused = fusion([run("bm25", {9: 1.0}), run("dense", {4: 1.0})])
    assert [hit.passage_id for hit in fused] == [4, 9]


def test_zscore_does_not_care_how_large_the_scores_are() -> None:
    dense = {1: 0.9, 2: 0.5, 3: 0.4}
    small = zscore([run("bm25", {2: 1.0, 3: 3.0}), run("dense", dense)])
    large = zscore([run("bm25", {2: 1000.0, 3: 3000.0}), run("dense", dense)])
    assert [hit.passage_id for hit in small] == [hit.passage_id for hit in large]
    assert [hit.score for hit in small] == pytest.approx([hit.score for hit in large])


def test_a_far_outlier_below_counts_like_a_passage_not_found() -> None:
    found = {key: 10.0 for key in range(1, 40)} | {99: -1000.0}
    last = zscore([run("bm25", found)])[-1]
    assert (last.passage_id, last.score) == (99, 0.0)


def test_reciprocal_rank_fusion_follows_the_paper() -> None:
    fused = reciprocal_rank_fusion([run("a", {1: 9.0, 2: 8.0}), run("b", {2: 0.3})], k=60)
    assert {hit.passage_id: hit.score for hit in fused} == pytest.approx(
        {1: 1 / 61, 2: 1 / 62 + 1 / 61}
    )


def test_a_negative_weight_is_refused_with_its_value() -> None:
    with pytest.raises(ValueError, match="'bm25' is -1"):
        zscore([run("bm25", {1: 1.0})], weights={"bm25": -1})


def test_a_weight_of_nothing_silences_a_retriever() -> None:
    runs = [run("bm25", {1: 5.0, 2: 1.0}), run("dense", {1: 0.1, 2: 0.9})]
    fused = zscore(runs, weights={"bm25": 0})
    assert [hit.passage_id for hit in fused] == [2, 1]


def test_scaling_keeps_parts_and_score_together() -> None:
    hits = [Hit(1, 3.0, {"bm25": Signal(1, 9.0, 3.0)}), Hit(2, 2.0, {"bm25": Signal(2, 8.0, 2.0)})]
    first, second = scale(hits, {2: 4.0})
    assert (first.passage_id, first.score, first.signals["bm25"].part) == (2, 8.0, 8.0)
    assert (second.passage_id, second.score) == (1, 3.0)


@settings(deadline=None)  # the machine may be busy
@given(
    bm25=whole_scores,
    dense=whole_scores,
    factor=st.integers(1, 1000),
    offset=st.integers(-1000, 1000),
)
def test_stretching_rules_do_not_care_about_the_scale_of_one_list(
    bm25: dict[int, float], dense: dict[int, float], factor: int, offset: int
) -> None:
    other = {key: factor * score + offset for key, score in bm25.items()}
    for name in STRETCHING:
        before = FUSIONS[name]([run("bm25", bm25), run("dense", dense)])
        after = FUSIONS[name]([run("bm25", other), run("dense", dense)])
        scored = {hit.passage_id: hit.score for hit in after}
        assert scored == pytest.approx({hit.passage_id: hit.score for hit in before}, abs=1e-6)


@settings(deadline=None)  # the machine may be busy
@given(bm25=whole_scores, dense=whole_scores)
def test_reciprocal_ranks_do_not_care_about_what_keeps_the_order(
    bm25: dict[int, float], dense: dict[int, float]
) -> None:
    bent = {key: math.exp(score / 10) for key, score in bm25.items()}
    before = reciprocal_rank_fusion([run("bm25", bm25), run("dense", dense)])
    after = reciprocal_rank_fusion([run("bm25", bent), run("dense", dense)])
    assert [(h.passage_id, h.score) for h in before] == [(h.passage_id, h.score) for h in after]


@pytest.mark.parametrize("name", STRETCHING)
def test_a_list_of_equal_scores_leaves_the_order_to_the_other(name: str) -> None:
    alike = run("bm25", {1: 7.0, 2: 7.0, 3: 7.0})
    fused = FUSIONS[name]([alike, run("dense", {3: 0.9, 1: 0.5, 2: 0.1})])
    assert [hit.passage_id for hit in fused] == [3, 1, 2]


def test_a_list_that_did_not_find_a_passage_gives_it_nothing(fusion: Fusion) -> None:
    fused = fusion([run("bm25", {1: 9.0, 2: 8.0}), run("dense", {2: 0.8, 3: 0.7})])
    named = {hit.passage_id: set(hit.signals) for hit in fused}
    assert named == {1: {"bm25"}, 2: {"bm25", "dense"}, 3: {"dense"}}


def test_a_list_that_found_nothing_changes_nothing(fusion: Fusion) -> None:
    alone = run("bm25", {1: 9.0, 2: 8.0, 3: 1.0})
    assert fusion([alone, Run("dense", ())]) == fusion([alone])


def test_comb_mnz_multiplies_by_the_number_of_lists() -> None:
    found = [run("a", {1: 9.0, 2: 5.0, 3: 1.0}), run("b", {2: 0.9, 4: 0.1})]
    scored = {hit.passage_id: hit.score for hit in comb_mnz(found)}
    assert scored == pytest.approx({1: 1.0, 2: 2 * (0.5 + 1.0), 3: 0.0, 4: 0.0})


def test_comb_mnz_does_not_count_a_silenced_list() -> None:
    found = [run("a", {1: 9.0, 2: 5.0, 3: 1.0}), run("b", {2: 0.9, 4: 0.1})]
    scored = {hit.passage_id: hit.score for hit in comb_mnz(found, weights={"b": 0.0})}
    assert scored[2] == pytest.approx(0.5)


def test_distribution_based_puts_the_mean_in_the_middle() -> None:
    first, middle, last = distribution_based([run("a", {1: 3.0, 2: 2.0, 3: 1.0})])
    assert middle.score == pytest.approx(0.5)
    assert first.score - 0.5 == pytest.approx(0.5 - last.score) == pytest.approx(1.5**0.5 / 6)


def test_linear_refuses_a_list_that_no_weight_was_fitted_for() -> None:
    with pytest.raises(ValueError, match="No weight for 'sparse'; known: bm25"):
        linear([run("sparse", {1: 1.0})], weights={"bm25": 1.0})
