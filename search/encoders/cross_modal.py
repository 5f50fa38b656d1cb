"""What several media say of one thing, as one vector: attention over modalities.

This joins vectors of one space into a vector; ``search/fusion.py`` joins runs into a ranking.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor, nn
from torch.nn.functional import normalize

from search.encoders.base import Rows, as_unit_rows
from search.encoders.media import Medium
from search.encoders.towers.blocks import Block
from search.errors import ModelMissingError, SearchError

MEDIA = tuple(Medium)
WEIGHTS, CONFIG = "fusion.safetensors", "fusion.json"
_REMEDY = "Make it with: manage.py train fusion DIR"
_WIDTH, _HEADS = 64, 4


@dataclass(frozen=True, slots=True)
class Fused:
    """``rows`` (n, dim) of length 1, and what each medium weighs in them, (n, media).

    The weights of a row sum to 1; those of media that are missing are 0. Columns as in ``MEDIA``.
    """

    rows: Rows
    weights: Rows

    def contributions(self, place: int) -> dict[Medium, float]:
        """What each medium that is present weighs in one row."""
        weights = zip(MEDIA, self.weights[place], strict=True)
        return {medium: float(weight) for medium, weight in weights if weight > 0}


class FusionNetwork(nn.Module):
    """Tokens of media look at each other; then a query token attends over them.

    The query token is learned, and moved by the question where there is one. Values are the unit
    vectors themselves: so the result stays in their space, and the weights explain all of it.

    Source: pooling by multi-head attention with learned seeds, Lee et al., ICML 2019,
    arXiv:1810.00825; here with one head and values as they are.
    """

    def __init__(self, dim: int) -> None:
        super().__init__()
        self.stem = nn.Linear(dim, _WIDTH)
        self.kinds = nn.Parameter(torch.randn(len(MEDIA), _WIDTH) * 0.5)
        self.block = Block(_WIDTH, _HEADS)
        self.key = nn.Sequential(nn.LayerNorm(_WIDTH), nn.Linear(_WIDTH, _WIDTH))
        self.query = nn.Parameter(torch.zeros(_WIDTH))
        self.asked = nn.Linear(dim, _WIDTH, bias=False)
        self.likeness = nn.Parameter(torch.tensor(1.0))
        nn.init.zeros_(self.asked.weight)

    def forward(self, parts: Tensor, questions: Tensor | None = None) -> Tensor:
        """Weights of parts (n, media, dim), zero rows where one is missing: (n, media).

        With questions (m, dim) the weights are (m, n, media): each question's for each n.
        """
        present = parts.abs().sum(dim=-1) > 0  # (n, media)
        tokens = self.block(self.stem(parts) + self.kinds, present)
        keys = self.key(tokens) / _WIDTH**0.5  # (n, media, width)
        scores = keys @ self.query
        if questions is not None:
            wanted = torch.einsum("mw,nkw->mnk", self.asked(questions), keys)
            alike = torch.einsum("md,nkd->mnk", questions, parts)
            scores = scores + wanted + self.likeness * alike
        return scores.masked_fill(~present, float("-inf")).softmax(dim=-1)


def joined(parts: Tensor, weights: Tensor) -> Tensor:
    """The normalised weighted sums of parts (n, media, dim), (..., n, dim)."""
    return normalize((weights[..., None] * parts).sum(dim=-2), dim=-1)


class CrossModalFusion:
    """Joins the vectors of several media, of one space, into one; media may be missing.

    ``checkpoint`` is a folder of towers in which an attention was trained. Without one the vectors
    are summed with fixed ``weights``, 1 for each medium that is not named. ``space`` is the
    fingerprint of the encoder whose vectors are joined; empty, it is not compared.
    """

    def __init__(
        self,
        checkpoint: str = "",
        *,
        weights: Mapping[str, float] | None = None,
        space: str = "",
    ) -> None:
        self.network = load_fusion(Path(checkpoint).expanduser(), space) if checkpoint else None
        self._fixed = _fixed_weights(weights or {})

    @classmethod
    def around(cls, network: FusionNetwork) -> "CrossModalFusion":
        """A fusion by a network that lies in memory."""
        fusion = cls()
        fusion.network = network.eval()
        return fusion

    @torch.inference_mode()
    def fuse(self, parts: Mapping[Medium, Rows], *, questions: Rows | None = None) -> Fused:
        """One vector for each thing of which ``parts`` hold a row, (n, dim) for each medium.

        A row of zeros is a medium that is missing. ``questions``, one for each thing, turn the
        attention to what is asked; fixed weights do not heed them.

        Raises:
            SearchError: parts or questions differ in shape, or a thing has no medium at all.
        """
        stacked = _stacked(parts)
        if questions is not None and questions.shape != stacked[:, 0].shape:
            raise SearchError(
                f"Questions of shape {questions.shape} came with {len(stacked)} things."
            )
        values = torch.from_numpy(stacked)
        if self.network is None:
            weights = self._uniform(values)
        elif questions is None:
            weights = self.network(values)
        else:
            asked = torch.from_numpy(questions)
            weights = torch.cat([
                self.network(one[None], question[None])[0]
                for one, question in zip(values, asked, strict=True)
            ])  # fmt: skip
        rows = joined(values, weights).numpy()
        return Fused(as_unit_rows(rows, dim=stacked.shape[2]), weights.numpy())

    @torch.inference_mode()
    def scores(self, parts: Mapping[Medium, Rows], questions: Rows) -> Rows:
        """The cosine of each question with each thing, fused as the question asks, (m, n)."""
        values, asked = torch.from_numpy(_stacked(parts)), torch.from_numpy(questions)
        if self.network is None:
            return (asked @ joined(values, self._uniform(values)).T).numpy()
        rows = joined(values, self.network(values, asked))  # (m, n, dim)
        return torch.einsum("md,mnd->mn", asked, rows).numpy()

    def _uniform(self, values: Tensor) -> Tensor:
        present = (values.abs().sum(dim=-1) > 0).float() * self._fixed
        return present / present.sum(dim=-1, keepdim=True)


def save_fusion(network: FusionNetwork, folder: Path, *, dim: int, space: str) -> None:
    """Write an attention into a folder; ``space`` is the fingerprint of what it joins."""
    weights = {name: value.detach().cpu() for name, value in network.state_dict().items()}
    save_file(weights, folder / WEIGHTS, metadata={"format": "pt"})
    (folder / WEIGHTS).chmod(0o644)  # it is written for its owner alone, but workers read it
    media = [str(one) for one in MEDIA]
    config = {"form": "mmsearch-fusion-1", "dim": dim, "media": media, "space": space}
    (folder / CONFIG).write_text(json.dumps(config, indent=2) + "\n", encoding="utf-8")


def load_fusion(folder: Path, space: str = "") -> FusionNetwork:
    """The attention of a folder, ready to fuse vectors of a space.

    Raises:
        ModelMissingError: it is missing, damaged, or of another space; the sentence names the path
            and the remedy.
    """
    try:
        config = json.loads((folder / CONFIG).read_text(encoding="utf-8"))
        if config["media"] != [str(one) for one in MEDIA]:
            raise ModelMissingError(f"{folder / CONFIG} is of other media: {config['media']}.")
        if space and config["space"] != space:
            raise ModelMissingError(
                f"{folder / CONFIG} joins vectors of {config['space']!r}, not {space!r}. {_REMEDY}"
            )
        network = FusionNetwork(int(config["dim"]))
        network.load_state_dict(load_file(folder / WEIGHTS))
    except FileNotFoundError as error:
        raise ModelMissingError(f"There is no {error.filename or WEIGHTS}. {_REMEDY}") from error
    except (SafetensorError, RuntimeError, ValueError, KeyError, TypeError) as error:
        raise ModelMissingError(
            f"The fusion in {folder} cannot be read: {str(error)[:300]}. {_REMEDY}"
        ) from error
    return network.eval()


def _stacked(parts: Mapping[Medium, Rows]) -> NDArray[np.float32]:
    """The parts as (n, media, dim), zeros for a medium that is missing."""
    shapes = {rows.shape for rows in parts.values()}
    if len(shapes) != 1:
        raise SearchError(f"The parts of a fusion have the shapes {sorted(shapes)}; one is needed.")
    ((count, dim),) = shapes
    stacked = np.zeros((count, len(MEDIA), dim), dtype=np.float32)
    for medium, rows in parts.items():
        stacked[:, MEDIA.index(medium)] = rows
    bare = np.flatnonzero(~np.abs(stacked).sum(axis=2).any(axis=1))
    if bare.size:
        raise SearchError(f"Thing {int(bare[0])} of a fusion has no medium at all.")
    return stacked


def _fixed_weights(named: Mapping[str, float]) -> Tensor:
    unknown: Sequence[str] = sorted(set(named) - {str(one) for one in MEDIA})
    if unknown or any(weight < 0 for weight in named.values()):
        raise SearchError(
            f"The weights of a fusion are {dict(named)}; give numbers from 0 on for "
            f"{', '.join(MEDIA)}."
        )
    return torch.tensor([float(named.get(str(one), 1.0)) for one in MEDIA])
