"""A training that can be stopped at any step, and goes on to the same weights."""

import json
import os
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from search.errors import SearchError

STATE, CURVES = "state.pt", "curves.jsonl"
_CLIP_NORM = 1.0


class StoppableTraining(ABC):
    """Steps of AdamW with one cycle of the learning rate; what a step does, a subclass says.

    The state is written to ``folder`` from time to time; a training that goes on from it gives the
    same weights as one that was never stopped, if ``losses`` depend on the step, on the modules and
    on what ``extra`` holds alone.
    """

    def __init__(
        self,
        modules: Mapping[str, nn.Module],
        *,
        steps: int,
        rate: float,
        folder: Path,
        device: str = "cpu",
    ) -> None:
        self.folder, self.device, self.steps, self.step = folder, device, steps, 0
        self._learned = [one for module in modules.values() for one in module.parameters()]
        self._optimiser = torch.optim.AdamW(self._learned, lr=rate)
        self._schedule = torch.optim.lr_scheduler.OneCycleLR(
            self._optimiser, rate, total_steps=steps, pct_start=0.2
        )
        self._kept: dict[str, Any] = {
            **modules,
            "optimiser": self._optimiser,
            "schedule": self._schedule,
        }

    @abstractmethod
    def losses(self) -> dict[str, Tensor]:
        """The parts of this step's loss; their sum is what is learned from."""

    @abstractmethod
    def identity(self) -> str:
        """What tells this training from others, whose states it must not take."""

    def extra(self) -> dict[str, Tensor]:
        """What a state holds beside weights."""
        return {}

    def take_extra(self, extra: Mapping[str, Tensor]) -> None:
        """Go back to what a state held beside weights."""
        if extra:
            raise SearchError(f"A state holds what this training does not know: {sorted(extra)}.")

    def go_on(
        self,
        *,
        until: int | None = None,
        save_every: int = 100,
        on_step: Callable[[dict[str, float]], None] | None = None,
    ) -> None:
        """Learn to the end, or until a step."""
        self.folder.mkdir(parents=True, exist_ok=True)
        started, end = time.monotonic(), min(until or self.steps, self.steps)
        with (self.folder / CURVES).open("a", encoding="utf-8") as curves:
            while self.step < end:
                losses = self._learn()
                self.step += 1
                if self.step % 10 == 0 or self.step == end:
                    line = {"step": self.step, **losses, "seconds": time.monotonic() - started}
                    curves.write(json.dumps(_rounded(line)) + "\n")
                    if on_step is not None:
                        on_step(line)
                if self.step % save_every == 0 or self.step == end:
                    curves.flush()
                    self.save()

    def save(self) -> None:
        """Write all that is needed to go on from here."""
        draft = self.folder / f"{STATE}.draft"
        parts = {name: part.state_dict() for name, part in self._kept.items()}
        state = {"of": self.identity(), "step": self.step, "extra": self.extra(), **parts}
        torch.save(state, draft)
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
        if state["of"] != self.identity():
            raise SearchError(
                f"{path} is of another training: {state['of']}, not {self.identity()}. Give the "
                "same size and seed, or start anew without --resume."
            )
        for name, part in self._kept.items():
            part.load_state_dict(state[name])
        self.take_extra(state["extra"])
        self.step = state["step"]
        _cut_curves(self.folder / CURVES, step=self.step)
        return True

    def forget(self) -> None:
        """Remove the state in the folder."""
        for name in (STATE, CURVES):
            (self.folder / name).unlink(missing_ok=True)

    def _learn(self) -> dict[str, float]:
        parts = self.losses()
        self._optimiser.zero_grad()
        torch.stack(list(parts.values())).sum().backward()
        nn.utils.clip_grad_norm_(self._learned, _CLIP_NORM)
        self._optimiser.step()
        self._schedule.step()
        return {name: float(value.detach()) for name, value in parts.items()}


def _rounded(line: dict[str, float]) -> dict[str, float]:
    return {name: round(value, 4) for name, value in line.items()}


def _cut_curves(path: Path, *, step: int) -> None:
    """Forget what was written after the state was."""
    if path.is_file():
        lines = path.read_text(encoding="utf-8").splitlines()
        kept = [line for line in lines if json.loads(line)["step"] <= step]
        path.write_text("".join(f"{line}\n" for line in kept), encoding="utf-8")
