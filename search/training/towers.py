"""Train the towers: each sample beside its twin, all media in one loss, stoppable at any step."""

import json
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from search.encoders.media import Medium
from search.encoders.towers.encoder import StatesEncoder
from search.encoders.towers.model import TowerConfig, TowersModel
from search.training.losses import (
    facts_cross_entropy,
    symmetric_info_nce,
    twins_cross_entropy,
)
from search.training.shelves import Amounts, CaptionStates, Shelf, Stock, draw_stock
from search.training.stoppable import StoppableTraining


@dataclass(frozen=True, slots=True)
class Size:
    """How much is learned from what: samples drawn, steps, and samples to a step by medium."""

    name: str
    amounts: Amounts
    steps: int
    batch: Amounts
    width: int = 64
    blocks: int = 2
    side: int = 32
    rate: float = 3e-3
    gallery: int = 120  # samples of each slice that is measured


SIZES = {
    size.name: size
    for size in (
        Size("smoke", Amounts(800, 640, 320), 260, Amounts(20, 16, 10), gallery=72),
        Size("standard", Amounts(3000, 4000, 1200), 1000, Amounts(24, 48, 16)),
        Size(
            "large", Amounts(12000, 16000, 4000), 4000, Amounts(128, 192, 64), width=128, blocks=4
        ),
    )
}


@dataclass(frozen=True, slots=True)
class Batch:
    """Samples of all media and their captions, in the same order, twins side by side."""

    values: list[tuple[Medium, Tensor]]
    captions: list[str]
    same: Tensor  # (batch, batch), true where two say the same
    facts: Tensor  # (batch, 5)


class TowersTraining(StoppableTraining):
    """A training from scratch; what it does depends on size and seed alone.

    ``order_blind`` trains the controls.
    """

    def __init__(
        self,
        size: Size,
        *,
        seed: int,
        text: StatesEncoder,
        folder: Path,
        device: str = "cpu",
        order_blind: bool = False,
    ) -> None:
        self.size, self.seed = size, seed
        self.stock = draw_stock(size.amounts, seed=seed, side=size.side)
        self.states = CaptionStates(text, device=device)
        self.states.read(self.stock.captions)
        config = TowerConfig(
            states=text.dim, width=size.width, blocks=size.blocks, side=size.side,
            order_blind=order_blind, text=text.fingerprint,
        )  # fmt: skip
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            self.model = TowersModel(config)
            prototypes = nn.Parameter(torch.randn(len(self.stock.groups), config.dim))
        self.model.to(device).captions.standardise_by(self.states.all_tokens)
        self.prototypes = nn.ParameterList([prototypes]).to(device)
        self._groups = torch.tensor(self.stock.groups, device=device)
        modules = {"model": self.model, "prototypes": self.prototypes}
        super().__init__(modules, steps=size.steps, rate=size.rate, folder=folder, device=device)
        if device.startswith("cuda"):
            for tower in (self.model.clips, self.model.images):
                tower.compile()

    def run(
        self,
        *,
        until: int | None = None,
        save_every: int = 100,
        on_step: Callable[[dict[str, float]], None] | None = None,
    ) -> TowersModel:
        """Go on to the end, or until a step; gives the model, ready to encode."""
        self.model.train()
        self.go_on(until=until, save_every=save_every, on_step=on_step)
        return self.model.eval()

    def identity(self) -> str:
        """Size, seed and shape."""
        known = {"size": asdict(self.size), "seed": self.seed, "config": asdict(self.model.config)}
        return json.dumps(known, sort_keys=True)

    def losses(self) -> dict[str, Tensor]:
        """The facts weigh less and less: at the end the captions alone teach."""
        batch = self._batch()
        with torch.autocast("cuda", torch.bfloat16, enabled=self.device.startswith("cuda")):
            seen = torch.cat([encode(self.model, *one) for one in batch.values])
            read = self.model.of_captions(*self.states.of(batch.captions))
        scale = self.model.scale
        facts = torch.stack([
            facts_cross_entropy(
                rows, self.prototypes[0], facts=batch.facts, groups=self._groups, scale=scale
            )
            for rows in (seen, read)
        ]).sum()  # fmt: skip
        return {
            "contrast": symmetric_info_nce(seen, read, scale=scale, same=batch.same),
            "twins": twins_cross_entropy(seen, read, scale=scale),
            "facts": facts * (1 - self.step / self.size.steps),
        }

    def _batch(self) -> Batch:
        rng = np.random.default_rng([self.seed, self.step])
        drawn = list(_draw(self.stock, self.size.batch, rng))
        values = [
            (shelf.medium, torch.from_numpy(shelf.values[at]).flatten(0, 1).to(self.device))
            for shelf, at in drawn
        ]
        captions = [words for shelf, at in drawn for place in at for words in shelf.captions[place]]
        alike = [torch.from_numpy(shelf.same[at].ravel()) for shelf, at in drawn]
        same = torch.block_diag(*(one[:, None] == one for one in alike)).bool()
        facts = torch.cat([torch.from_numpy(shelf.facts[at]).flatten(0, 1) for shelf, at in drawn])
        return Batch(values, captions, same.to(self.device), facts.to(self.device))


def encode(model: TowersModel, medium: Medium, values: Tensor) -> Tensor:
    """Unit rows of values of one medium, (batch, dim)."""
    if medium is Medium.CLIP:
        return model.of_clips(values)
    if medium is Medium.IMAGE:
        return model.of_images(values)
    return model.of_sounds(values)


def _draw(
    stock: Stock, batch: Amounts, rng: np.random.Generator
) -> Iterator[tuple[Shelf, np.ndarray]]:
    """From each shelf the places of samples, none twice."""
    amounts = {Medium.CLIP: batch.clips, Medium.IMAGE: batch.scenes, Medium.SOUND: batch.sounds}
    for shelf in stock.shelves:
        yield shelf, rng.choice(len(shelf), amounts[shelf.medium], replace=False)
