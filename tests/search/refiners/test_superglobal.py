"""Pictures scored again by their company."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from search.refiners.superglobal import superglobal


def unit(rows: np.ndarray) -> np.ndarray:
    return (rows / np.linalg.norm(rows, axis=-1, keepdims=True)).astype(np.float32)


def planted(seed: int, *, objects: int, views: int, spread: float) -> tuple[np.ndarray, np.ndarray]:
    """Views of objects, unit rows (objects * views, 32), and the object of each."""
    rng = np.random.default_rng(seed)
    centres = unit(rng.normal(size=(objects, 32)))
    noise = rng.normal(size=(objects, views, 32)) * spread / 32**0.5
    rows = unit((centres[:, None] + noise).reshape(-1, 32))
    return rows, np.repeat(np.arange(objects), views)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 30), st.floats(0, 1), st.integers(0, 12))
def test_without_neighbours_the_scores_are_the_cosines(seed, count, weight, expanded) -> None:
    rng = np.random.default_rng(seed)
    rows, question = unit(rng.normal(size=(count, 8))), unit(rng.normal(size=8))
    found = superglobal(question, rows, neighbours=0, weight=weight, expanded=expanded)
    assert np.array_equal(found, rows @ question)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 30), st.integers(0, 40))
def test_the_scores_stay_cosines_in_any_order_of_the_candidates(seed, count, neighbours) -> None:
    rng = np.random.default_rng(seed)
    rows, question = unit(rng.normal(size=(count, 8))), unit(rng.normal(size=8))
    found = superglobal(question, rows, neighbours=neighbours)
    order = rng.permutation(count)
    again = superglobal(question, rows[order], neighbours=neighbours)
    assert np.allclose(again, found[order], atol=1e-5)
    assert np.abs(found).max() <= 1 + 1e-6


def test_more_views_of_the_object_asked_about_come_first() -> None:
    plain, refined = [], []
    for seed in range(5):
        rows, objects = planted(seed, objects=20, views=15, spread=1.3)
        for asked in range(0, len(rows), 15):
            others = np.arange(len(rows)) != asked
            own = objects[others] == objects[asked]
            cosines = rows[others] @ rows[asked]
            again = superglobal(rows[asked], rows[others])
            for scores, recalls in ((cosines, plain), (again, refined)):
                recalls.append(own[np.argsort(-scores)[:14]].mean())
    assert np.mean(refined) > np.mean(plain) + 0.02


@pytest.mark.parametrize(
    ("options", "says"),
    [({"neighbours": -1}, "neighbours -1"), ({"weight": -0.1}, "weight -0.1")],
)
def test_what_cannot_be_is_refused_with_its_value(options, says) -> None:
    with pytest.raises(ValueError, match=says):
        superglobal(unit(np.ones(4)), unit(np.ones((2, 4))), **options)
    with pytest.raises(ValueError, match=r"\(3,\)"):
        superglobal(unit(np.ones(3)), unit(np.ones((2, 4))))


def test_nothing_and_one_alone_are_scored_too() -> None:
    question = unit(np.ones(4))
    assert superglobal(question, np.zeros((0, 4), np.float32)).shape == (0,)
    assert superglobal(question, question[None])[0] == pytest.approx(1.0)
