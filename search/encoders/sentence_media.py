"""Pictures, moving pictures, sounds and words in one space, by sentence-transformers."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from search.encoders.base import Presence, Rows, as_unit_rows
from search.encoders.media import Clip, MediaEncoder, Medium, Pixels, Sound, mean_of_frames
from search.encoders.plain_text import without_specials
from search.encoders.weights import digest_of
from search.errors import ConfigurationError
from search.generators.checkpoints import find_weights, weights_presence

_MEDIA: Mapping[str, Medium] = {
    "text": Medium.TEXT,
    "image": Medium.IMAGE,
    "video": Medium.CLIP,
    "audio": Medium.SOUND,
}
_LAST_TOKEN = ("qwen2_vl", "qwen2_5_vl", "qwen3_vl")  # trained to speak at the end


class SentenceMedia(MediaEncoder):
    """A model of sentence-transformers that takes more than text: CLIP, SigLIP, CLAP, Qwen3-VL.

    What it takes is read from the model. Without video a clip is the mean of its frames. Pages as
    pictures (document screenshot embedding) are pictures to it. ``text_length``: pad every text to
    so many tokens, as SigLIP was trained (64). User text travels as ``{"text": …}``, so that none
    is taken for a path or an address.
    """

    def __init__(
        self,
        checkpoint: str,
        *,
        device: str = "cpu",
        dtype: str = "float32",
        batch_size: int = 8,
        text_length: int = 0,
        sound_rate: int = 48_000,
        offline: bool = False,
    ) -> None:
        # imported here: a web process asks this class for its presence
        from sentence_transformers import SentenceTransformer

        from search.generators.memory import precision

        folder = find_weights(checkpoint, offline=offline)
        more: dict[str, Any] = {"model_kwargs": {"dtype": precision(dtype)}}
        if text_length:
            padded = {"padding": "max_length", "max_length": text_length}
            more["processor_kwargs"] = {"text": padded}
        self._model: Any = SentenceTransformer(
            str(folder), device=device, local_files_only=True, trust_remote_code=False, **more
        )
        _check_pooling(self._model, checkpoint)
        able = {medium for name, medium in _MEDIA.items() if name in self._model.modalities}
        if Medium.IMAGE in able:
            able.add(Medium.CLIP)
        self._sees_video = "video" in self._model.modalities
        self.media = frozenset(able)
        self.dim = int(self._model.get_embedding_dimension() or 0)
        self._batch_size, self._sound_rate = batch_size, sound_rate
        self._specials = tuple(getattr(self._model.tokenizer, "all_special_tokens", ()))
        self.fingerprint = f"st-media:{digest_of(folder)}:{dtype}:{text_length}"

    @classmethod
    def presence(cls, checkpoint: str = "", **_options: object) -> Presence:
        return weights_presence(checkpoint)

    def encode_queries(self, texts: Sequence[str]) -> Rows:
        if Medium.TEXT not in self.media:
            raise self._cannot(Medium.TEXT)
        return self._rows([{"text": without_specials(t, self._specials) or " "} for t in texts])

    def encode_images(self, pictures: Sequence[Pixels]) -> Rows:
        if Medium.IMAGE not in self.media:
            raise self._cannot(Medium.IMAGE)
        return self._rows([{"image": _image(picture)} for picture in pictures])

    def encode_clips(self, clips: Sequence[Clip]) -> Rows:
        if Medium.CLIP not in self.media:
            raise self._cannot(Medium.CLIP)
        if not self._sees_video:
            frames = [frame for clip in clips for frame in clip.frames]
            return mean_of_frames(clips, self.encode_images(frames))
        return self._rows([{"video": _video(clip)} for clip in clips])

    def encode_sounds(self, sounds: Sequence[Sound]) -> Rows:
        if Medium.SOUND not in self.media:
            raise self._cannot(Medium.SOUND)
        rate = self._sound_rate
        return self._rows(
            [{"array": resampled(sound, rate), "sampling_rate": rate} for sound in sounds]
        )

    def _rows(self, inputs: Sequence[Mapping[str, Any]]) -> Rows:
        from search.generators.memory import rows_in_batches

        if not inputs:
            return np.zeros((0, self.dim), dtype=np.float32)
        found = rows_in_batches(
            lambda some: self._model.encode(
                list(some), batch_size=len(some), convert_to_tensor=True, show_progress_bar=False
            ),
            inputs,
            batch_size=self._batch_size,
            length=lambda _one: 0,
            move_to_cpu=lambda: self._model.to("cpu"),
        )
        return as_unit_rows(found.numpy(), dim=self.dim)


def resampled(sound: Sound, rate: int) -> NDArray[np.float32]:
    """The samples at another rate, (n,)."""
    if sound.rate == rate:
        return sound.samples
    from math import gcd

    from scipy.signal import resample_poly

    common = gcd(sound.rate, rate)
    made = resample_poly(sound.samples, rate // common, sound.rate // common)
    return np.asarray(made, dtype=np.float32)


def _check_pooling(model: Any, checkpoint: str) -> None:
    """A model that speaks at its last token is not read by the mean of all.

    Raises:
        ConfigurationError: the folder lacks the description of its pooling.
    """
    kind = str(getattr(getattr(model[0].model, "config", None), "model_type", ""))
    pooling = getattr(model[1], "pooling_mode", "") if len(model) > 1 else ""
    if kind in _LAST_TOKEN and "last" not in str(pooling):
        raise ConfigurationError(
            f"The model {checkpoint!r} ({kind}) would be pooled by {pooling or 'nothing'}, but "
            "speaks at its last token; use a folder with the modules.json of its embedding model."
        )


def _image(picture: Pixels) -> Any:
    from PIL import Image

    return Image.fromarray(picture)


def _video(clip: Clip) -> dict[str, Any]:
    """Frames with when they are shown, as processors want it."""
    count = len(clip.frames)
    metadata = {
        "fps": count / max(clip.seconds, 1e-3),
        "total_num_frames": count,
        "duration": clip.seconds,
        "frames_indices": list(range(count)),
    }
    return {"array": clip.frames.transpose(0, 3, 1, 2), "video_metadata": metadata}
