"""Pages and pictures patch by patch: late interaction, with a map of what the question met."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from search.encoders.base import Kind, Presence, Ragged, Rows
from search.encoders.media import MediaEncoder, Medium, Pixels
from search.encoders.plain_text import without_specials
from search.encoders.weights import digest_of
from search.generators.checkpoints import find_weights, weights_presence
from search.types import Modality


class PageImages(MediaEncoder):
    """A model of the ColPali kind (ColQwen2, ColPali, ColModernVBert), by sentence-transformers.

    Each patch of a page is a unit vector, and so is each token of a question.

    Source: Faysse et al., ICLR 2025, arXiv:2407.01449.
    """

    kind = Kind.MULTI
    media = frozenset({Medium.TEXT, Medium.IMAGE})

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
        from sentence_transformers import MultiVectorEncoder

        from search.generators.memory import precision

        folder = find_weights(checkpoint, offline=offline)
        self._model: Any = MultiVectorEncoder(
            str(folder),
            device=device,
            local_files_only=True,
            trust_remote_code=False,
            model_kwargs={"dtype": precision(dtype)},
        )
        self._batch_size = batch_size
        self._specials = tuple(getattr(self._model.tokenizer, "all_special_tokens", ()))
        self.dim = int(self._texts(["a"])[0].shape[1])
        self.fingerprint = f"pages:{digest_of(folder)}:{dtype}"

    @classmethod
    def presence(cls, checkpoint: str = "", **_options: object) -> Presence:
        return weights_presence(checkpoint)

    def reads(self, kind: Modality) -> bool:
        return kind in {Modality.PAGE, Modality.IMAGE}

    def encode_queries(self, texts: Sequence[str]) -> Ragged:
        plain = [without_specials(text, self._specials) or " " for text in texts]
        return Ragged.of(self._texts(plain), width=self.dim)

    def encode_images(self, pictures: Sequence[Pixels]) -> Ragged:
        from PIL import Image

        images = [Image.fromarray(picture) for picture in pictures]
        found = self._model.encode_document(images, batch_size=self._batch_size) if images else []
        return Ragged.of([_unit(one) for one in found], width=self.dim)

    def _texts(self, texts: Sequence[str]) -> list[Rows]:
        found = self._model.encode_query([{"text": text} for text in texts])
        return [_unit(one) for one in found]


def heat_map(question: Rows, patches: Rows, *, height: int, width: int) -> NDArray[np.float32]:
    """How much each patch of a page speaks for a question, (height, width), 0 to 1.

    ``question``: (tokens, dim); ``patches``: (n, dim), of which the first ``height * width`` that
    stand for places are laid out row by row. Each token votes for patches by its cosine.

    Raises:
        ValueError: there are fewer patches than places.
    """
    if len(patches) < height * width:
        raise ValueError(f"{len(patches)} patches cannot fill {height} × {width} places.")
    alike = question @ patches[: height * width].T  # (tokens, places)
    heat = np.maximum(alike, 0).max(axis=0).reshape(height, width)
    low, high = float(heat.min()), float(heat.max())
    return np.asarray((heat - low) / max(high - low, 1e-9), dtype=np.float32)


def _unit(rows: Any) -> Rows:
    found = np.asarray(rows.float().cpu() if hasattr(rows, "cpu") else rows, dtype=np.float32)
    lengths = np.linalg.norm(found, axis=1, keepdims=True)
    return np.asarray(found[lengths[:, 0] > 0] / lengths[lengths[:, 0] > 0], dtype=np.float32)
