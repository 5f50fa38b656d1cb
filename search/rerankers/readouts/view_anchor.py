"""Each candidate seen from several views; in each view one anchor that all candidates shape."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_model, save_model
from torch import Tensor, nn
from transformers import AutoModel, AutoTokenizer

from search.errors import ConfigurationError
from search.generators.memory import rows_in_batches
from search.rerankers.readout import PLAIN_TEXT, Group, Reading, Readout, View
from search.types import Query

HEAD, SHAPE = "views.safetensors", "views.json"


class ViewAnchors(nn.Module):
    """View tokens and the one step that makes anchors: states (n, views, dim) → scores (n,).

    The order of the candidates cannot matter: they meet only in a weighted mean.
    """

    def __init__(self, *, views: int, dim: int) -> None:
        super().__init__()
        self.tokens = nn.Parameter(torch.randn(views, dim))
        self.start = nn.Parameter(torch.randn(views, dim))
        self.key = nn.Linear(dim, dim)
        self.value = nn.Linear(dim, dim)
        self.norm = nn.LayerNorm(dim)

    def anchors(self, states: Tensor) -> Tensor:
        """One anchor a view, (views, dim)."""
        match = torch.einsum("vd,nvd->vn", self.start, self.key(states))
        shares = (match / states.shape[-1] ** 0.5).softmax(dim=-1)  # (views, n)
        return self.norm(torch.einsum("vn,nvd->vd", shares, self.value(states)))

    def forward(self, states: Tensor) -> Tensor:
        """Mean over views of anchor · state, (n,)."""
        return torch.einsum("vd,nvd->n", self.anchors(states), states) / states.shape[1]

    def loss(self, states: Tensor, teacher: Tensor, *, temperature: float = 0.8) -> Tensor:
        """Cross-entropy to the teacher's soft ranking, and anchors held at right angles."""
        wanted = (teacher / temperature).softmax(dim=-1)
        ranking = -(wanted * self(states).log_softmax(dim=-1)).sum()
        unit = nn.functional.normalize(self.anchors(states), dim=-1)
        likeness = unit @ unit.T - torch.eye(len(unit), device=unit.device)
        return ranking + likeness.square().sum()


class ViewAnchor(Readout):
    """An encoder with view tokens in front of question and candidate; then one step over all.

    Source: MVP, "Multi-View-guided Passage Reranking" (2025).
    """

    def __init__(
        self,
        folder: Path,
        *,
        device: str = "cpu",
        batch_size: int = 16,
        max_tokens: int = 512,
        view: View[str] = PLAIN_TEXT,
    ) -> None:
        self._tokenizer = AutoTokenizer.from_pretrained(
            folder, local_files_only=True, trust_remote_code=False
        )
        self._encoder = AutoModel.from_pretrained(
            folder, local_files_only=True, trust_remote_code=False, use_safetensors=True
        )
        self._encoder = self._encoder.to(device).eval()
        self.head = _loaded_head(folder, int(self._encoder.config.hidden_size)).to(device).eval()
        self._view, self._batch_size, self._max_tokens = view, batch_size, max_tokens

    @torch.inference_mode()
    def read(
        self, query: Query, groups: Sequence[Group], *, left_s: float | None = None, seed: int = 0
    ) -> list[Reading]:
        readings = []
        for group in groups:
            scores = self.head(self.states(query, group)).float().cpu().tolist()
            values = dict(enumerate(map(float, scores)))
            readings.append(Reading(values, len(group), calls=len(group) + 1))
        return readings

    def states(self, query: Query, group: Group) -> Tensor:
        """The states of the view tokens of each candidate, (n, views, dim)."""
        texts = self._view.of(group, [""] * len(group))
        rows = rows_in_batches(
            lambda batch: self._encode(query.text, batch),
            texts,
            batch_size=self._batch_size,
            length=len,
            move_to_cpu=self._move_to_cpu,
        )
        return rows.to(self.head.tokens.device)

    def _encode(self, query: str, texts: Sequence[str]) -> Tensor:
        views, device = len(self.head.tokens), self.head.tokens.device
        inputs = self._tokenizer(
            [query.encode("utf-8", "replace").decode()] * len(texts),
            list(texts),
            padding=True,
            truncation="longest_first",
            max_length=self._max_tokens - views,
            return_tensors="pt",
        ).to(device)
        words = self._encoder.get_input_embeddings()(inputs["input_ids"])  # (n, tokens, dim)
        tokens = self.head.tokens.to(words.dtype).expand(len(texts), -1, -1)
        mask = torch.ones(len(texts), views, dtype=torch.long, device=device)
        states = self._encoder(
            inputs_embeds=torch.cat([tokens, words], dim=1),
            attention_mask=torch.cat([mask, inputs["attention_mask"]], dim=1),
        ).last_hidden_state
        return states[:, :views]

    def _move_to_cpu(self) -> None:
        self._encoder, self.head = self._encoder.to("cpu"), self.head.to("cpu")


def save_head(head: ViewAnchors, folder: Path) -> None:
    """Put the head beside its encoder's weights."""
    views, dim = head.tokens.shape
    (folder / SHAPE).write_text(json.dumps({"views": views, "dim": dim}), encoding="utf-8")
    save_model(head, str(folder / HEAD))


def _loaded_head(folder: Path, dim: int) -> ViewAnchors:
    try:
        shape: dict[str, Any] = json.loads((folder / SHAPE).read_text(encoding="utf-8"))
        head = ViewAnchors(views=int(shape["views"]), dim=int(shape["dim"]))
        load_model(head, str(folder / HEAD))
    except (OSError, ValueError, KeyError, RuntimeError) as error:
        raise ConfigurationError(f"{folder} holds no view anchors: {error}.") from error
    if int(shape["dim"]) != dim:
        raise ConfigurationError(f"The views of {folder} have {shape['dim']} dims, not {dim}.")
    return head
