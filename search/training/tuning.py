"""Train towers on pairs of things and captions: those of a corpus, or with mined negatives."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from search.encoders.media import Medium
from search.encoders.towers.model import TowersModel
from search.training.losses import symmetric_info_nce
from search.training.negatives import mine
from search.training.pairs import Pairs
from search.training.shelves import CaptionStates
from search.training.stoppable import StoppableTraining
from search.training.towers import encode

_ENCODED = 256  # things in one pass, where nothing is learned


@dataclass(frozen=True, slots=True)
class TuningPlan:
    """How long and how fast is learned, and from which negatives.

    ``batch``: pairs of each medium a step. ``hard``: mined negatives of each caption beside those
    of the batch, sought anew every ``mine_every`` steps; 0 mines none. ``margin``: see ``mine``.
    """

    steps: int = 300
    batch: int = 24
    rate: float = 5e-4
    hard: int = 2
    mine_every: int = 100
    margin: float | None = None


class PairsTraining(StoppableTraining):
    """Goes on with a model, or begins with a new one, on the pairs of some media."""

    def __init__(
        self,
        model: TowersModel,
        states: CaptionStates,
        pairs: Sequence[Pairs],
        plan: TuningPlan,
        *,
        seed: int,
        folder: Path,
        start: str = "",
    ) -> None:
        self.model, self.states, self.pairs = model, states, [one for one in pairs if len(one)]
        self.plan, self.seed, self._start = plan, seed, start
        for one in self.pairs:
            states.read(one.captions)
        self._mined: dict[Medium, NDArray[np.int64]] = {}
        super().__init__(
            {"model": model}, steps=plan.steps, rate=plan.rate, folder=folder, device=states.device
        )

    def identity(self) -> str:
        """Plan, seed, what it started from, and how many pairs there are."""
        known = {
            "plan": asdict(self.plan),
            "seed": self.seed,
            "start": self._start,
            "config": asdict(self.model.config),
            "pairs": {str(one.medium): len(one) for one in self.pairs},
        }
        return json.dumps(known, sort_keys=True)

    def extra(self) -> dict[str, Tensor]:
        """The negatives, which were sought with older weights."""
        return {str(medium): torch.from_numpy(found) for medium, found in self._mined.items()}

    def take_extra(self, extra: Mapping[str, Tensor]) -> None:
        """The negatives of a state."""
        self._mined = {Medium(name): found.cpu().numpy() for name, found in extra.items()}

    def losses(self) -> dict[str, Tensor]:
        """The contrast of a batch, each caption also against its mined negatives."""
        if self.plan.hard and self.step % self.plan.mine_every == 0:
            self._mine()
        self.model.train()
        rng = np.random.default_rng([self.seed, self.step])
        drawn = [
            (one, rng.choice(len(one), min(self.plan.batch, len(one)), replace=False))
            for one in self.pairs
        ]
        with torch.autocast("cuda", torch.bfloat16, enabled=self.device.startswith("cuda")):
            seen = torch.cat([self._encoded(one, at) for one, at in drawn])
            captions = [one.captions[place] for one, at in drawn for place in at]
            read = self.model.of_captions(*self.states.of(captions))
            hard = self._hard(drawn) if self._mined else None
        alike = [torch.from_numpy(one.same[at]) for one, at in drawn]
        same = torch.block_diag(*(one[:, None] == one for one in alike)).bool()
        contrast = symmetric_info_nce(
            read, seen, scale=self.model.scale, same=same.to(self.device), hard=hard
        )
        return {"contrast": contrast}

    def _hard(self, drawn: Sequence[tuple[Pairs, NDArray[np.int64]]]) -> Tensor:
        """The mined negatives of a batch, (batch, hard, dim); zeros where there are fewer."""
        rows = []
        for one, at in drawn:
            places = self._mined[one.medium][at]  # (batch, hard)
            found = self._encoded(one, places.clip(min=0).ravel())
            there = torch.from_numpy(places >= 0).to(self.device)
            rows.append(found.unflatten(0, places.shape) * there[..., None])
        return torch.cat(rows)

    def _encoded(self, pairs: Pairs, places: NDArray[np.int64]) -> Tensor:
        return encode(
            self.model, pairs.medium, torch.from_numpy(pairs.values[places]).to(self.device)
        )

    def _mine(self) -> None:
        for one in self.pairs:
            found = [
                mine(scores, one.same, places, kept=self.plan.hard, margin=self.plan.margin)
                for places, scores in scores_of(self.model, self.states, one)
            ]
            self._mined[one.medium] = np.concatenate(found)


@torch.inference_mode()
def scores_of(
    model: TowersModel, states: CaptionStates, pairs: Pairs
) -> Iterator[tuple[NDArray[np.int64], NDArray[np.float32]]]:
    """By portions, the places of some captions, and their cosines with each thing, (some, n)."""
    model.eval()
    parts = np.array_split(np.arange(len(pairs)), -(-len(pairs) // _ENCODED))
    seen = torch.cat([
        encode(model, pairs.medium, torch.from_numpy(pairs.values[at]).to(states.device))
        for at in parts
    ])  # fmt: skip
    for at in parts:
        read = model.of_captions(*states.of([pairs.captions[place] for place in at.tolist()]))
        yield at, (read @ seen.T).float().cpu().numpy()


def reciprocal_ranks(
    model: TowersModel, states: CaptionStates, several: Sequence[Pairs]
) -> dict[str, list[float]]:
    """By medium, for each caption 1 / the rank of the first thing that means what it says."""
    found = {}
    for pairs in several:
        if not len(pairs):
            continue
        states.read(pairs.captions)
        ranks: list[float] = []
        for places, scores in scores_of(model, states, pairs):
            order = np.argsort(-scores, axis=1, kind="stable")
            is_right = pairs.same[order] == pairs.same[places][:, None]  # (some, ranks)
            ranks += (1.0 / (1 + is_right.argmax(axis=1))).tolist()
        found[str(pairs.medium)] = ranks
    return found
