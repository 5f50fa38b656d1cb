"""Whisper, one window after another, with the times it gives its segments."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from transformers import WhisperForConditionalGeneration, WhisperProcessor

from search.encoders.media import SOUND_RATE, Sound
from search.errors import ConfigurationError
from search.generators.memory import precision
from search.transcribers.segments import Segment
from search.transcribers.silence import levels

_NEEDED = ("no_timestamps_token_id", "decoder_start_token_id")
_NEEDED_FOR_LANGUAGES = ("lang_to_id", "task_to_id")
# What OpenAI's own program does where a window comes out badly: try again, less sure of itself.
_GUARDS: dict[str, Any] = {
    "temperature": (0.0, 0.2, 0.4, 0.6, 0.8, 1.0),
    "compression_ratio_threshold": 1.35,
    "logprob_threshold": -1.0,
    "no_speech_threshold": 0.6,
    "condition_on_prev_tokens": False,
}
_SEED = 0  # what is tried again is drawn by chance: the same recording gives the same words


class Whisper:
    """A Whisper with its processor.

    Raises:
        ConfigurationError: the folder's ``generation_config.json`` is missing or lacks what times
            need; a folder saved by training often does.
    """

    def __init__(self, folder: Path, *, device: str, dtype: str) -> None:
        self._processor: Any = WhisperProcessor.from_pretrained(folder, local_files_only=True)
        model: Any = WhisperForConditionalGeneration.from_pretrained(
            folder, dtype=precision(dtype), local_files_only=True, use_safetensors=True
        )
        told = model.generation_config
        self._speaks_many = bool(
            getattr(told, "is_multilingual", getattr(told, "lang_to_id", None) is not None)
        )
        _check(told, folder, self._speaks_many)
        self._model: Any = model.to(device).eval()
        self._first_time = int(model.generation_config.no_timestamps_token_id) + 1

    def move_to_cpu(self) -> None:
        self._model = self._model.to("cpu")

    @torch.inference_mode()
    def hear(self, sounds: Sequence[Sound], language: str) -> list[list[Segment]]:
        """The segments of each sound, as the model gives them."""
        languages = self._languages(sounds, language)
        spoken = {"language": languages, "task": "transcribe"} if self._speaks_many else {}
        features = self._features([sound.samples for sound in sounds])
        with torch.random.fork_rng(devices=_devices(self._model.device)):
            torch.manual_seed(_SEED)
            found = self._model.generate(
                **features, return_timestamps=True, return_segments=True, **_GUARDS, **spoken
            )
        return [
            [self._segment(one, spoken_in) for one in segments]
            for segments, spoken_in in zip(found["segments"], languages, strict=True)
        ]

    def _segment(self, found: dict[str, Any], language: str) -> Segment:
        words = [token for token in found["tokens"].tolist() if token < self._first_time]
        text = self._processor.tokenizer.decode(words, skip_special_tokens=True)
        return Segment(float(found["start"]), float(found["end"]), text, language)

    def _languages(self, sounds: Sequence[Sound], language: str) -> list[str]:
        """The language of each sound; told from its loudest window where it is not given."""
        if not self._speaks_many:
            return ["en"] * len(sounds)  # models of one language are English
        known: dict[str, int] = self._model.generation_config.lang_to_id
        if f"<|{language}|>" in known:
            return [language] * len(sounds)
        features = self._features([self._loudest(sound.samples) for sound in sounds])
        ids = self._model.detect_language(
            features["input_features"],
            num_segment_frames=features["input_features"].shape[-1],
        ).tolist()
        codes = {number: code.strip("<|>") for code, number in known.items()}
        return [codes[number] for number in ids]

    def _loudest(self, samples: np.ndarray) -> np.ndarray:
        """The window of the model's length in which most can be heard."""
        window = int(self._processor.feature_extractor.n_samples)
        if len(samples) <= window:
            return samples
        loud = levels(samples, window)
        start = int(loud.argmax()) * window
        return samples[min(start, len(samples) - window) :][:window]

    def _features(self, samples: Sequence[np.ndarray]) -> dict[str, torch.Tensor]:
        """Spectrograms, (n, mel bins, frames), a window or longer, and where they are filled."""
        extractor = self._processor.feature_extractor
        long = max(len(one) for one in samples) > extractor.n_samples
        made = extractor(
            list(samples),
            sampling_rate=SOUND_RATE,
            truncation=False,
            padding="longest" if long else "max_length",
            return_attention_mask=True,
            return_tensors="pt",
        )
        device, dtype = self._model.device, self._model.dtype
        return {
            "input_features": made["input_features"].to(device, dtype),
            "attention_mask": made["attention_mask"].to(device),
        }


def _check(generation: Any, folder: Path, speaks_many: bool) -> None:
    needed = (*_NEEDED, *(_NEEDED_FOR_LANGUAGES if speaks_many else ()))
    lacking = [name for name in needed if not getattr(generation, name, None)]
    if lacking:
        raise ConfigurationError(
            f"The generation_config.json of {folder} lacks {', '.join(lacking)}; copy the file "
            "from the model it was trained from."
        )


def _devices(device: torch.device) -> list[torch.device]:
    return [device] if device.type == "cuda" else []
