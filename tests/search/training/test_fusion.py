"""What an attention over modalities is trained on, and what it learns of words."""

import numpy as np
import pytest
from torch import inference_mode

from search.encoders.base import Rows, as_unit_rows
from search.encoders.cross_modal import MEDIA, CrossModalFusion
from search.encoders.media import Medium
from search.training import fusion
from search.training.fusion import Pool, draw_things

DIM = 16
TEXT = MEDIA.index(Medium.TEXT)


def rows(count: int, seed: int) -> Rows:
    return as_unit_rows(np.random.default_rng(seed).normal(size=(count, DIM)), dim=DIM)


@pytest.fixture(scope="module")
def pool() -> Pool:
    """Sixty samples by medium, near to their captions; blanks lie all in one place."""
    contents = {medium: rows(60, place) for place, medium in enumerate(MEDIA)}
    noise = {medium: rows(60, 10 + place) for place, medium in enumerate(MEDIA)}
    captions = {m: as_unit_rows(contents[m] + 0.3 * noise[m], dim=DIM) for m in MEDIA}
    nothing = {
        m: as_unit_rows(rows(1, 20 + n) + 0.1 * rows(8, 30), dim=DIM) for n, m in enumerate(MEDIA)
    }
    return Pool(contents, captions, {m: np.arange(60) for m in MEDIA}, nothing)  # fmt: skip


def is_blank(pool: Pool, row: Rows) -> bool:
    return bool((pool.blanks[Medium.TEXT] == row).all(axis=1).any())


def test_a_text_is_asked_about_as_often_as_a_picture_and_says_nothing_in_half_the_others(pool):
    things = draw_things(pool, np.random.default_rng(0), count=400)
    assert (np.bincount(things.asked, minlength=len(MEDIA)) > 70).all()
    titles = things.parts[:, TEXT]
    asked = things.asked == TEXT
    assert not any(is_blank(pool, row) for row in titles[asked])
    others = [row for row in titles[~asked] if row.any()]
    assert np.mean([is_blank(pool, row) for row in others]) == pytest.approx(0.5, abs=0.1)


def test_an_attention_weighs_a_text_that_says_something_more_than_one_that_does_not(
    pool, monkeypatch
):
    class Encoder:
        dim = DIM

    monkeypatch.setattr(fusion, "draw_pool", lambda encoder, *, seed, count: pool)
    network = fusion.train_fusion(Encoder(), seed=0, steps=400)  # type: ignore[arg-type]
    shown = pool.rows[Medium.CLIP][:8]
    with inference_mode():
        said, silent = (
            CrossModalFusion.around(network)
            .fuse({Medium.CLIP: shown, Medium.TEXT: words[:8]})
            .weights[:, TEXT]
            .mean()
            for words in (pool.rows[Medium.TEXT], pool.blanks[Medium.TEXT])
        )
    assert said > 0.3
    assert silent < 0.9 * said
