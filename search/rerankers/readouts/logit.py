"""A cross-encoder reads question and candidate together; its raw logit is the score."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from sentence_transformers import CrossEncoder

from search.generators.memory import precision, rows_in_batches
from search.rerankers.readout import PLAIN_TEXT, Group, Reading, Readout, View
from search.types import Query

_BATCHES_AT_ONCE = 8  # on a device, where they take less time than a look at the clock is worth


class Logit(Readout):
    """sentence-transformers' CrossEncoder from a folder: safetensors, no code of its own.

    When memory runs out the batch is halved down to one, then the CPU takes over. A device reads
    several batches before the deadline is asked again, pairs of like length together.

    For models that also read pictures texts travel as ``{"text": …}``: a bare string that looks
    like a path or an address could be opened.

    Source: Nogueira and Cho, 2019, arXiv:1901.04085.
    """

    def __init__(
        self,
        folder: Path,
        *,
        device: str = "cpu",
        dtype: str = "float32",
        batch_size: int = 32,
        max_tokens: int = 512,
        view: View[str] = PLAIN_TEXT,
    ) -> None:
        self._model = CrossEncoder(
            str(folder),
            device=device,
            local_files_only=True,
            trust_remote_code=False,
            max_length=max_tokens,
            model_kwargs={"dtype": precision(dtype), "use_safetensors": True},
        )
        self._reads_more_than_text = not {"text", "message"}.issuperset(self._model.modalities)
        self._view, self._batch_size = view, batch_size
        self.batch = batch_size * (1 if self._model.device.type == "cpu" else _BATCHES_AT_ONCE)

    def read(
        self, query: Query, groups: Sequence[Group], *, left_s: float | None = None, seed: int = 0
    ) -> list[Reading]:
        texts = self._view.of([group[0] for group in groups], [""] * len(groups))
        return [Reading({0: score}, 1) for score in self.score_pairs(query.text, texts)]

    def score_pairs(self, query: str, texts: Sequence[str]) -> list[float]:
        """Raw logits of the question with each text, in their order."""
        asked = query.encode("utf-8", "replace").decode()
        if not texts:
            return []
        scores = rows_in_batches(
            lambda batch: self._predict(asked, batch),
            texts,
            batch_size=self._batch_size,
            length=len,
            move_to_cpu=lambda: self._model.to("cpu"),
        )
        return scores.tolist()

    def _predict(self, query: str, texts: Sequence[str]) -> torch.Tensor:
        """Raw logits, (texts,), on the device of the model."""
        pairs: list[Any] = [(query, text) for text in texts]
        if self._reads_more_than_text:
            pairs = [({"text": query}, {"text": text}) for text in texts]
        scores = self._model.predict(
            pairs,
            batch_size=len(pairs),
            activation_fn=torch.nn.Identity(),
            convert_to_tensor=True,
            show_progress_bar=False,
        )
        return scores.reshape(len(pairs), -1)[:, -1]
