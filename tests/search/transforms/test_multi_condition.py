"""Questions of several conditions: how they are split, and how a hit is scored by all of them."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from search.transforms.multi_condition import conditions_of, per_condition, shares, softmin

COSINES = st.lists(st.floats(-1, 1), min_size=1, max_size=6)


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("a red circle and a rising tone", ("a red circle", "a rising tone")),
        ("a star, a path; the sound falls", ("a star", "a path", "the sound falls")),
        ("ein roter Kreis und ein steigender Ton", ("ein roter Kreis", "ein steigender Ton")),
        ("a black and white cat", ("a black and white cat",)),
        ("a path between a house and a tree", ("a path between a house and a tree",)),
        ("a red circle left of a blue square", ("a red circle left of a blue square",)),
        ("a red circle and a red circle", ("a red circle and a red circle",)),
        ("  ", ()),
    ],
)  # fmt: skip
def test_a_text_is_split_where_another_thing_begins(text, parts) -> None:
    assert conditions_of(text) == parts


def test_more_than_five_things_stay_one_text() -> None:
    text = ", ".join(f"a thing{n} here" for n in range(6))
    assert conditions_of(text) == (text,)


@settings(max_examples=60, deadline=None)
@given(COSINES, st.floats(0.1, 100), st.integers(0, 5), st.floats(0, 0.5))
def test_softmin_lies_between_minimum_and_mean_and_rises(values, sharpness, place, more) -> None:
    column = np.array(values)[:, None]
    (found,) = softmin(column, sharpness=sharpness)
    assert min(values) - 1e-9 <= found <= np.mean(values) + 1e-9
    column[place % len(values)] += more
    assert softmin(column, sharpness=sharpness)[0] >= found - 1e-9


@settings(max_examples=60, deadline=None)
@given(st.lists(st.floats(-1, 1), min_size=1, max_size=9), st.floats(0, 1), st.floats(0.1, 100))
def test_with_one_condition_the_score_is_that_of_the_question(whole, share, sharpness) -> None:
    scores = np.array(whole)
    found = per_condition(scores, scores[None], share=share, sharpness=sharpness)
    assert np.array_equal(found, scores)


def test_what_meets_both_conditions_stands_above_what_meets_one_well() -> None:
    both, one = 0.5, 0.95
    cosines = np.array([[both, one], [both, 0.0]])
    first, second = per_condition(np.array([0.6, 0.62]), cosines, share=0.5, sharpness=10.0)
    assert first > second


@settings(max_examples=60, deadline=None)
@given(st.floats(-1, 1), COSINES, st.floats(0, 1))
def test_shares_sum_to_one_and_grow_with_how_well_a_condition_is_met(whole, values, share) -> None:
    found = shares(whole, np.array(values), share=share)
    assert len(found) == 1 + len(values)
    assert found.min() >= 0
    assert found.sum() == pytest.approx(1.0)
    best, worst = int(np.argmax(values)), int(np.argmin(values))
    assert found[1 + best] >= found[1 + worst]
