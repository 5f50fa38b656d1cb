"""Models that spell what they hear letter by letter (CTC): wav2vec2, HuBERT, WavLM and others."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import batched
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from transformers import AutoFeatureExtractor, AutoModelForCTC, AutoTokenizer, Wav2Vec2CTCTokenizer

from search.encoders.media import SOUND_RATE, Sound
from search.errors import ConfigurationError
from search.generators.memory import precision
from search.transcribers.segments import Segment, joined
from search.transcribers.silence import is_silent, loud_segments, quietest

WINDOW = 20 * SOUND_RATE  # samples; attention over more costs its square
_SEARCHED = 5 * SOUND_RATE  # at the end of a window, for a quiet place to cut
_LEAST = SOUND_RATE // 10


@dataclass(frozen=True, slots=True)
class _Window:
    sound: int  # which of the sounds given
    start: int  # its first sample there
    samples: NDArray[np.float32]


class Spelling:
    """A CTC model with its letters. Letters are chosen one by one, without a language model.

    Raises:
        ConfigurationError: its tokenizer does not say when words are said.
    """

    def __init__(self, folder: Path, *, device: str, dtype: str) -> None:
        local: dict[str, Any] = {"local_files_only": True, "trust_remote_code": False}
        self._tokenizer: Any = AutoTokenizer.from_pretrained(folder, **local)
        if not isinstance(self._tokenizer, Wav2Vec2CTCTokenizer):
            raise ConfigurationError(
                f"The tokenizer of {folder} is a {type(self._tokenizer).__name__}, which gives no "
                "times of words; name a Whisper, or a model with a Wav2Vec2CTCTokenizer."
            )
        self._extractor: Any = AutoFeatureExtractor.from_pretrained(folder, **local)
        model: Any = AutoModelForCTC.from_pretrained(
            folder, dtype=precision(dtype), use_safetensors=True, **local
        )
        self._model: Any = model.to(device).eval()
        letters = "".join(
            self._tokenizer.get_vocab().keys() - set(self._tokenizer.all_special_tokens)
        )
        self._shouts: bool = letters == letters.upper()

    def move_to_cpu(self) -> None:
        self._model = self._model.to("cpu")

    @torch.inference_mode()
    def hear(self, sounds: Sequence[Sound], language: str) -> list[list[Segment]]:
        """The words of each sound, joined at pauses."""
        said: list[list[Segment]] = [[] for _ in sounds]
        windows = [one for n, sound in enumerate(sounds) for one in _windows(n, sound.samples)]
        for some in batched(windows, len(sounds)):
            for window, words in zip(some, self._words(some), strict=True):
                said[window.sound] += [
                    Segment(start_s, end_s, text, language) for start_s, end_s, text in words
                ]
        return [
            joined(loud_segments(words, sound.samples, SOUND_RATE))
            for words, sound in zip(said, sounds, strict=True)
        ]

    def _words(self, windows: Sequence[_Window]) -> list[list[tuple[float, float, str]]]:
        """The words of each window with their seconds in the sound it was cut from."""
        inputs = self._extractor(
            [window.samples for window in windows],
            sampling_rate=SOUND_RATE,
            padding=True,
            return_tensors="pt",
        )
        device, dtype = self._model.device, self._model.dtype
        given = {
            name: one.to(device, dtype) if one.is_floating_point() else one.to(device)
            for name, one in inputs.items()
        }
        best = self._model(**given).logits.argmax(dim=-1).cpu()  # (windows, frames)
        longest = max(len(window.samples) for window in windows)
        frame_s = longest / SOUND_RATE / best.shape[1]
        return [
            list(self._timed(row, window, frame_s))
            for row, window in zip(best, windows, strict=True)
        ]

    def _timed(
        self, row: torch.Tensor, window: _Window, frame_s: float
    ) -> Iterator[tuple[float, float, str]]:
        filled = round(len(window.samples) / SOUND_RATE / frame_s)
        read = self._tokenizer.decode(
            row[:filled].tolist(), output_word_offsets=True, skip_special_tokens=True
        )
        begin_s = window.start / SOUND_RATE
        for word in read.word_offsets:
            text = word["word"].lower() if self._shouts else word["word"]
            yield (
                begin_s + word["start_offset"] * frame_s,
                begin_s + word["end_offset"] * frame_s,
                text,
            )


def _windows(number: int, samples: NDArray[np.float32]) -> Iterator[_Window]:
    """The sound in windows of at most twenty seconds, cut where it is quiet, if not silent."""
    start = 0
    while len(samples) - start >= _LEAST:
        part = samples[start : start + WINDOW]
        if len(samples) - start > WINDOW:
            part = part[: quietest(part, WINDOW - _SEARCHED)]
        if len(part) >= _LEAST and not is_silent(part):
            yield _Window(number, start, part)
        start += max(len(part), 1)
