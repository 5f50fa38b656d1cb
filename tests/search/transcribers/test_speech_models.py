"""Speech models: tiny random ones, saved and loaded as a user's are."""

import json
import shutil
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import torch

from search.encoders.media import Sound
from search.errors import ConfigurationError, ModelMissingError, SearchError
from search.generators.language_model import LanguageModelError
from search.transcribers import miniatures
from search.transcribers.speech_model import SpeechModel

KINDS = ("whisper", "english_whisper", "wav2vec2")


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    torch.set_num_threads(1)
    home = tmp_path_factory.mktemp("speech")
    return {kind: miniatures.save(kind, home / kind) for kind in KINDS}


@pytest.fixture(params=KINDS)
def model(request: pytest.FixtureRequest, folders: dict[str, Path]) -> SpeechModel:
    return SpeechModel(str(folders[request.param]))


def noise(seconds: float, seed: int = 0) -> Sound:
    """Something to hear: a tone that wanders."""
    steps = np.random.default_rng(seed).uniform(0.02, 0.5, round(16_000 * seconds))
    return Sound((0.3 * np.sin(np.cumsum(steps))).astype(np.float32))


def test_what_is_said_has_words_and_times_inside_the_sound(model: SpeechModel) -> None:
    (said,) = model.transcribe([noise(7.0)])
    assert said
    assert all(0 <= one.start_s < one.end_s <= 7.0 for one in said)
    assert all(before.end_s <= after.start_s for before, after in pairwise(said))
    assert any(letter.isalpha() for one in said for letter in one.text)


def test_silence_gives_no_words(model: SpeechModel) -> None:
    quiet = Sound(np.zeros(48_000, np.float32))
    assert model.transcribe([quiet, Sound(np.zeros(0, np.float32))]) == [[], []]
    said = model.transcribe([quiet, noise(2.0), quiet])
    assert (said[0], said[2]) == ([], [])
    assert said[1]


def test_the_same_sound_gives_the_same_words(model: SpeechModel, folders) -> None:
    first = model.transcribe([noise(5.0)])
    torch.rand(3)
    assert model.transcribe([noise(5.0)]) == first


def test_sounds_of_one_batch_have_the_words_they_have_alone(folders: dict[str, Path]) -> None:
    model = SpeechModel(str(folders["wav2vec2"]), batch_size=4)
    alone = [SpeechModel(str(folders["wav2vec2"])).transcribe([noise(3.0, s)])[0] for s in (1, 2)]
    assert model.transcribe([noise(3.0, 1), noise(3.0, 2)]) == alone


def test_several_whispers_of_different_length_share_a_batch(folders: dict[str, Path]) -> None:
    model = SpeechModel(str(folders["whisper"]), batch_size=4)
    said = model.transcribe([noise(1.0, 1), noise(6.0, 2), noise(3.0, 3)])
    assert said[1]
    for segments, seconds in zip(said, (1.0, 6.0, 3.0), strict=True):
        assert all(one.end_s <= seconds for one in segments)


def test_a_long_sound_is_spelled_window_by_window(folders: dict[str, Path]) -> None:
    (said,) = SpeechModel(str(folders["wav2vec2"])).transcribe([noise(50.0)])
    assert said[-1].end_s > 45.0
    assert max(one.end_s - one.start_s for one in said) < 9.0


def test_whisper_tells_the_language_or_is_told(folders: dict[str, Path]) -> None:
    found = SpeechModel(str(folders["whisper"])).transcribe([noise(3.0)])[0]
    assert {one.language for one in found} <= set(miniatures.LANGUAGES)
    told = SpeechModel(str(folders["whisper"]), language="fr").transcribe([noise(3.0)])[0]
    assert {one.language for one in told} == {"fr"}
    known = SpeechModel(str(folders["whisper"])).transcribe([noise(3.0)], language="de")[0]
    assert {one.language for one in known} == {"de"}
    english = SpeechModel(str(folders["english_whisper"])).transcribe([noise(3.0)])[0]
    assert {one.language for one in english} == {"en"}
    spelled = SpeechModel(str(folders["wav2vec2"])).transcribe([noise(3.0)])[0]
    assert {one.language for one in spelled} == {""}


def test_capitals_alone_are_written_small(folders: dict[str, Path]) -> None:
    (said,) = SpeechModel(str(folders["wav2vec2"])).transcribe([noise(3.0)])
    assert all(one.text == one.text.lower() for one in said)


def test_the_name_says_nothing_of_the_folder_and_the_fingerprint_all(folders) -> None:
    model = SpeechModel(str(folders["whisper"]))
    assert model.name == "whisper"
    assert model.fingerprint.startswith("whisper:")
    others = {
        SpeechModel(str(folders["whisper"]), dtype="bfloat16").fingerprint,
        SpeechModel(str(folders["whisper"]), language="fr").fingerprint,
    }
    assert len(others | {model.fingerprint}) == 3


def changed(folder: Path, to: Path, file: str, change: Callable[[dict], object]) -> Path:
    shutil.copytree(folder, to)
    body = json.loads((to / file).read_text())
    change(body)
    (to / file).write_text(json.dumps(body))
    return to


def test_a_whisper_without_what_times_need_is_refused_by_name(folders, tmp_path: Path) -> None:
    lacking = changed(
        folders["whisper"],
        tmp_path / "fine-tuned",
        "generation_config.json",
        lambda body: body.pop("no_timestamps_token_id"),
    )
    with pytest.raises(ConfigurationError, match="lacks no_timestamps_token_id"):
        SpeechModel(str(lacking))


def test_a_model_that_does_not_hear_is_refused_by_name(folders, tmp_path: Path) -> None:
    other = changed(
        folders["whisper"],
        tmp_path / "bert",
        "config.json",
        lambda body: body.update(model_type="bert"),
    )
    with pytest.raises(ConfigurationError, match=r"MMSEARCH_SPEECH_MODEL names .*'bert'"):
        SpeechModel(str(other))


def test_weights_that_could_run_code_are_not_loaded(folders, tmp_path: Path) -> None:
    shutil.copytree(folders["wav2vec2"], tmp_path / "pickled")
    (tmp_path / "pickled/model.safetensors").rename(tmp_path / "pickled/pytorch_model.bin")
    with pytest.raises(ModelMissingError, match="no safetensors"):
        SpeechModel(str(tmp_path / "pickled"))
    assert not SpeechModel.presence(checkpoint=str(tmp_path / "pickled")).present
    assert not SpeechModel.presence(checkpoint="/no-such-folder").present


def test_a_sound_at_another_rate_is_refused(model: SpeechModel) -> None:
    with pytest.raises(SearchError, match="44100 samples"):
        model.transcribe([Sound(np.zeros(10, np.float32), 44_100)])


def test_when_memory_runs_out_the_batch_is_halved_and_then_the_cpu_tried(
    folders, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = SpeechModel(str(folders["wav2vec2"]), batch_size=4)
    hear, sizes, moved = model._model.hear, [], []

    def scarce(sounds, language):
        sizes.append(len(sounds))
        if len(sounds) > 1 or not moved:
            raise torch.OutOfMemoryError
        return hear(sounds, language)

    monkeypatch.setattr(model._model, "hear", scarce)
    monkeypatch.setattr(model._model, "move_to_cpu", lambda: moved.append(True))
    said = model.transcribe([noise(1.0, seed) for seed in range(4)])
    assert sizes == [4, 2, 1, 1, 1, 1, 1]
    assert all(said)
    assert moved == [True]


def test_a_sound_that_fits_nowhere_is_said_to(folders, monkeypatch: pytest.MonkeyPatch) -> None:
    model = SpeechModel(str(folders["wav2vec2"]))

    def never(sounds, language):
        raise torch.OutOfMemoryError

    monkeypatch.setattr(model._model, "hear", never)
    with pytest.raises(LanguageModelError, match="not enough memory"):
        model.transcribe([noise(1.0)])
