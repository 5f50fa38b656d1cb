"""A photo, a crop or a screenshot of a picture is known again by its details."""

import random
from collections.abc import Callable
from functools import cache
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageDraw, ImageFont

from search.encoders import local_features as lf

WIDTH, HEIGHT = 600, 800
WORDS = ("tide", "lamp", "lens", "rope", "gull", "mast", "keel", "oar", "fog", "buoy", "reef")


@cache
def page(number: int, picture: bool = True) -> lf.Pixels:
    """A page of words, with a figure of its own."""
    rng = random.Random(number)
    image = Image.new("RGB", (WIDTH, HEIGHT), "white")
    draw = ImageDraw.Draw(image)
    font = ImageFont.load_default(size=18)
    for line in range(24):
        draw.text((40, 40 + 22 * line), " ".join(rng.choices(WORDS, k=8)), "black", font)
    for _ in range(25 if picture else 0):
        x, y = rng.randint(60, 480), rng.randint(590, 740)
        shade = rng.randint(0, 200)
        draw.ellipse((x, y, x + rng.randint(8, 60), y + rng.randint(8, 50)), (shade, shade, 90))
    return np.asarray(image)


def jpeg(picture: lf.Pixels) -> lf.Pixels:
    _, body = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, 40])
    return np.asarray(cv2.imdecode(body, cv2.IMREAD_COLOR), dtype=np.uint8)


def crop(picture: lf.Pixels) -> lf.Pixels:
    return jpeg(picture[300:660, 120:420])


def photo(picture: lf.Pixels) -> lf.Pixels:
    corners = np.array([[0, 0], [WIDTH, 0], [WIDTH, HEIGHT], [0, HEIGHT]], dtype=np.float32)
    moved = np.array([[30, 10], [560, 50], [520, 730], [0, 780]], dtype=np.float32)
    tilted = cv2.warpPerspective(
        picture, cv2.getPerspectiveTransform(corners, moved), (WIDTH, HEIGHT)
    )
    small = cv2.resize(tilted, None, fx=0.7, fy=0.7, interpolation=cv2.INTER_AREA)
    return jpeg(np.asarray(cv2.GaussianBlur(small, (0, 0), 0.8), dtype=np.uint8))


def test_a_photo_of_a_page_is_nearest_to_that_page() -> None:
    library = [lf.kept_details(page(n)) for n in range(8)]
    for own in (0, 3, 7):
        asked = lf.asked_details(photo(page(own)))
        rows = np.stack([lf.aggregate(one) for one in asked])
        near = [max((rows @ lf.aggregate(d)).max() for d in details) for details in library]
        assert int(np.argmax(near)) == own


@pytest.mark.parametrize("change", [crop, photo])
def test_a_changed_page_lies_over_itself_best(change: Callable[[lf.Pixels], lf.Pixels]) -> None:
    library = [lf.kept_details(page(n)) for n in range(8)]
    for own in (0, 3, 7):
        asked = lf.asked_details(change(page(own)))
        over = [lf.best_overlay(asked, details).count for details in library]
        assert int(np.argmax(over)) == own
        assert over[own] > 3 * sorted(over)[-2]


def test_an_overlay_says_which_part_of_a_page_was_asked_about() -> None:
    asked = crop(page(2))
    over = lf.best_overlay(lf.asked_details(asked), lf.kept_details(page(2)))
    corners = over.outline(asked.shape[1], asked.shape[0]) * HEIGHT
    expected = [[120, 300], [420, 300], [420, 660], [120, 660]]
    assert np.abs(corners - expected).max() < 0.01 * HEIGHT


def test_pages_alike_but_for_a_figure_are_told_apart_by_likeness() -> None:
    asked, right, wrong = page(4), page(4), page(4, picture=False)
    over = [
        lf.best_overlay(lf.asked_details(asked), lf.kept_details(one)) for one in (right, wrong)
    ]
    first, second = (
        lf.likeness(asked, one, laid) for one, laid in zip((right, wrong), over, strict=True)
    )
    assert first > 0.95 > second


def test_what_has_moved_a_little_meanwhile_is_still_like_itself_and_nothing_else_is() -> None:
    asked = crop(page(2))
    over = lf.best_overlay(lf.asked_details(asked), lf.kept_details(page(2)))
    moved, another = np.roll(page(2), (40, 30), axis=(0, 1)), page(5)
    assert lf.likeness(asked, moved, over, side=224) < 0.5
    assert lf.likeness_nearby(asked, moved, over) > 0.8
    assert lf.likeness_nearby(asked, another, over) < 0.5
    assert lf.likeness_nearby(np.full_like(asked, 200), moved, over) == 0.0


def test_what_agrees_in_more_places_yields_to_what_looks_alike() -> None:
    asked = page(4)
    right = lf.best_overlay(lf.asked_details(asked), lf.kept_details(asked))
    more = lf.Overlay(2 * right.count, right.homography)
    much_more = lf.Overlay(4 * right.count, right.homography)
    kept = {1: asked, 2: page(4, picture=False), 3: page(5)}
    assert lf.ranked(asked, kept, {2: more, 1: right, 3: lf.NOTHING}) == [1, 2, 3]
    assert lf.ranked(asked, kept, {2: much_more, 1: right, 3: lf.NOTHING})[0] == 2
    assert lf.ranked(asked, {}, {}) == []


@pytest.mark.parametrize("shape", [(1, 1), (3, 900), (200, 200)])
def test_a_picture_without_details_is_near_to_nothing(shape: tuple[int, int]) -> None:
    blank = np.full((*shape, 3), 255, dtype=np.uint8)
    details = lf.read_details(blank, side=480, most=100)
    assert len(details) == 0
    assert not lf.aggregate(details).any()
    assert lf.lay_over(details, lf.kept_details(page(1))[0]) == lf.NOTHING


@settings(deadline=None, max_examples=40)
@given(count=st.integers(1, 60), seed=st.integers(0, 99))
def test_the_vector_of_a_picture_has_length_one_and_does_not_mind_the_order(
    count: int, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    rows = rng.integers(0, 200, (count, lf.DIM)).astype(np.uint8)
    points = rng.random((count, 2)).astype(np.float32)
    order = rng.permutation(count)
    vector = lf.aggregate(lf.Details(points, rows))
    assert vector.shape == (lf.vocabulary().dim,) == (3968,)
    assert np.linalg.norm(vector) == pytest.approx(1, abs=1e-4)
    again = lf.aggregate(lf.Details(points[order], rows[order]))
    assert again == pytest.approx(vector, abs=1e-3)


def test_the_vocabulary_is_learnt_the_same_again_and_kept(tmp_path: Path) -> None:
    several = [lf.read_details(page(n), side=480, most=200) for n in range(3)]
    first, second = (lf.learn_vocabulary(several, words=5, axes=7, seed=1) for _ in range(2))
    assert (first.axes.shape, first.centres.shape, first.dim) == ((7, lf.DIM), (5, 7), 35)
    assert np.allclose(first.centres, second.centres)
    assert np.allclose(first.axes @ first.axes.T, np.eye(7), atol=1e-4)
    lf.write_vocabulary(first, tmp_path / "words.npz")
    with np.load(tmp_path / "words.npz") as kept:
        assert np.allclose(kept["centres"], first.centres, atol=1e-2)
