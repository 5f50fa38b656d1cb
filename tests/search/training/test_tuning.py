"""Towers learn from pairs: of a corpus, or with negatives that they take for right."""

import json
from dataclasses import replace
from io import StringIO
from pathlib import Path

import numpy as np
import pytest
import torch
from django.core.management import call_command
from django.core.management.base import CommandError
from hypothesis import given
from hypothesis import strategies as st

from search.encoders.media import Medium
from search.encoders.towers.encoder import Towers
from search.encoders.towers.model import load_towers
from search.errors import SearchError
from search.training.checkpoints import GateError
from search.training.negatives import mine
from search.training.pairs import Pairs, generated, split
from search.training.shelves import Amounts, CaptionStates
from search.training.tuned_towers import Lesson, make_tuned
from search.training.tuning import PairsTraining, TuningPlan, reciprocal_ranks
from tests.search.small_towers import save_random

FEW = Amounts(24, 20, 12)
QUICK = TuningPlan(steps=4, batch=6, hard=2, mine_every=2)


@given(
    st.integers(2, 12).flatmap(
        lambda n: st.tuples(
            st.lists(st.integers(0, 3), min_size=n, max_size=n),
            st.lists(st.floats(-1, 1), min_size=n * n, max_size=n * n),
        )
    ),
    st.integers(1, 4),
    st.one_of(st.none(), st.floats(0, 0.5)),
)
def test_a_negative_never_means_the_same_nor_scores_near_the_right_one(drawn, kept, margin):
    same, values = np.array(drawn[0]), np.array(drawn[1]).reshape(len(drawn[0]), -1)
    found = mine(values, same, np.arange(len(same)), kept=kept, margin=margin)
    assert found.shape == (len(same), kept)
    for row, places in enumerate(found):
        real = places[places >= 0]
        assert len(set(real.tolist())) == len(real)
        assert (same[real] != same[row]).all()
        assert (np.diff(values[row, real]) <= 0).all()
        if margin is not None:
            assert (values[row, real] <= values[row, row] - margin).all()


def test_the_hardest_negatives_come_first_and_every_second_may_be_taken():
    scores = np.array([[0.9, 0.8, 0.7, 0.6], *np.zeros((3, 4))])
    same = np.arange(4)
    assert mine(scores, same, same, kept=2)[0].tolist() == [1, 2]
    assert mine(scores, same, same, kept=2, stride=2)[0].tolist() == [1, 3]
    assert mine(scores, same, same, kept=2, margin=0.15)[0].tolist() == [2, 3]
    assert mine(scores[:1], same, np.array([2]), kept=2)[0].tolist() == [0, 1]


def test_scores_that_do_not_fit_the_things_are_refused():
    with pytest.raises(ValueError, match="came with 3 questions and 3 things"):
        mine(np.zeros((2, 2)), np.arange(3), np.arange(3), kept=1)


def test_what_means_the_same_is_not_learned_from_and_measured_by():
    for learned, held_out in zip(*_parts(), strict=True):
        assert len(held_out) > 0
        assert not set(learned.same.tolist()) & set(held_out.same.tolist())


def _parts():
    parts = split(generated(FEW, seed=5, side=32), share=0.2, seed=0)
    return parts.learned, parts.held_out


def _training(folder: Path, text, start: Path, plan: TuningPlan = QUICK) -> PairsTraining:
    states = CaptionStates(text)
    return PairsTraining(load_towers(start), states, _parts()[0], plan, seed=1, folder=folder)


def test_a_tuning_that_was_stopped_between_two_minings_ends_as_one_that_was_not(minilm, tmp_path):
    start = save_random(tmp_path / "start", minilm)
    plan = replace(QUICK, mine_every=3)
    whole = _training(tmp_path / "whole", minilm, start, plan)
    whole.go_on()
    _training(tmp_path / "parts", minilm, start, plan).go_on(until=2)
    again = _training(tmp_path / "parts", minilm, start, plan)
    assert again.resume()
    again.go_on()
    ended = again.model.state_dict()
    assert all(torch.equal(v, ended[name]) for name, v in whole.model.state_dict().items())


def test_mined_negatives_change_what_is_learned(minilm, tmp_path):
    start = save_random(tmp_path / "start", minilm)
    with_them, without = (
        _training(tmp_path / str(n), minilm, start, replace(QUICK, hard=n)) for n in (2, 0)
    )
    with_them.go_on()
    without.go_on()
    assert not torch.equal(with_them.model.log_scale, without.model.log_scale)


def test_tuning_finds_more_of_what_it_never_saw_and_is_described(minilm, towers_folder, tmp_path):
    (clips, *_) = generated(Amounts(200, 4, 3), seed=77, side=32)
    plan = TuningPlan(steps=60, batch=24, rate=1e-3, mine_every=30)
    lesson = Lesson([clips], "generated", plan)
    made = make_tuned(tmp_path, lesson, start=towers_folder, seed=0, text=minilm)
    assert made.figures["clip/mrr/after"] > made.figures["clip/mrr/before"]
    card = json.loads((tmp_path / "card.json").read_text())
    assert card["stage"] == "tuned"
    assert card["data"]["pairs"]["clip"] > 200
    assert not Towers(str(tmp_path), text=minilm).fingerprint.endswith(card["start"])


def test_towers_that_find_no_more_than_before_are_not_put_in_place(minilm, tmp_path):
    start = save_random(tmp_path / "start", minilm)
    lesson = Lesson(generated(FEW, seed=5, side=32), "generated", replace(QUICK, rate=1e-9))
    with pytest.raises(GateError, match="chance explains"):
        make_tuned(tmp_path / "new", lesson, start=start, seed=0, text=minilm)
    assert not (tmp_path / "new" / "model.safetensors").exists()


def test_too_few_captions_are_said_to_be_too_few(minilm, tmp_path):
    (few, *_) = generated(Amounts(4, 4, 3), seed=5, side=32)
    with pytest.raises(SearchError, match=r"too few pairs .*'clip': 8.* needs 20"):
        make_tuned(tmp_path, Lesson([few], "few", QUICK), start=None, seed=0, text=minilm)


def test_ranks_count_what_means_the_same_as_right(minilm, tmp_path):
    model = load_towers(save_random(tmp_path, minilm))
    pairs = Pairs(Medium.IMAGE, np.zeros((3, 32, 32, 3), np.uint8), ["a", "b", "c"], np.zeros(3))
    assert reciprocal_ranks(model, CaptionStates(minilm), [pairs]) == {"image": [1.0, 1.0, 1.0]}


def test_tuning_asks_for_the_towers_to_go_on_with(tmp_path):
    with pytest.raises(CommandError, match="--start DIR"):
        call_command("train", "tuned", str(tmp_path), stdout=StringIO())
