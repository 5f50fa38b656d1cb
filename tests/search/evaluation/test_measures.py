"""The measures, by hand and against an independent library."""

import ir_measures
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from ir_measures import AP, RR, Judged, R, Success, nDCG

from search.evaluation.measures import (
    average_precision,
    average_precision_at,
    holds_answer,
    in_order,
    judged,
    ndcg,
    normalised,
    percentile,
    recall,
    reciprocal_rank,
    success,
    without,
)

GAINS = {"a": 2.0, "b": 1.0, "c": 1.0, "d": 0.0}
KEYS = [f"d{number:02}" for number in range(30)]


@st.composite
def judged_rankings(draw: st.DrawFn) -> tuple[dict[str, int], dict[str, float], int]:
    """Gains 0 to 3 of some documents, scores (with ties) of some, and a cut."""
    gains = draw(st.dictionaries(st.sampled_from(KEYS), st.integers(0, 3), min_size=1))
    scores = draw(st.dictionaries(st.sampled_from(KEYS), st.integers(0, 12), min_size=1))
    return gains, {key: float(score) for key, score in scores.items()}, draw(st.integers(1, 20))


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(judged_rankings())
def test_every_measure_is_that_of_an_independent_library(
    example: tuple[dict[str, int], dict[str, float], int],
) -> None:
    gains, scores, k = example
    ranking = [key for key, _ in in_order(scores.items())]
    run = {key: float(len(ranking) - place) for place, key in enumerate(ranking)}  # no ties left
    theirs = {
        str(metric.measure): metric.value
        for metric in ir_measures.iter_calc(
            [nDCG @ k, R @ k, Success @ k, RR @ k, AP, AP @ k, Judged @ k], {"q": gains}, {"q": run}
        )
    }
    raised = {key: 2**gain - 1 for key, gain in gains.items()}
    (exponential,) = ir_measures.iter_calc([nDCG @ k], {"q": raised}, {"q": run})
    relevant = sum(gain > 0 for gain in gains.values())
    inquire = theirs[f"AP@{k}"] * relevant / min(relevant, k) if relevant else 0.0
    pairs = [
        (ndcg(ranking, gains, k=k), theirs[f"nDCG@{k}"]),
        (ndcg(ranking, gains, k=k, exponential=True), exponential.value),
        (recall(ranking, gains, k=k), theirs[f"R@{k}"]),
        (success(ranking, gains, k=k), theirs[f"Success@{k}"]),
        (reciprocal_rank(ranking, gains, k=k), theirs[f"RR@{k}"]),
        (average_precision(ranking, gains), theirs["AP"]),
        (average_precision_at(ranking, gains, k=k), inquire),
        (judged(ranking, gains, k=k), theirs[f"Judged@{k}"]),
    ]
    for ours, their in pairs:
        assert ours == pytest.approx(their, abs=1e-6)


def test_ndcg_is_that_of_trec_eval() -> None:
    ideal = 2 + 1 / 1.584962500721156 + 1 / 2
    found = 1 / 1.584962500721156 + 2 / 2
    assert ndcg(["x", "b", "a"], GAINS, k=10) == pytest.approx(found / ideal)
    assert ndcg(["a", "b", "c"], GAINS, k=10) == pytest.approx(1)
    assert ndcg(["x", "a"], GAINS, k=1) == 0
    assert ndcg(["a"], {"a": 0.0}, k=10) == 0


def test_recall_and_success_are_not_the_same() -> None:
    assert recall(["a", "d", "x"], GAINS, k=10) == pytest.approx(1 / 3)
    assert success(["a", "d", "x"], GAINS, k=10) == 1
    assert success(["d", "x", "a"], GAINS, k=2) == 0


def test_the_reciprocal_rank_ends_at_its_cut() -> None:
    assert reciprocal_rank(["x", "d", "c", "a"], GAINS, k=10) == pytest.approx(1 / 3)
    assert reciprocal_rank(["x"] * 10 + ["a"], GAINS, k=10) == 0


def test_average_precision_at_a_cut_divides_by_what_fits_into_it() -> None:
    assert average_precision(["a", "x", "b"], GAINS) == pytest.approx((1 + 2 / 3) / 3)
    assert average_precision(["a"], GAINS) == pytest.approx(1 / 3)
    assert average_precision_at(["a"], GAINS, k=1) == 1
    assert average_precision_at(["x", "a"], GAINS, k=2) == pytest.approx(1 / 4)


def test_the_excluded_are_gone_before_anything_is_counted() -> None:
    assert without(["x", "a", "y"], {"x"}) == ["a", "y"]


def test_equal_scores_are_ordered_by_id() -> None:
    assert in_order([("b", 1.0), ("a", 1.0), ("c", 2.0)]) == [("c", 2.0), ("a", 1.0), ("b", 1.0)]


@pytest.mark.parametrize(
    ("text", "answer", "found"),
    [
        ("In the year 1930, Pluto was found.", "1930", True),
        ("Broadcast by the B.B.C. at noon", "b b c", True),
        ("It was THE Café — “Zürich”.", "a café Zürich", True),
        ("ﬁreflies glow", "fireflies", True),
        ("A thousand and 19301 things", "1930", False),
        ("我在北京大学读书", "北京", True),
        ("Nothing here", "the", False),
    ],
)
def test_an_answer_counts_when_it_stands_there_in_whole_words(
    text: str, answer: str, found: bool
) -> None:
    assert holds_answer(["x", text], [answer], k=2) == float(found)
    assert holds_answer(["x", text], [answer], k=1) == 0


@settings(deadline=None)
@given(st.text())
def test_normalising_twice_changes_nothing_more(text: str) -> None:
    once = normalised(text)
    assert normalised(once) == once


def test_percentiles_lie_between_neighbours() -> None:
    assert percentile([4.0, 1.0, 2.0, 3.0], 50) == 2.5
    assert percentile([7.0], 95) == 7.0
    assert percentile([], 95) == 0.0
