"""What a score means."""

import json
import random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.isotonic import IsotonicRegression

from search.calibration import (
    Background,
    Isotonic,
    brier_score,
    by_chance,
    expected_calibration_error,
    fit_isotonic,
    risk_coverage,
)

numbers = st.floats(-1000, 1000)
samples = st.lists(numbers, min_size=30, max_size=60)
judged = st.lists(st.tuples(st.integers(-20, 20), st.booleans()), min_size=50, max_size=90).filter(
    lambda pairs: len({label for _, label in pairs}) == 2
)
told = st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=1, max_size=60)


def pairs(count: int, seed: int = 4) -> tuple[list[float], list[bool]]:
    """Scores of which a relevant passage's is the higher the likelier."""
    rng = random.Random(seed)
    scores = [rng.gauss(0, 1) for _ in range(count)]
    return scores, [rng.random() < 1 / (1 + np.exp(-2 * score)) for score in scores]


@settings(deadline=None)  # the machine may be busy
@given(sample=samples, one=numbers, other=numbers)
def test_a_higher_score_never_means_less(sample: list[float], one: float, other: float) -> None:
    background = Background.of(sample)
    low, high = sorted((one, other))
    assert background.deviations(low) <= background.deviations(high)
    assert background.tail(low) >= background.tail(high) > 0


@settings(deadline=None)  # the machine may be busy
@given(pairs_=judged, one=numbers, other=numbers)
def test_a_fitted_chance_is_bounded_and_keeps_the_order(
    pairs_: list[tuple[int, bool]], one: float, other: float
) -> None:
    fitted = fit_isotonic([score for score, _ in pairs_], [label for _, label in pairs_])
    low, high = sorted((one, other))
    assert 0 <= fitted.chance(low) <= fitted.chance(high) <= 1


@settings(deadline=None)  # the machine may be busy
@given(judged)
def test_the_fitted_chances_are_those_of_an_independent_implementation(
    pairs_: list[tuple[int, bool]],
) -> None:
    scores, labels = [float(score) for score, _ in pairs_], [label for _, label in pairs_]
    fitted = fit_isotonic(scores, labels)
    reference = IsotonicRegression(out_of_bounds="clip").fit(scores, labels)
    grid = [*scores, -30.0, 30.0, 0.5]
    assert [fitted.chance(s) for s in grid] == pytest.approx(list(reference.predict(grid)))


def test_fitted_chances_are_nearly_right_on_other_pairs() -> None:
    fitted = fit_isotonic(*pairs(2000))
    scores, labels = pairs(2000, seed=9)
    chances = [fitted.chance(score) for score in scores]
    assert expected_calibration_error(chances, labels) < 0.05
    assert brier_score(chances, labels) < brier_score([0.5] * 2000, labels)


def test_a_map_comes_back_from_json_as_it_was() -> None:
    fitted = fit_isotonic(*pairs(60))
    assert Isotonic.from_json(fitted.to_json()) == fitted


@pytest.mark.parametrize(
    "text",
    [
        "[]",
        "{}",
        "nothing",
        json.dumps({"scores": [1, 0], "chances": [0, 1], "pairs": 2}),
        json.dumps({"scores": [0, 1], "chances": [1, 0], "pairs": 2}),
        json.dumps({"scores": [], "chances": [], "pairs": 0}),
    ],
)
def test_what_is_no_map_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        Isotonic.from_json(text)


def test_too_few_pairs_are_refused_with_their_number() -> None:
    with pytest.raises(ValueError, match="49 judged pairs; 50 are needed"):
        fit_isotonic(*pairs(49))


def test_pairs_that_all_say_the_same_are_refused() -> None:
    with pytest.raises(ValueError, match="both kinds"):
        fit_isotonic([float(n) for n in range(50)], [True] * 50)


def test_too_small_a_sample_is_refused_with_its_size() -> None:
    with pytest.raises(ValueError, match="has 29 scores"):
        Background.of([1.0] * 29)


def test_the_tail_is_the_share_that_scores_as_high() -> None:
    background = Background.of([float(n) for n in range(99)])
    assert background.tail(90.0) == pytest.approx(10 / 100)
    assert background.tail(1e9) == pytest.approx(1 / 100)
    assert background.tail(-1.0) == 1.0


def test_in_a_library_of_equal_scores_nothing_stands_out() -> None:
    assert Background.of([0.3] * 40).deviations(0.3) == 0.0


def test_a_larger_library_asks_for_more() -> None:
    assert by_chance(10**7) > by_chance(1000) > by_chance(100) > by_chance(1) == 1.0


def test_a_pair_counts_as_often_as_its_weight_says() -> None:
    scores, labels = pairs(80)
    twice = fit_isotonic([*scores, *scores[:40]], [*labels, *labels[:40]])
    weighed = fit_isotonic(scores, labels, weights=[2.0] * 40 + [1.0] * 40)
    assert weighed.chances == pytest.approx(twice.chances)


def test_calibration_error_is_the_gap_between_word_and_deed() -> None:
    assert expected_calibration_error([0.8] * 10, [True] * 8 + [False] * 2) == pytest.approx(0)
    assert expected_calibration_error([1.0] * 10, [True] * 5 + [False] * 5) == pytest.approx(0.5)
    assert expected_calibration_error([0.05, 0.95], [True, True]) == pytest.approx(0.5)


def test_brier_score_follows_its_definition() -> None:
    assert brier_score([0.9, 0.2], [True, False]) == pytest.approx((0.01 + 0.04) / 2)


def test_risk_is_counted_from_the_surest_on() -> None:
    found = risk_coverage([0.9, 0.5, 0.5, 0.1], [True, False, True, False])
    assert [coverage for coverage, _ in found] == pytest.approx([0.25, 0.75, 1.0])
    assert [risk for _, risk in found] == pytest.approx([0.0, 1 / 3, 0.5])


@settings(deadline=None)  # the machine may be busy
@given(told)
def test_coverage_rises_to_one_and_the_last_risk_is_the_error_rate(
    pairs_: list[tuple[float, bool]],
) -> None:
    chances, labels = [chance for chance, _ in pairs_], [label for _, label in pairs_]
    points = risk_coverage(chances, labels)
    coverages = [coverage for coverage, _ in points]
    assert coverages == sorted(set(coverages))
    assert points[-1] == pytest.approx((1.0, 1 - sum(labels) / len(labels)))
    assert 0 <= expected_calibration_error(chances, labels) <= 1


@pytest.mark.parametrize(("chances", "labels"), [([], []), ([0.5], []), ([1.5], [True])])
def test_what_are_no_chances_is_refused(chances: list[float], labels: list[bool]) -> None:
    with pytest.raises(ValueError):
        brier_score(chances, labels)
