"""From a training to a checkpoint: measured, let through a gate, described, put in place."""

import json
import os
import shutil
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from search.encoders.cross_modal import CONFIG as FUSION_CONFIG
from search.encoders.cross_modal import WEIGHTS as FUSION_WEIGHTS
from search.encoders.cross_modal import save_fusion
from search.encoders.towers.encoder import StatesEncoder, Towers
from search.encoders.towers.model import CONFIG, WEIGHTS, TowersModel, save_towers
from search.errors import SearchError
from search.evaluation.synthworld.shapes import HELD_OUT
from search.evaluation.synthworld.slices import measure
from search.training.fusion import STEPS, measure_fusion, train_fusion
from search.training.stoppable import CURVES
from search.training.towers import Size, TowersTraining

CARD, README = "card.json", "README.md"
WORK = "training"  # the folder within the checkpoint's, where a training keeps its state
_GALLERY_SEED = 1_000_000  # added to the training's, so that galleries are new
Gate = Mapping[str, float]

GATES: Mapping[str, Gate] = {
    "smoke": {"V2/seen/twins": 0.75, "A2/seen/twins": 0.90, "I0/seen/r5": 0.85},
    "standard": {
        "V2/seen/twins": 0.85,
        "V2/held_out/twins": 0.80,
        "A2/seen/twins": 0.90,
        "V2/seen/r5": 0.90,
        "I0/seen/r5": 0.90,
    },
    "large": {
        "V2/seen/twins": 0.95,
        "V2/held_out/twins": 0.90,
        "A2/seen/twins": 0.95,
        "V2/seen/r5": 0.95,
        "I0/seen/r5": 0.95,
    },
}


@dataclass(frozen=True, slots=True)
class Trained:
    """What came of a training: where it lies, its figures, and how long it took."""

    folder: str
    stage: str
    size: str
    seed: int
    seconds: float
    figures: Mapping[str, float]


class GateError(SearchError):
    """A training fell short of its gate, so nothing was put in place."""


def make_towers(
    folder: Path,
    size: Size,
    *,
    seed: int,
    text: StatesEncoder,
    device: str = "cpu",
    resume: bool = False,
    order_blind: bool = False,
    gate: Gate | None = None,
    on_step: Callable[[dict[str, float]], None] | None = None,
) -> Trained:
    """Train towers, measure them, and put them into ``folder`` if they pass the gate.

    ``gate`` holds the least of some figures; None takes that of the size. The controls
    (``order_blind``) must tell no twins apart at all.

    Raises:
        GateError: they fall short; what was in the folder before stays.
    """
    started, work = time.monotonic(), folder / WORK
    training = TowersTraining(
        size, seed=seed, text=text, folder=work, device=device, order_blind=order_blind
    )
    if not (resume and training.resume()):
        training.forget()
    model = training.run(on_step=on_step)
    encoder = Towers.around(model, text, device=device)
    figures = measure(encoder, seed=_GALLERY_SEED + seed, count=size.gallery)
    seconds = time.monotonic() - started
    trained = Trained(str(folder), "towers", size.name, seed, round(seconds, 1), figures)
    if order_blind:
        _check_control(figures)
    else:
        _check(figures, GATES[size.name] if gate is None else gate)
    put_in_place(folder, model, trained, _card(trained, size, order_blind=order_blind))
    return trained


def make_fusion(
    folder: Path,
    *,
    seed: int,
    text: StatesEncoder,
    device: str = "cpu",
    count: int = 600,
    steps: int = STEPS,
) -> Trained:
    """Train the attention over modalities on the towers of a folder, and put it beside them.

    Raises:
        GateError: it finds less than a mean of all parts does.
        ModelMissingError: the folder holds no towers.
    """
    started = time.monotonic()
    towers = Towers(str(folder), text=text, device=device)
    network = train_fusion(towers, seed=seed, count=count, steps=steps)
    figures = measure_fusion(towers, network, seed=_GALLERY_SEED + seed)
    for name in ("attention", "asked"):
        _check(figures, {f"fusion/{name}/r1": figures["fusion/mean/r1"]})
    draft = folder / "fusion-draft"
    draft.mkdir(exist_ok=True)
    save_fusion(network, draft, dim=towers.dim, space=towers.fingerprint)
    for name in (FUSION_WEIGHTS, FUSION_CONFIG):
        os.replace(draft / name, folder / name)
    draft.rmdir()
    seconds = round(time.monotonic() - started, 1)
    return Trained(str(folder), "fusion", "", seed, seconds, figures)


def _check(figures: Mapping[str, float], gate: Gate) -> None:
    short = [
        f"{name} is {figures[name]:.3f}, below {least:.3f}"
        for name, least in gate.items()
        if figures[name] < least
    ]
    if short:
        raise GateError(f"Nothing was put in place: {'; '.join(short)}.")


def _check_control(figures: Mapping[str, float]) -> None:
    seeing = [
        f"{name} is {value:.3f}"
        for name, value in figures.items()
        if name[:2] in {"V2", "V3", "A2"} and name.endswith("/twins") and value != 0.5
    ]
    if seeing:
        raise GateError(f"A control that is blind to order tells twins apart: {seeing}.")


def put_in_place(
    folder: Path, model: TowersModel, trained: Trained, card: Mapping[str, object]
) -> None:
    """Write a model with its description and curves where the settings will name it.

    What was there is replaced file by file, the weights' description last.
    """
    draft = folder / WORK / "draft"
    save_towers(model, draft)
    written = {**asdict(trained), "text": model.config.text, **card}
    del written["folder"]
    (draft / CARD).write_text(json.dumps(written, indent=2) + "\n", encoding="utf-8")
    rows = "\n".join(f"| {name} | {value:.3f} |" for name, value in trained.figures.items())
    kind = "Controls that are blind to order" if model.config.order_blind else "Towers of one space"
    about = _README.format(
        kind=kind, trained=trained, text=model.config.text, rows=rows, data=card["data"]
    )
    (draft / README).write_text(about, encoding="utf-8")
    shutil.copy(folder / WORK / CURVES, draft / CURVES)
    for name in (CURVES, README, CARD, WEIGHTS, CONFIG):
        os.replace(draft / name, folder / name)
    shutil.rmtree(folder / WORK)


def _card(trained: Trained, size: Size, *, order_blind: bool) -> dict[str, object]:
    return {
        "order_blind": order_blind,
        "data": {
            "source": "generated by search.evaluation.synthworld, no files",
            "samples": asdict(size.amounts),
            "held_out": sorted(" ".join(pair) for pair in HELD_OUT),
            "gallery_seed": _GALLERY_SEED + trained.seed,
        },
        "training": asdict(size),
    }


_README = """---
license: apache-2.0
---
# {kind}: words, pictures, clips and sounds

Trained by `manage.py train {trained.stage}`, size {trained.size}, seed {trained.seed},
{trained.seconds:.0f} s. Captions are read through the token states of `{text}`. Data:
{data[source]}. Of what is not in the data they know nothing.

Figures on things that no training saw (twins: the share of captions whose own sample scores above
its twin; mrr: the mean reciprocal rank of what a caption means):

| slice | figure |
|---|---|
{rows}
"""
