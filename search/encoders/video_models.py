"""Moving pictures by transformers' video models, which look through time."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from search.encoders.base import Rows
from search.encoders.media import Clip, Medium
from search.encoders.plain_text import without_specials
from search.encoders.preparing import in_threads
from search.encoders.torch_media import TorchMedia
from search.encoders.weights import digest_of
from search.generators.checkpoints import find_weights


class _VideoModel(TorchMedia):
    """A model of transformers with its processor, from a folder or a hub name."""

    def __init__(
        self,
        checkpoint: str,
        *,
        device: str = "cpu",
        dtype: str = "float32",
        batch_size: int = 4,
        offline: bool = False,
    ) -> None:
        # imported here: a web process asks this class for its presence
        from transformers import AutoModel

        from search.generators.memory import precision

        folder = find_weights(checkpoint, offline=offline)
        self._dtype = precision(dtype)
        model: Any = AutoModel.from_pretrained(
            folder,
            local_files_only=True,
            trust_remote_code=False,
            use_safetensors=True,
            dtype=self._dtype,
        )
        self._model: Any = model.to(device).eval()
        self._device, self._batch_size = device, batch_size
        self._frames = self._frame_count()
        self.fingerprint = f"{type(self).__name__}:{digest_of(folder)}:{dtype}"

    def _frame_count(self) -> int:
        """How many frames of a clip the model takes."""
        config = self._model.config
        return int(getattr(config, "num_frames", 0) or config.vision_config.num_frames)

    def _chosen(self, clip: Clip) -> list[Any]:
        """As many frames as the model takes, evenly spread."""
        places = np.linspace(0, len(clip.frames) - 1, self._frames).round().astype(int)
        return [clip.frames[place] for place in places]

    def _on_device(self, inputs: Any) -> dict[str, Any]:
        import torch

        return {
            name: one.to(self._device, self._dtype if torch.is_floating_point(one) else None)
            for name, one in inputs.items()
        }


class XClip(_VideoModel):
    """Clips and words in one space: frames that attend to each other, then to time.

    Source: Ni et al., ECCV 2022, arXiv:2208.02816 (X-CLIP).
    """

    media = frozenset({Medium.TEXT, Medium.CLIP})

    def __init__(self, checkpoint: str, **options: Any) -> None:
        from transformers import AutoProcessor

        super().__init__(checkpoint, **options)
        folder = find_weights(checkpoint, offline=True)
        self._processor: Any = AutoProcessor.from_pretrained(folder, local_files_only=True)
        self._specials = tuple(self._processor.tokenizer.all_special_tokens)
        self.dim = int(self._model.config.projection_dim)

    def encode_queries(self, texts: Sequence[str]) -> Rows:
        return self._rows(self._read, [without_specials(t, self._specials) or " " for t in texts])

    def encode_clips(self, clips: Sequence[Clip]) -> Rows:
        return self._rows(self._look, [self._chosen(clip) for clip in clips])

    def _read(self, texts: Sequence[str]) -> Any:
        inputs = self._processor.tokenizer(
            list(texts), return_tensors="pt", padding=True, truncation=True, max_length=77
        )
        wanted = {name: inputs[name] for name in ("input_ids", "attention_mask")}
        return self._model.get_text_features(**self._on_device(wanted)).pooler_output

    def _look(self, clips: Sequence[Any]) -> Any:
        inputs = self._processor(videos=list(clips), return_tensors="pt")
        return self._model.get_video_features(**self._on_device(inputs)).pooler_output


class TimeSformer(_VideoModel):
    """Clips alone: divided attention over space and time, for questions that are clips.

    Source: Bertasius, Wang and Torresani, ICML 2021, arXiv:2102.05095.
    """

    media = frozenset({Medium.CLIP})

    def __init__(self, checkpoint: str, **options: Any) -> None:
        from transformers import AutoImageProcessor

        super().__init__(checkpoint, **options)
        folder = find_weights(checkpoint, offline=True)
        self._processor: Any = AutoImageProcessor.from_pretrained(folder, local_files_only=True)
        self.dim = int(self._model.config.hidden_size)

    def encode_clips(self, clips: Sequence[Clip]) -> Rows:
        return self._rows(self._look, [self._chosen(clip) for clip in clips])

    def _look(self, clips: Sequence[Any]) -> Any:
        import torch

        prepared = in_threads(lambda one: self._processor([one], return_tensors="pt"), clips)
        pixels = torch.cat([one["pixel_values"] for one in prepared])
        inputs = self._on_device({"pixel_values": pixels})
        states = self._model(**inputs).last_hidden_state  # (batch, tokens, dim)
        return states[:, 0]
