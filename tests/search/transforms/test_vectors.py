"""Questions moved by what was found, or made of marked examples."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from search.transforms.by_examples import Examples, prototype, score_by_examples, space_weights
from search.transforms.prf import rocchio

Rows = NDArray[np.float64]


def around(centre: Rows, count: int, noise: float, seed: int) -> Rows:
    rows = centre + noise * np.random.default_rng(seed).normal(size=(count, len(centre)))
    unit: Rows = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    return unit


def axis(place: int, dim: int = 8) -> Rows:
    rows: Rows = np.eye(dim)[place]
    return rows


def test_a_question_moves_toward_what_it_found() -> None:
    moved = rocchio(axis(0), [axis(1), axis(1)], weight=0.5)
    assert moved == pytest.approx((axis(0) + axis(1)) / 2**0.5)


def test_only_the_first_found_count() -> None:
    assert rocchio(axis(0), [axis(1), axis(2)], top=1) == pytest.approx(rocchio(axis(0), [axis(1)]))


def test_without_weight_or_hits_the_question_stays() -> None:
    assert rocchio(2 * axis(0), [axis(1)], weight=0.0) == pytest.approx(axis(0))
    assert rocchio(axis(0), np.zeros((0, 8)), weight=0.9) == pytest.approx(axis(0))


@settings(deadline=None)  # the machine may be busy
@given(weight=st.floats(0, 0.49), seed=st.integers(0, 50))
def test_the_moved_question_has_length_one(weight: float, seed: int) -> None:
    rows = around(axis(1), 3, 0.5, seed)
    assert np.linalg.norm(rocchio(axis(0), rows, weight=weight)) == pytest.approx(1, abs=1e-5)


def test_a_question_that_its_hits_cancel_is_refused() -> None:
    with pytest.raises(ValueError, match="no direction"):
        rocchio(axis(0), [-axis(0)], weight=0.5)


def test_a_prototype_points_to_the_good_and_away_from_the_bad() -> None:
    examples = Examples(positive=[axis(0), axis(1)], negative=[axis(1)])
    vector = prototype(examples)
    assert vector @ axis(0) > vector @ axis(1)
    assert np.linalg.norm(vector) == pytest.approx(1)


def test_no_positive_example_is_refused() -> None:
    with pytest.raises(ValueError, match="no positive example"):
        prototype(Examples(positive=(), negative=[axis(1)]))


def test_five_examples_rank_better_than_one() -> None:
    wanted, others = around(axis(0), 40, 0.4, 1), around(axis(3), 200, 0.4, 2)
    library = {"text": np.vstack([wanted, others])}
    one, five = (
        np.mean(
            [
                average_precision(
                    score_by_examples(library, {"text": Examples(marked[:count])}), 40
                )
                for marked in (around(axis(0), 5, 0.4, seed) for seed in range(10, 30))
            ]
        )
        for count in (1, 5)
    )
    assert five > one + 0.05


def test_negative_examples_push_their_like_down() -> None:
    library = {"text": np.vstack([axis(0), (axis(0) + axis(1)) / 2**0.5])}
    positive = [(axis(0) * 2 + axis(1)) / 5**0.5]
    without = score_by_examples(library, {"text": Examples(positive)})
    with_one = score_by_examples(library, {"text": Examples(positive, [axis(1)])})
    assert without[1] > without[0]
    assert with_one[0] > with_one[1]


def test_the_space_that_tells_the_examples_apart_weighs_more() -> None:
    telling = Examples(around(axis(0), 4, 0.1, 1), around(axis(1), 4, 0.1, 2))
    mixed = around(axis(2), 8, 0.9, 3)
    blind = Examples(mixed[:4], mixed[4:])
    weights = space_weights({"telling": telling, "blind": blind})
    assert weights["telling"] > weights["blind"]
    assert sum(weights.values()) == pytest.approx(1)


def test_few_examples_leave_the_spaces_alike() -> None:
    few = {"a": Examples([axis(0)]), "b": Examples([axis(1)], [axis(2)])}
    assert space_weights(few) == {"a": 0.5, "b": 0.5}


def test_two_spaces_rank_better_than_one_when_each_is_noisy() -> None:
    marked = {s: Examples(around(axis(0), 3, 0.9, n)) for n, s in enumerate(("a", "b"))}
    library = {
        space: np.vstack([around(axis(0), 30, 0.9, n + 5), around(axis(4), 150, 0.9, n + 9)])
        for n, space in enumerate(("a", "b"))
    }
    both = average_precision(score_by_examples(library, marked), 30)
    single = average_precision(score_by_examples({"a": library["a"]}, marked), 30)
    assert both > single


def test_a_space_without_examples_is_refused_by_name() -> None:
    with pytest.raises(ValueError, match="'sound'"):
        score_by_examples({"sound": [axis(0)]}, {"text": Examples([axis(0)])})


def average_precision(scores: Rows, relevant: int) -> float:
    """The first ``relevant`` rows are those wanted."""
    order = np.argsort(-scores, kind="stable")
    places = np.flatnonzero(order < relevant) + 1
    return float(np.mean(np.arange(1, relevant + 1) / places))
