"""A speech model of transformers: Whisper, or one that spells (CTC), as its own config says."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from search.encoders.base import Presence
from search.encoders.weights import digest_of
from search.errors import ConfigurationError
from search.generators.checkpoints import find_weights, weights_presence
from search.transcribers.base import Sound, Transcriber
from search.transcribers.segments import Segment

_ON_GPU = 8  # sounds in a batch; a CPU gains nothing from more than one


class Hearer(Protocol):
    """A loaded model: sounds of one batch in, raw segments out."""

    def hear(self, sounds: Sequence[Sound], language: str) -> list[list[Segment]]: ...
    def move_to_cpu(self) -> object: ...


class SpeechModel(Transcriber):
    """Whisper, or a model with a CTC head such as wav2vec2, from a folder or a hub name.

    Which of the two it is, its ``config.json`` says. ``language``: ISO 639-1, of all recordings;
    empty: Whisper tells it from the sound, others leave it open. When memory runs out the batch is
    halved, then the model moves to the CPU.

    Raises:
        ModelMissingError: the weights are not here, or not safetensors.
        ConfigurationError: it is no speech model, or a file of it lacks what is needed.

    Sources: Radford et al., 2022, arXiv:2212.04356; Baevski et al., 2020, arXiv:2006.11477.
    """

    def __init__(
        self,
        checkpoint: str,
        *,
        device: str = "cpu",
        dtype: str = "float32",
        batch_size: int = 0,
        language: str = "",
        offline: bool = False,
    ) -> None:
        super().__init__()
        folder = find_weights(checkpoint, offline=offline)
        self._model = _loaded(folder, checkpoint, device, dtype)
        self._language = language
        self.batch_size = batch_size or (1 if device == "cpu" else _ON_GPU)
        self.name = Path(checkpoint).name or checkpoint
        weights = digest_of(folder).rpartition(":")[2]
        self.fingerprint = f"{self.name}:{weights}:{dtype}:{language}"

    @classmethod
    def presence(cls, checkpoint: str = "", **_options: object) -> Presence:
        return weights_presence(checkpoint)

    def _hear(self, sounds: Sequence[Sound], language: str) -> list[list[Segment]]:
        from search.generators.memory import in_batches  # torch: doctor asks for presence alone

        told = self._language or language
        batches = in_batches(
            lambda some: self._model.hear(some, told),
            sounds,
            batch_size=self.batch_size,
            move_to_cpu=self._model.move_to_cpu,
        )
        return [segments for batch in batches for segments in batch]


def _loaded(folder: Path, checkpoint: str, device: str, dtype: str) -> Hearer:
    kind = _kind(folder)
    if kind == "whisper":
        from search.transcribers.whisper import Whisper

        return Whisper(folder, device=device, dtype=dtype)
    from transformers.models.auto.modeling_auto import MODEL_FOR_CTC_MAPPING_NAMES

    if kind in MODEL_FOR_CTC_MAPPING_NAMES:
        from search.transcribers.spelling import Spelling

        return Spelling(folder, device=device, dtype=dtype)
    raise ConfigurationError(
        f"MMSEARCH_SPEECH_MODEL names {checkpoint!r}, a model of the kind {kind or 'unknown'!r}; "
        "name a Whisper, or a model with a CTC head such as wav2vec2."
    )


def _kind(folder: Path) -> str:
    try:
        return str(json.loads((folder / "config.json").read_text()).get("model_type", ""))
    except (OSError, ValueError, AttributeError):
        return ""
