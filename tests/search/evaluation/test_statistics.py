"""Intervals, paired differences and Holm, on numbers whose answer is known."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import bootstrap

from search.evaluation.statistics import (
    NOTHING,
    TOO_FEW,
    differences,
    holm,
    mean_interval,
    mean_intervals,
)

Random = np.random.Generator


@pytest.fixture
def random() -> Random:
    return np.random.default_rng(7)


def shifted(random: Random, *, by: float, queries: int = 100) -> list[float]:
    """Values whose mean is ``by`` standard errors from 0, exactly."""
    values = random.normal(0, 1, queries)
    values = (values - values.mean()) / values.std() + by / np.sqrt(queries)
    return list(values)


def test_the_interval_is_that_of_scipy(random: Random) -> None:
    values = random.beta(2, 3, 80)
    ours = mean_interval(list(values))
    theirs = bootstrap((values,), np.mean, n_resamples=10_000, method="percentile", rng=1)
    assert ours.mean == pytest.approx(values.mean())
    assert ours.low == pytest.approx(theirs.confidence_interval.low, abs=0.004)
    assert ours.high == pytest.approx(theirs.confidence_interval.high, abs=0.004)


def test_nineteen_of_twenty_intervals_hold_the_truth(random: Random) -> None:
    samples = random.normal(0.5, 0.2, (300, 60))
    found = mean_intervals({str(i): list(row) for i, row in enumerate(samples)}, resamples=2000)
    held = sum(one.low <= 0.5 <= one.high for one in found.values())
    assert 270 <= held <= 297


def test_the_same_seed_gives_the_same_interval(random: Random) -> None:
    values = list(random.random(50))
    assert mean_interval(values) == mean_interval(values)
    assert mean_interval(values, seed=1) != mean_interval(values, seed=2)


def test_a_real_difference_is_shown_and_noise_is_not(random: Random) -> None:
    base = random.random(100)
    ours = {"up": base + 0.05, "noise": base + shifted(random, by=0.5), "same": base}
    found = differences(
        {name: list(column) for name, column in ours.items()}, {name: list(base) for name in ours}
    )
    assert found["up"].verdict == "better"
    assert (found["up"].wins, found["up"].losses, found["up"].ties) == (100, 0, 0)
    assert found["noise"].verdict == NOTHING
    assert (found["same"].p, found["same"].ties, found["same"].verdict) == (1.0, 100, NOTHING)


def test_pairing_sees_what_two_single_intervals_cannot(random: Random) -> None:
    base = random.random(60)
    ours = base + random.normal(0.02, 0.02, 60)
    (one,) = differences({"x": list(ours)}, {"x": list(base)}).values()
    alone, other = mean_interval(list(ours)), mean_interval(list(base))
    assert alone.low < other.high
    assert one.verdict == "better"


def test_with_few_queries_nothing_is_claimed() -> None:
    found = differences({"x": [1.0] * 29}, {"x": [0.0] * 29})
    assert found["x"].low > 0
    assert found["x"].verdict == TOO_FEW
    assert differences({"x": [0.0] * 30}, {"x": [1.0] * 30})["x"].verdict == "worse"


def test_a_difference_that_holm_takes_away_is_not_shown(random: Random) -> None:
    ours = {"x": shifted(random, by=2.4)}
    sisters = {str(i): shifted(random, by=0.5) for i in range(9)}
    zeros = [0.0] * 100
    alone = differences(ours, {"x": zeros})["x"]
    among = differences(ours | sisters, {name: zeros for name in ours | sisters})["x"]
    assert alone.p == among.p
    assert among.p_holm > alone.p_holm
    assert (alone.verdict, among.verdict) == ("better", NOTHING)


def test_holm_is_the_textbooks() -> None:
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm([]) == []


@settings(deadline=None)
@given(st.lists(st.floats(0, 1), max_size=20))
def test_holm_never_lowers_a_value_and_keeps_the_order(values: list[float]) -> None:
    adjusted = holm(values)
    assert all(a >= p and a <= 1 for a, p in zip(adjusted, values, strict=True))
    pairs = sorted(zip(values, adjusted, strict=True))
    assert [a for _, a in pairs] == sorted(adjusted)


def test_columns_of_unequal_length_are_refused() -> None:
    with pytest.raises(ValueError, match="One value for each query"):
        mean_intervals({"x": [1.0], "y": [1.0, 2.0]})
    with pytest.raises(ValueError, match="cannot be compared"):
        differences({"x": [1.0]}, {"y": [1.0]})
