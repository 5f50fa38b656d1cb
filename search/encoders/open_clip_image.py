"""Pictures and words in one space, by any model of open_clip."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from search.encoders.base import Rows
from search.encoders.media import Clip, Medium, Pixels, mean_of_frames
from search.encoders.plain_text import without_specials
from search.encoders.preparing import in_threads
from search.encoders.torch_media import TorchMedia
from search.encoders.weights import digest_of
from search.errors import ModelMissingError
from search.generators.checkpoints import find_weights

CONFIG = "open_clip_config.json"
SPECIALS = ("<start_of_text>", "<end_of_text>", "<|startoftext|>", "<|endoftext|>")


class OpenClip(TorchMedia):
    """A CLIP-like model in the form open_clip writes: ``open_clip_config.json`` and safetensors.

    ``checkpoint`` is a folder or a hub name. The preprocessing is the checkpoint's own. A clip is
    the mean of its frames, blind to their order.
    """

    def __init__(
        self,
        checkpoint: str,
        *,
        device: str = "cpu",
        dtype: str = "float32",
        batch_size: int = 16,
        offline: bool = False,
    ) -> None:
        # imported here: a web process asks this class for its presence
        import open_clip

        from search.generators.memory import precision

        folder = find_weights(checkpoint, offline=offline)
        _check(folder)
        model, self._prepare = open_clip.create_model_from_pretrained(
            f"local-dir:{folder}", device=device, precision="fp32"
        )
        self._dtype = precision(dtype)
        self._model: Any = model.to(self._dtype).eval()
        self._tokenize = open_clip.get_tokenizer(f"local-dir:{folder}")
        self._device, self._batch_size = device, batch_size
        self.media = frozenset({Medium.TEXT, Medium.IMAGE, Medium.CLIP})
        self.dim = _dim_of(folder)
        self.fingerprint = f"open_clip:{digest_of(folder)}:{dtype}"

    def encode_queries(self, texts: Sequence[str]) -> Rows:
        plain = [without_specials(text, SPECIALS) or " " for text in texts]
        return self._rows(lambda some: self._model.encode_text(self._tokens(some)), plain)

    def encode_images(self, pictures: Sequence[Pixels]) -> Rows:
        return self._rows(lambda some: self._model.encode_image(self._pixels(some)), pictures)

    def encode_clips(self, clips: Sequence[Clip]) -> Rows:
        frames = [frame for clip in clips for frame in clip.frames]
        return mean_of_frames(clips, self.encode_images(frames))

    def _tokens(self, texts: Sequence[str]) -> Any:
        return self._tokenize(list(texts)).to(self._device)

    def _pixels(self, pictures: Sequence[Pixels]) -> Any:
        import torch
        from PIL import Image

        prepared = in_threads(lambda one: self._prepare(Image.fromarray(one)), pictures)
        return torch.stack(prepared).to(self._device, self._dtype)  # (batch, 3, side, side)


def _dim_of(folder: Path) -> int:
    config = json.loads((folder / CONFIG).read_text(encoding="utf-8"))
    return int(config["model_cfg"]["embed_dim"])


def _check(folder: Path) -> None:
    if not (folder / CONFIG).is_file():
        raise ModelMissingError(
            f"{folder} has no {CONFIG}, which says how its pictures are prepared; use a folder in "
            "the form that open_clip writes, or the backend "
            "search.encoders.sentence_media.SentenceMedia for one of transformers."
        )
