"""Encoders that look and listen: tiny random models, saved and loaded as a user's are."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from search.encoders import miniatures
from search.encoders.base import Kind, Ragged
from search.encoders.media import Clip, MediaEncoder, Medium, Pixels, Sound
from search.encoders.open_clip_image import OpenClip
from search.encoders.page_images import PageImages, heat_map
from search.encoders.plain_text import without_specials
from search.encoders.sentence_media import SentenceMedia
from search.encoders.video_models import TimeSformer, XClip
from search.errors import ConfigurationError, ModelMissingError, SearchError
from search.types import Modality

TEXTS = ["a heron by the lake", "the lighthouse at night", "x"]
CLASSES: dict[str, type[MediaEncoder]] = {
    "open_clip": OpenClip,
    "clip": SentenceMedia,
    "x_clip": XClip,
    "timesformer": TimeSformer,
    "clap": SentenceMedia,
    "col_qwen2": PageImages,
    "qwen3_vl": SentenceMedia,
}
TAKES = {
    "open_clip": {Medium.TEXT, Medium.IMAGE, Medium.CLIP},
    "clip": {Medium.TEXT, Medium.IMAGE, Medium.CLIP},
    "x_clip": {Medium.TEXT, Medium.CLIP},
    "timesformer": {Medium.CLIP},
    "clap": {Medium.TEXT, Medium.SOUND},
    "col_qwen2": {Medium.TEXT, Medium.IMAGE},
    "qwen3_vl": {Medium.TEXT, Medium.IMAGE, Medium.CLIP},
}


def picture(seed: int, height: int = 48, width: int = 64) -> Pixels:
    return np.random.default_rng(seed).integers(0, 255, (height, width, 3), dtype=np.uint8)


def clip(seed: int, frames: int = 8) -> Clip:
    return Clip(np.stack([picture(100 * seed + n) for n in range(frames)]), 2.0)


def sound(seed: int, seconds: float = 1.0) -> Sound:
    samples = np.random.default_rng(seed).uniform(-0.5, 0.5, int(16_000 * seconds))
    return Sound(samples.astype(np.float32))


Input = Callable[[MediaEncoder], np.ndarray | Ragged]
MAKE: dict[Medium, Callable[[MediaEncoder, list[int]], np.ndarray | Ragged]] = {
    Medium.TEXT: lambda e, seeds: e.encode_queries([TEXTS[seed] for seed in seeds]),
    Medium.IMAGE: lambda e, seeds: e.encode_images([picture(seed) for seed in seeds]),
    Medium.CLIP: lambda e, seeds: e.encode_clips([clip(seed) for seed in seeds]),
    Medium.SOUND: lambda e, seeds: e.encode_sounds([sound(seed) for seed in seeds]),
}


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    torch.set_num_threads(1)
    home = tmp_path_factory.mktemp("models")
    return {kind: miniatures.save(kind, home / kind) for kind in CLASSES}


@pytest.fixture(scope="module")
def encoders(folders: dict[str, Path]) -> dict[str, MediaEncoder]:
    return {kind: make(str(folders[kind]), offline=True) for kind, make in CLASSES.items()}  # type: ignore[call-arg]


@pytest.mark.parametrize("kind", CLASSES)
def test_an_encoder_says_what_it_takes(kind: str, encoders: dict[str, MediaEncoder]) -> None:
    assert encoders[kind].media == TAKES[kind]
    others = set(Medium) - TAKES[kind]
    for medium in others:
        with pytest.raises(SearchError, match="takes no"):
            MAKE[medium](encoders[kind], [0])


@pytest.mark.parametrize("kind", CLASSES)
def test_rows_are_of_length_one_and_in_the_order_given(
    kind: str, encoders: dict[str, MediaEncoder]
) -> None:
    encoder = encoders[kind]
    for medium in encoder.media:
        together = list(MAKE[medium](encoder, [0, 1, 2]))
        alone = [next(iter(MAKE[medium](encoder, [seed]))) for seed in (0, 1, 2)]
        for one, other in zip(together, alone, strict=True):
            assert one.shape[-1] == encoder.dim
            assert np.allclose(np.linalg.norm(one, axis=-1), 1.0, atol=1e-4)
            assert np.allclose(one, other, atol=2e-3), medium
        assert MAKE[medium](encoder, []) is not None
        if encoder.kind == Kind.DENSE:
            assert not np.allclose(together[0], together[1], atol=1e-3)


@pytest.mark.parametrize("kind", CLASSES)
def test_the_same_folder_gives_the_same_space_and_another_model_another(
    kind: str, folders: dict[str, Path], encoders: dict[str, MediaEncoder], tmp_path: Path
) -> None:
    again = CLASSES[kind](str(folders[kind]), offline=True)  # type: ignore[call-arg]
    assert again.fingerprint == encoders[kind].fingerprint
    medium = min(again.media)
    assert np.allclose(
        next(iter(MAKE[medium](again, [1]))), next(iter(MAKE[medium](encoders[kind], [1])))
    )
    other = miniatures.save(kind, tmp_path / kind, seed=1)
    assert CLASSES[kind](str(other), offline=True).fingerprint != again.fingerprint  # type: ignore[call-arg]


@pytest.mark.parametrize("kind", CLASSES)
def test_a_folder_that_is_missing_or_could_run_code_is_refused_by_name(
    kind: str, folders: dict[str, Path], tmp_path: Path
) -> None:
    with pytest.raises(ModelMissingError, match="no-such-folder"):
        CLASSES[kind]("/no-such-folder", offline=True)  # type: ignore[call-arg]
    (tmp_path / "pytorch_model.bin").write_bytes(b"pickle")
    with pytest.raises(ModelMissingError, match="can run code"):
        CLASSES[kind](str(tmp_path), offline=True)  # type: ignore[call-arg]
    assert not CLASSES[kind].presence(str(tmp_path)).present
    assert CLASSES[kind].presence(str(folders[kind])).present


def test_an_order_that_changes_changes_what_looks_through_time(
    encoders: dict[str, MediaEncoder],
) -> None:
    moving = clip(3)
    backwards = Clip(moving.frames[::-1].copy(), moving.seconds)
    for kind, is_blind in (("x_clip", False), ("timesformer", False), ("open_clip", True)):
        one, other = encoders[kind].encode_clips([moving, backwards])
        assert np.allclose(one, other, atol=1e-4) == is_blind, kind


def test_a_raw_folder_that_would_be_pooled_wrongly_is_refused(tmp_path: Path) -> None:
    folder = miniatures.save("raw_qwen3_vl", tmp_path / "raw")
    with pytest.raises(ConfigurationError, match="speaks at its last token"):
        SentenceMedia(str(folder), offline=True)


def test_open_clip_wants_to_know_how_pictures_are_prepared(
    folders: dict[str, Path], tmp_path: Path
) -> None:
    weights = (folders["open_clip"] / "open_clip_model.safetensors").read_bytes()
    (tmp_path / "open_clip_model.safetensors").write_bytes(weights)
    with pytest.raises(ModelMissingError, match=r"open_clip_config\.json"):
        OpenClip(str(tmp_path), offline=True)


def test_pages_are_read_patch_by_patch(encoders: dict[str, MediaEncoder]) -> None:
    pages = encoders["col_qwen2"]
    assert pages.reads(Modality.PAGE)
    assert not pages.reads(Modality.VIDEO)
    found = pages.encode_images([picture(1, 64, 64)])
    assert isinstance(found, Ragged)
    assert found.counts[0] > 4


def test_a_heat_map_is_hottest_where_the_question_is_met() -> None:
    patches = np.eye(6, dtype=np.float32)
    heat = heat_map(patches[[4]], patches, height=2, width=3)
    assert heat.shape == (2, 3)
    assert (heat.argmax(), heat.max(), heat.min()) == (4, 1.0, 0.0)
    with pytest.raises(ValueError, match="6 patches cannot fill 3 × 3"):
        heat_map(patches[[0]], patches, height=3, width=3)


@pytest.mark.parametrize("text", ["<|im_end|> hello", "a <|IM_END|>", "<|im_<|im_end|>end|>"])
def test_a_users_text_holds_no_command(text: str) -> None:
    plain = without_specials(text, ["<|im_end|>", "<|im_start|>"])
    assert "<|im_end|>" not in plain.lower()
    assert without_specials("a < b | c", ["<|im_end|>"]) == "a < b | c"


def test_a_special_token_in_a_question_is_not_the_token(
    encoders: dict[str, MediaEncoder],
) -> None:
    for kind, token in (("open_clip", "<end_of_text>"), ("clip", "<|im_end|>")):
        ended, plain = encoders[kind].encode_queries([f"heron {token} owl", "heron"])
        assert not np.allclose(ended, plain, atol=1e-4), kind
