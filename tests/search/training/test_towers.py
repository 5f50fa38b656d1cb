"""Training can be stopped, and what comes of it must pass a gate."""

import json
from dataclasses import replace
from io import StringIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from django.core.management import call_command
from django.core.management.base import CommandError

from search.encoders.towers.encoder import Towers
from search.errors import SearchError
from search.training import checkpoints
from search.training.checkpoints import GateError, make_towers
from search.training.shelves import draw_stock
from search.training.towers import SIZES, TowersTraining
from tests.search.small_towers import MINUTE, SMALL, save_random


def _training(folder: Path, text: Any, *, seed: int = 3) -> TowersTraining:
    return TowersTraining(MINUTE, seed=seed, text=text, folder=folder)


def test_a_training_that_was_stopped_ends_as_one_that_was_not(minilm, tmp_path):
    whole = _training(tmp_path / "whole", minilm).run().state_dict()
    _training(tmp_path / "parts", minilm).run(until=2)
    again = _training(tmp_path / "parts", minilm)
    assert again.resume()
    assert again.step == 2
    resumed = again.run().state_dict()
    assert all(torch.equal(whole[name], resumed[name]) for name in whole)


def test_another_seed_ends_elsewhere(minilm, tmp_path):
    one, other = (_training(tmp_path / str(n), minilm, seed=n).run() for n in (1, 2))
    assert not torch.equal(one.log_scale, other.log_scale)


def test_the_state_of_another_training_is_refused(minilm, tmp_path):
    _training(tmp_path, minilm, seed=1).run(until=1)
    with pytest.raises(SearchError, match="of another training"):
        _training(tmp_path, minilm, seed=2).resume()


def test_there_is_nothing_to_resume_in_an_empty_folder(minilm, tmp_path):
    assert not _training(tmp_path, minilm).resume()


def test_steps_that_are_done_again_stand_in_the_curves_once(minilm, tmp_path):
    _training(tmp_path, minilm).run(until=2)
    again = _training(tmp_path, minilm)
    again.resume()
    again.run()
    lines = [json.loads(line) for line in (tmp_path / "curves.jsonl").read_text().splitlines()]
    assert [line["step"] for line in lines] == [2, 6]
    assert all(np.isfinite(line["contrast"]) for line in lines)


def test_every_sample_lies_beside_a_twin_that_says_something_else():
    stock = draw_stock(MINUTE.amounts, seed=0, side=32)
    for shelf in stock.shelves:
        twins = [own != other for own, other in shelf.captions]
        assert np.mean(twins) > 0.8
        assert (shelf.facts < len(stock.groups)).all()


def test_what_falls_short_of_the_gate_is_not_put_in_place(minilm, tmp_path):
    with pytest.raises(GateError, match=r"V2/seen/twins is \d\.\d+, below 1\.010"):
        make_towers(tmp_path, MINUTE, seed=0, text=minilm, gate={"V2/seen/twins": 1.01})
    assert not (tmp_path / "model.safetensors").exists()


def test_towers_that_stood_there_stay_when_new_ones_fall_short(minilm, tmp_path):
    before = Towers(str(save_random(tmp_path, minilm)), text=minilm).fingerprint
    with pytest.raises(GateError):
        make_towers(tmp_path, MINUTE, seed=0, text=minilm, gate={"V2/seen/twins": 1.01})
    assert Towers(str(tmp_path), text=minilm).fingerprint == before


def test_a_checkpoint_is_described_by_its_card(towers_folder, trained):
    card = json.loads((towers_folder / "card.json").read_text())
    assert card["seed"] == 0
    assert card["training"]["steps"] == SMALL.steps
    assert card["figures"] == trained[0].figures
    assert "circle blue" in card["data"]["held_out"]
    assert "license: apache-2.0" in (towers_folder / "README.md").read_text()
    assert not (towers_folder / "training").exists()


def test_attention_finds_more_than_the_mean_of_all_parts(trained):
    figures = trained[1].figures
    assert figures["fusion/asked/r1"] > figures["fusion/mean/r1"]
    assert figures["fusion/attention/r1"] >= figures["fusion/mean/r1"]
    assert figures["fusion/on_asked"] > 0.4


def test_the_command_trains_controls_and_writes_their_figures(monkeypatch, tmp_path):
    monkeypatch.setitem(SIZES, "smoke", replace(MINUTE, name="smoke"))
    out = StringIO()
    call_command(
        "train", "towers", str(tmp_path), "--size", "smoke", "--control", "--json", stdout=out
    )
    written = json.loads(out.getvalue())
    assert written["figures"]["V2/seen/twins"] == 0.5
    assert json.loads((tmp_path / "config.json").read_text())["order_blind"] is True


def test_the_command_says_why_nothing_was_put_in_place(monkeypatch, tmp_path):
    monkeypatch.setitem(SIZES, "smoke", replace(MINUTE, name="smoke"))
    monkeypatch.setattr(checkpoints, "GATES", {"smoke": {"V2/seen/twins": 1.01}})
    with pytest.raises(CommandError, match="Nothing was put in place"):
        call_command("train", "towers", str(tmp_path), "--size", "smoke", stdout=StringIO())


def test_a_fusion_needs_towers_in_its_folder(tmp_path):
    with pytest.raises(CommandError, match=r"holds no towers.*manage\.py train towers"):
        call_command("train", "fusion", str(tmp_path), stdout=StringIO())
