"""Text encoder on sentence-transformers: any model in that form, on any device torch knows."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from search.encoders.base import (
    Presence,
    Rows,
    TextEncoder,
    as_unit_rows,
    checkpoint_presence,
    find_checkpoint,
)
from search.errors import ModelMissingError


class SentenceTransformerEncoder(TextEncoder):
    """A sentence-transformers model, on a ``device`` as torch names it.

    ``dtype`` is "float32", "bfloat16" or "float16", and part of the space. The batch is halved when
    memory runs out, down to one; then the CPU takes over.

    A user's text travels as ``{"text": …}``: a bare string that looks like a path or an address
    would be opened by models that also read pictures.
    """

    def __init__(
        self,
        checkpoint: str = "minilm",
        *,
        device: str = "cpu",
        dtype: str = "float32",
        batch_size: int = 16,
        offline: bool = False,
    ) -> None:
        try:
            # imported here: the web process asks this class for its presence
            from sentence_transformers import SentenceTransformer

            from search.generators.memory import precision
        except ImportError as error:
            raise ModelMissingError(
                f"The encoder {checkpoint!r} needs sentence-transformers: {error}. Install it, or "
                "use the backend search.encoders.onnx_text.OnnxTextEncoder."
            ) from error
        folder = find_checkpoint(checkpoint, offline=offline)
        self._model = SentenceTransformer(
            str(folder),
            device=device,
            local_files_only=True,
            trust_remote_code=False,
            model_kwargs={"dtype": precision(dtype)},
        )
        self._batch_size = batch_size
        self.dim = int(self._model.get_embedding_dimension() or 0)
        self.max_tokens = int(self._model.max_seq_length or 512)
        self.fingerprint = f"st:{folder.parent.name}/{folder.name}:{_digest(self._model)}:{dtype}"

    @classmethod
    def presence(cls, checkpoint: str = "minilm", **_options: object) -> Presence:
        return checkpoint_presence(checkpoint)

    def encode_queries(self, texts: Sequence[str]) -> Rows:
        return self._unit_rows(self._model.encode_query, texts)

    def encode_documents(self, texts: Sequence[str]) -> Rows:
        return self._unit_rows(self._model.encode_document, texts)

    def count_tokens(self, text: str) -> int:
        return len(self._model.tokenizer.encode(text, add_special_tokens=False))

    def _unit_rows(self, encode: Any, texts: Sequence[str]) -> Rows:
        from search.generators.memory import rows_in_batches

        if not texts:
            return np.zeros((0, self.dim), dtype=np.float32)
        rows = rows_in_batches(
            lambda batch: encode(
                [{"text": text} for text in batch],
                batch_size=len(batch),
                convert_to_tensor=True,
                normalize_embeddings=True,
                show_progress_bar=False,
            ),
            [text.encode("utf-8", "replace").decode() for text in texts],
            batch_size=self._batch_size,
            length=len,
            move_to_cpu=lambda: self._model.to("cpu"),
        )
        return as_unit_rows(rows.numpy(), dim=self.dim)


def _digest(model: Any) -> str:
    """A short digest of all weights."""
    import hashlib

    digest = hashlib.sha256()
    for name, tensor in sorted(model.state_dict().items()):
        digest.update(name.encode())
        digest.update(tensor.detach().float().cpu().numpy().tobytes())
    return digest.hexdigest()[:16]
