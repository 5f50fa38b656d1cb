"""Train the towers: each sample beside its twin, all media in one loss, stoppable at any step."""

import json
import os
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from search.encoders.media import Medium
from search.encoders.towers.encoder import StatesEncoder
from search.encoders.towers.model import TowerConfig, TowersModel
from search.errors import SearchError
from search.training.losses import (
    facts_cross_entropy,
    symmetric_info_nce,
    twins_cross_entropy,
)
from search.training.shelves import Amounts, CaptionStates, Shelf, Stock, draw_stock

STATE, CURVES = "state.pt", "curves.jsonl"
_CLIP_NORM = 1.0
_MOST_SCALE = 100.0


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


class TowersTraining:
    """A training that goes on step by step; what it does depends on size and seed alone.

    ``order_blind`` trains the controls. The state is written to ``folder`` from time to time; a
    training that goes on from it gives the same weights as one that was never stopped.
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
        self.size, self.seed, self.folder, self.device = size, seed, folder, device
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
            self.prototypes = nn.Parameter(torch.randn(len(self.stock.groups), config.dim))
        self.model.to(device).captions.standardise_by(self.states.all_tokens)
        self.prototypes.data = self.prototypes.data.to(device)
        self._learned = [*self.model.parameters(), self.prototypes]
        self._optimiser = torch.optim.AdamW(self._learned, lr=size.rate)
        self._schedule = torch.optim.lr_scheduler.OneCycleLR(
            self._optimiser, size.rate, total_steps=size.steps, pct_start=0.2
        )
        self._groups = torch.tensor(self.stock.groups, device=device)
        self.step = 0
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
        self.folder.mkdir(parents=True, exist_ok=True)
        self.model.train()
        started, end = time.monotonic(), min(until or self.size.steps, self.size.steps)
        with (self.folder / CURVES).open("a", encoding="utf-8") as curves:
            while self.step < end:
                losses = self._learn(self._batch())
                self.step += 1
                if self.step % 10 == 0 or self.step == end:
                    line = {"step": self.step, **losses, "seconds": time.monotonic() - started}
                    curves.write(json.dumps(_rounded(line)) + "\n")
                    if on_step is not None:
                        on_step(line)
                if self.step % save_every == 0 or self.step == end:
                    curves.flush()
                    self.save()
        return self.model.eval()

    def save(self) -> None:
        """Write all that is needed to go on from here."""
        draft = self.folder / f"{STATE}.draft"
        torch.save({"of": self._identity(), "step": self.step, **self._parts("state_dict")}, draft)
        os.replace(draft, self.folder / STATE)

    def resume(self) -> bool:
        """Go back to the state in the folder; False if there is none.

        Raises:
            SearchError: it is of another training.
        """
        path = self.folder / STATE
        if not path.is_file():
            return False
        state = torch.load(path, map_location=self.device, weights_only=True)
        if state["of"] != self._identity():
            raise SearchError(
                f"{path} is of another training: {state['of']}, not {self._identity()}. Give the "
                "same size and seed, or start anew without --resume."
            )
        for name, load in self._parts("load_state_dict").items():
            load(state[name])
        self.prototypes.data = state["prototypes"].data.to(self.device)
        self.step = state["step"]
        _cut_curves(self.folder / CURVES, step=self.step)
        return True

    def _parts(self, method: str) -> dict[str, Any]:
        parts: dict[str, Any] = {
            "model": self.model, "optimiser": self._optimiser, "schedule": self._schedule
        }  # fmt: skip
        if method == "state_dict":
            found = {name: part.state_dict() for name, part in parts.items()}
            return found | {"prototypes": self.prototypes.detach()}
        return {name: part.load_state_dict for name, part in parts.items()}

    def _identity(self) -> str:
        known = {"size": asdict(self.size), "seed": self.seed, "config": asdict(self.model.config)}
        return json.dumps(known, sort_keys=True)

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

    def _learn(self, batch: Batch) -> dict[str, float]:
        """One step. The facts weigh less and less: at the end the captions alone teach."""
        amp = torch.autocast("cuda", torch.bfloat16, enabled=self.device.startswith("cuda"))
        with amp:
            seen = torch.cat([encode(self.model, *one) for one in batch.values])
            read = self.model.of_captions(*self.states.of(batch.captions))
        scale = self.model.log_scale.exp().clamp(max=_MOST_SCALE)
        contrast = symmetric_info_nce(seen, read, scale=scale, same=batch.same)
        twins = twins_cross_entropy(seen, read, scale=scale)
        facts = torch.stack([
            facts_cross_entropy(
                rows, self.prototypes, facts=batch.facts, groups=self._groups, scale=scale
            )
            for rows in (seen, read)
        ]).sum()  # fmt: skip
        loss = contrast + twins + facts * (1 - self.step / self.size.steps)
        self._optimiser.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(self._learned, _CLIP_NORM)
        self._optimiser.step()
        self._schedule.step()
        named = {"contrast": contrast, "twins": twins, "facts": facts}
        return {name: float(value.detach()) for name, value in named.items()}


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


def _rounded(line: dict[str, float]) -> dict[str, float]:
    return {name: round(value, 4) for name, value in line.items()}


def _cut_curves(path: Path, *, step: int) -> None:
    """Forget what was written after the state was."""
    if path.is_file():
        lines = path.read_text(encoding="utf-8").splitlines()
        kept = [line for line in lines if json.loads(line)["step"] <= step]
        path.write_text("".join(f"{line}\n" for line in kept), encoding="utf-8")
