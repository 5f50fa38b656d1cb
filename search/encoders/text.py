"""Text encoder on sentence-transformers: any model in that form, on any device torch knows."""

from collections.abc import Sequence
from typing import Any

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
    """A sentence-transformers model. ``dtype`` is "float32" or "bfloat16"; part of the space.

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
            import torch  # imported here: the web process asks this class for its presence
            from sentence_transformers import SentenceTransformer
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
            model_kwargs={"dtype": getattr(torch, dtype)},
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
        if not texts:
            return as_unit_rows(self._model_rows(0), dim=self.dim)
        inputs = [{"text": text.encode("utf-8", "replace").decode()} for text in texts]
        rows = encode(
            inputs,
            batch_size=self._batch_size,
            convert_to_tensor=True,
            normalize_embeddings=True,
            show_progress_bar=False,
        )
        return as_unit_rows(rows.float().cpu().numpy(), dim=self.dim)

    def _model_rows(self, count: int) -> Any:
        import numpy as np

        return np.zeros((count, self.dim), dtype=np.float32)


def _digest(model: Any) -> str:
    """A short digest of all weights."""
    import hashlib

    digest = hashlib.sha256()
    for name, tensor in sorted(model.state_dict().items()):
        digest.update(name.encode())
        digest.update(tensor.detach().float().cpu().numpy().tobytes())
    return digest.hexdigest()[:16]
