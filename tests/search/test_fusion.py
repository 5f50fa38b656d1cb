"""Rank fusion."""

import math
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from search.fusion import FUSIONS, reciprocal_rank_fusion, scale, shares, zscore
from search.types import Hit, Run, Signal

Fusion = Callable[..., list[Hit]]
scores = st.dictionaries(st.integers(1, 50), st.floats(-5, 40), max_size=30)


def run(name: str, found: dict[int, float]) -> Run:
    ordered = sorted(found.items(), key=lambda pair: (-pair[1], pair[0]))
    return Run(name, tuple(Hit(key, score) for key, score in ordered))


@pytest.fixture(params=sorted(FUSIONS))
def fusion(request: pytest.FixtureRequest) -> Fusion:
    return FUSIONS[request.param]


@given(bm25=scores, dense=scores, weight=st.floats(0, 3))
def test_the_parts_of_a_hit_sum_to_its_score(
    bm25: dict[int, float], dense: dict[int, float], weight: float
) -> None:
    for fuse in FUSIONS.values():
        for hit in fuse([run("bm25", bm25), run("dense", dense)], weights={"dense": weight}):
            assert hit.score == sum(signal.part for signal in hit.signals.values())


@given(bm25=scores, dense=scores)
def test_shares_are_not_negative_and_sum_to_one(
    bm25: dict[int, float], dense: dict[int, float]
) -> None:
    for fuse in FUSIONS.values():
        for hit in fuse([run("bm25", bm25), run("dense", dense)]):
            found = shares(hit)
            assert min(found.values()) >= 0
            assert math.isclose(sum(found.values()), 1)


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
