"""One space of words, pictures, clips and sounds, and the order of time in it."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from search import registry
from search.encoders.media import Clip, Sound
from search.encoders.onnx_text import OnnxTextEncoder
from search.encoders.towers.encoder import Towers
from search.errors import ConfigurationError, ModelMissingError, SearchError
from search.evaluation.synthworld import motions, scenes, slices, sounds
from tests.search.small_towers import random_towers, save_random

CLIPS = motions.sample_clips(8, seed=21)
CHIRPS = sounds.sample_sounds(4, seed=21, kinds=("chirp",))
PICTURES = scenes.sample_scenes(4, seed=21)


@pytest.fixture(scope="module")
def untrained(minilm: OnnxTextEncoder) -> Towers:
    return random_towers(minilm)


@pytest.fixture(scope="module")
def control(minilm: OnnxTextEncoder) -> Towers:
    return random_towers(minilm, order_blind=True)


@pytest.fixture(scope="module")
def towers(towers_folder: Path, minilm: OnnxTextEncoder) -> Towers:
    return Towers(str(towers_folder), text=minilm)


@pytest.mark.parametrize("samples", [CLIPS, CHIRPS, PICTURES], ids=["clips", "sounds", "pictures"])
def test_what_is_seen_heard_or_read_becomes_unit_rows_in_the_order_given(untrained, samples):
    rows, words = slices.encode(untrained, samples), slices.read(untrained, samples)
    for found in (rows, words):
        assert (found.shape, found.dtype) == ((len(samples), untrained.dim), np.float32)
        assert np.allclose(np.linalg.norm(found, axis=1), 1, atol=1e-5)
    backwards = slices.encode(untrained, samples[::-1])
    assert np.allclose(backwards[::-1], rows, atol=1e-5)


def test_where_memory_runs_out_the_batch_is_halved_and_the_rows_stay(untrained, monkeypatch):
    wanted = untrained.encode_images(pictures := [one.pixels for one in PICTURES])
    encode, tried = untrained.model.of_images, []

    def scarce(batch: Tensor) -> Tensor:
        tried.append(len(batch))
        if len(batch) > 1:
            raise torch.OutOfMemoryError("Two pictures are too many.")
        return encode(batch)

    monkeypatch.setattr(untrained, "_batch_size", 4)
    monkeypatch.setattr(untrained.model, "of_images", scarce)
    assert np.allclose(untrained.encode_images(pictures), wanted, atol=1e-5)
    assert tried == [4, 2, 1, 1, 1, 1]


def test_nothing_gives_no_rows(untrained):
    assert untrained.encode_queries([]).shape == (0, untrained.dim)
    assert untrained.encode_images([]).shape == (0, untrained.dim)
    assert untrained.encode_clips([]).shape == (0, untrained.dim)
    assert untrained.encode_sounds([]).shape == (0, untrained.dim)


def test_divided_attention_sees_the_order_of_frames(untrained):
    rows = slices.encode(untrained, CLIPS)
    twins = slices.encode(untrained, [motions.twin_of(clip) for clip in CLIPS])
    assert np.abs(rows - twins).max(axis=1).min() > 2 * slices.TIE


def test_the_sound_tower_hears_in_which_direction_a_pitch_goes(untrained):
    rows = slices.encode(untrained, CHIRPS)
    twins = slices.encode(untrained, [sounds.backwards(chirp) for chirp in CHIRPS])
    assert np.abs(rows - twins).max(axis=1).min() > 2 * slices.TIE


def test_controls_that_are_blind_to_order_tell_half_of_the_twins_exactly(control):
    found = slices.measure(control, seed=5, count=8)
    twins = {name: value for name, value in found.items() if name.endswith("/twins")}
    assert {twins[f"{kind}/seen/twins"] for kind in ("V2", "V3", "A2")} == {0.5}


def test_a_trained_space_tells_twins_apart_that_hold_the_same_frames(trained):
    figures = trained[0].figures
    assert figures["V2/seen/twins"] > 0.6
    assert figures["A2/seen/twins"] > 0.6


def test_words_find_the_clip_that_they_describe_among_other_things(towers):
    gallery = motions.sample_clips(40, seed=8)
    scores = slices.read(towers, gallery) @ slices.encode(towers, gallery).T
    chance = 5 / 40
    assert slices.recall_at(5, scores, [clip.facts for clip in gallery]) > 4 * chance


@pytest.mark.parametrize("shape", [(1, 20, 32), (3, 90, 160), (8, 33, 17), (50, 64, 64)])
def test_clips_of_any_length_and_size_are_taken(untrained, shape):
    frames = np.random.default_rng(0).integers(0, 255, size=(*shape, 3), dtype=np.uint8)
    assert untrained.encode_clips([Clip(frames)]).shape == (1, untrained.dim)


def test_a_clip_with_twice_the_frames_is_nearly_the_same_clip(untrained):
    clip = CLIPS[0].frames
    twice = np.repeat(clip, 2, axis=0)
    once, double = untrained.encode_clips([Clip(clip), Clip(twice)])
    assert once @ double > 0.99


def test_a_tall_picture_is_seen_whole(untrained):
    tall = np.full((64, 32, 3), 90, dtype=np.uint8)
    tall[:6, 10:20] = 250
    cut = tall.copy()
    cut[:6] = 90
    whole, without = untrained.encode_images([tall, cut])
    assert np.abs(whole - without).max() > 1e-3


@pytest.mark.parametrize("rate", [8_000, 22_050, 48_000])
def test_a_sound_of_another_rate_sounds_the_same(untrained, rate):
    tone = sounds.sample_sounds(1, seed=2, kinds=("tone",))[0].samples
    seconds = np.arange(rate) / rate
    low = np.sin(2 * np.pi * 330 * seconds).astype(np.float32)
    same = np.sin(2 * np.pi * 330 * np.arange(16_000) / 16_000).astype(np.float32)
    rows = untrained.encode_sounds([Sound(low, rate), Sound(same), Sound(tone)])
    assert rows[0] @ rows[1] > rows[0] @ rows[2]
    assert rows[0] @ rows[1] > 0.95


@pytest.mark.parametrize("count", [100, 16_000, 40_000])
def test_sounds_of_any_length_are_taken(untrained, count):
    samples = np.random.default_rng(0).normal(0, 0.1, size=count).astype(np.float32)
    assert untrained.encode_sounds([Sound(samples)]).shape == (1, untrained.dim)


def test_a_clip_without_frames_is_refused(untrained):
    with pytest.raises(SearchError, match="no frame"):
        untrained.encode_clips([Clip(np.zeros((0, 8, 8, 3), dtype=np.uint8))])


def test_a_folder_without_towers_is_named_with_the_remedy(minilm, tmp_path):
    missing = tmp_path / "nowhere"
    with pytest.raises(ModelMissingError, match=r"nowhere.*manage\.py train towers"):
        Towers(str(missing), text=minilm)
    state = Towers.presence(checkpoint=str(missing))
    assert not state.present
    assert "nowhere" in state.detail
    assert "manage.py train towers" in state.remedy


def test_damaged_weights_are_named_with_the_remedy(minilm, tmp_path):
    folder = save_random(tmp_path / "torn", minilm)
    weights = folder / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:1000])
    with pytest.raises(ModelMissingError, match=r"torn/model\.safetensors.*manage\.py train"):
        Towers(str(folder), text=minilm)


def test_towers_trained_on_another_text_encoder_are_refused(minilm, tmp_path):
    folder = save_random(tmp_path / "other", minilm)
    config = folder / "config.json"
    config.write_text(config.read_text().replace(minilm.fingerprint, "onnx:other:1:fp32"))
    with pytest.raises(ConfigurationError, match="onnx:other:1:fp32"):
        Towers(str(folder), text=minilm)


def test_other_weights_are_another_space(minilm, tmp_path, towers):
    folder = save_random(tmp_path / "random", minilm)
    other = Towers(str(folder), text=minilm)
    assert other.fingerprint != towers.fingerprint
    assert Towers(str(folder), text=minilm).fingerprint == other.fingerprint


def test_the_registry_hands_towers_their_text_encoder(settings: Any, minilm, tmp_path):
    folder = save_random(tmp_path / "towers", minilm)
    mine = {
        "BACKEND": "search.encoders.towers.encoder.Towers",
        "OPTIONS": {"checkpoint": str(folder), "text": "minilm"},
    }
    encoders = settings.MMSEARCH["ENCODERS"] | {"towers": mine}
    settings.MMSEARCH = settings.MMSEARCH | {"ENCODERS": encoders}
    assert registry.describe_model("ENCODERS", "towers").present
    assert registry.encoder("towers").encode_queries(["a red ring"]).shape == (1, 128)
