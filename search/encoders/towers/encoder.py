"""The encoder that joins captions, pictures, clips and sounds in one space."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Protocol

import numpy as np
import torch
from torch import Tensor

from search.encoders.base import Presence, Rows, as_unit_rows
from search.encoders.media import Clip, Medium, Pixels, Sound
from search.encoders.onnx_text import TokenState
from search.encoders.preparing import in_threads
from search.encoders.torch_media import TorchMedia
from search.encoders.towers.fitting import as_frames, as_seconds, as_square
from search.encoders.towers.model import (
    REMEDY,
    WEIGHTS,
    TowersModel,
    load_towers,
    read_config,
    weights_digest,
)
from search.errors import ConfigurationError, ModelMissingError
from search.types import Modality


class StatesEncoder(Protocol):
    """A frozen text encoder that shows the states of its tokens."""

    dim: int
    fingerprint: str

    def token_states(self, texts: Sequence[str], *, as_query: bool = False) -> list[TokenState]:
        """For each text the states of its tokens, (tokens, dim)."""


class Towers(TorchMedia):
    """Small towers trained together, so that words, pictures, clips and sounds are compared.

    The clip tower sees the order of frames (divided space-time attention) and the sound tower the
    course of a pitch; with the controls in their place (``order_blind`` in config.json) they do
    not. ``checkpoint`` is a folder that ``manage.py train towers`` made, with the same ``text``.
    Clips are seen in 8 frames, pictures within a square, long sounds second by second, averaged.
    """

    needs = {"text": "ENCODERS"}
    media = frozenset({Medium.TEXT, Medium.IMAGE, Medium.CLIP, Medium.SOUND})
    modalities = frozenset({Modality.PAGE, Modality.IMAGE, Modality.VIDEO, Modality.AUDIO})

    def __init__(
        self, checkpoint: str, text: StatesEncoder, *, device: str = "cpu", batch_size: int = 32
    ) -> None:
        folder = Path(checkpoint).expanduser()
        model = load_towers(folder)
        if not hasattr(text, "token_states"):
            raise ConfigurationError(
                f"The towers read token states, which {type(text).__name__} does not show."
            )
        if model.config.text != text.fingerprint:
            raise ConfigurationError(
                f"The towers in {folder} were trained on the text encoder {model.config.text!r}, "
                f"not on {text.fingerprint!r}. {REMEDY}"
            )
        self.fingerprint = f"towers:{weights_digest(folder)}"
        self._set(model, text, device=device, batch_size=batch_size)

    @classmethod
    def around(
        cls, model: TowersModel, text: StatesEncoder, *, device: str = "cpu", batch_size: int = 32
    ) -> "Towers":
        """An encoder of a model that lies in memory, as while it is trained."""
        encoder = cls.__new__(cls)
        encoder.fingerprint = "towers:in-memory"
        encoder._set(model, text, device=device, batch_size=batch_size)
        return encoder

    @classmethod
    def presence(cls, checkpoint: str = "", **_options: object) -> Presence:
        folder = Path(checkpoint).expanduser()
        try:
            read_config(folder)
        except ModelMissingError as error:
            return Presence(False, str(error).removesuffix(f" {REMEDY}"), REMEDY)
        if not (folder / WEIGHTS).is_file():
            return Presence(False, f"{folder} holds no {WEIGHTS}.", REMEDY)
        return Presence(True, f"towers in {folder}")

    @property
    def model(self) -> TowersModel:
        """The towers themselves."""
        model: TowersModel = self._model
        return model

    def encode_queries(self, texts: Sequence[str]) -> Rows:
        """Questions and captions in words, (n, dim), in the order given."""
        return self._rows(self._of_texts, texts)

    def encode_images(self, pictures: Sequence[Pixels]) -> Rows:
        """Pictures, (n, dim), in the order given."""
        return self._rows(self._of_pictures, pictures)

    def encode_clips(self, clips: Sequence[Clip]) -> Rows:
        """Moving pictures, (n, dim), in the order given."""
        return self._rows(self._of_clips, clips)

    def encode_sounds(self, sounds: Sequence[Sound]) -> Rows:
        """Sounds, (n, dim), in the order given."""
        windows = [as_seconds(sound) for sound in sounds]
        rows = self._rows(self._of_seconds, [one for several in windows for one in several])
        ends = np.cumsum([len(several) for several in windows])
        parts = np.split(rows, ends[:-1]) if windows else []
        means = np.array([part.mean(axis=0) for part in parts], dtype=np.float32)
        return as_unit_rows(means.reshape(len(sounds), self.dim), dim=self.dim)

    def _set(
        self, model: TowersModel, text: StatesEncoder, *, device: str, batch_size: int
    ) -> None:
        self._model, self.text = model.to(device).eval(), text
        self.dim, self._device, self._batch_size = model.config.dim, device, batch_size

    def _of_texts(self, texts: Sequence[str]) -> Tensor:
        states = [torch.from_numpy(one.states) for one in self.text.token_states(texts)]
        padded = torch.nn.utils.rnn.pad_sequence(states, batch_first=True)  # (n, tokens, states)
        counts = torch.tensor([len(one) for one in states])
        mask = torch.arange(padded.shape[1]) < counts[:, None]
        return self.model.of_captions(padded.to(self._device), mask.to(self._device))

    def _of_pictures(self, pictures: Sequence[Pixels]) -> Tensor:
        side = self.model.config.side
        squares = np.stack(in_threads(partial(as_square, side=side), pictures))
        return self.model.of_images(torch.from_numpy(squares).to(self._device))

    def _of_clips(self, clips: Sequence[Clip]) -> Tensor:
        side, count = self.model.config.side, self.model.config.frames
        frames = np.stack(in_threads(partial(as_frames, count=count, side=side), clips))
        return self.model.of_clips(torch.from_numpy(frames).to(self._device))

    def _of_seconds(self, seconds: Sequence[np.ndarray]) -> Tensor:
        return self.model.of_sounds(torch.from_numpy(np.stack(seconds)).to(self._device))
