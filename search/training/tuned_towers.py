"""Towers that were trained on pairs, measured against what they were before, and put in place."""

import time
from collections.abc import Callable, Mapping, Sequence
from copy import deepcopy
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import fmean

import torch

from search.encoders.towers.encoder import StatesEncoder
from search.encoders.towers.model import TowerConfig, TowersModel, load_towers, weights_digest
from search.errors import SearchError
from search.evaluation.statistics import differences
from search.training.checkpoints import WORK, GateError, Trained, put_in_place
from search.training.pairs import Pairs, split
from search.training.shelves import CaptionStates
from search.training.tuning import PairsTraining, TuningPlan, reciprocal_ranks

HELD_OUT = 0.2  # of the pairs
LEAST_PAIRS = 20  # of one medium, from which anything can be told


@dataclass(frozen=True, slots=True)
class Lesson:
    """What is learned, and from where: ``source`` goes into the card."""

    pairs: Sequence[Pairs]
    source: str
    plan: TuningPlan


def make_tuned(
    folder: Path,
    lesson: Lesson,
    *,
    start: Path | None,
    seed: int,
    text: StatesEncoder,
    device: str = "cpu",
    resume: bool = False,
    on_step: Callable[[dict[str, float]], None] | None = None,
) -> Trained:
    """Train towers on pairs and put them into ``folder`` if they find more than before.

    They begin as those in ``start``, or anew if it is None. Measured on pairs held out, by the
    reciprocal rank of what a caption means among all held out of its medium: no medium may lose,
    and all together must gain more than chance explains.

    Raises:
        GateError: they do not; what was in the folder before stays.
        ModelMissingError: there are no towers in ``start``.
        SearchError: there are too few pairs.
    """
    began = time.monotonic()
    parts = split(_usable(lesson.pairs), share=HELD_OUT, seed=seed)
    states = CaptionStates(text, device=device)
    model = _begun(start, states, parts.learned, text, seed=seed)
    before = reciprocal_ranks(deepcopy(model), states, parts.held_out)
    training = PairsTraining(
        model.to(device), states, parts.learned, lesson.plan,
        seed=seed, folder=folder / WORK, start=weights_digest(start) if start else "",
    )  # fmt: skip
    if not (resume and training.resume()):
        training.forget()
    training.go_on(on_step=on_step)
    after = reciprocal_ranks(model, states, parts.held_out)
    figures = _figures(before, after)
    size = f"{lesson.plan.steps} steps"
    trained = Trained(str(folder), "tuned", size, seed, round(time.monotonic() - began, 1), figures)
    _check(before, after)
    put_in_place(folder, model.eval(), trained, _card(lesson, start, parts.learned))
    return trained


def _usable(several: Sequence[Pairs]) -> list[Pairs]:
    """The media of which there are pairs enough."""
    usable = [one for one in several if len(one) >= LEAST_PAIRS]
    if not usable:
        counts = {str(one.medium): len(one) for one in several}
        raise SearchError(
            f"There are too few pairs with captions to learn from ({counts or 'none'}); one medium "
            f"needs {LEAST_PAIRS} of them."
        )
    return usable


def _begun(
    start: Path | None,
    states: CaptionStates,
    pairs: Sequence[Pairs],
    text: StatesEncoder,
    *,
    seed: int,
) -> TowersModel:
    for one in pairs:
        states.read(one.captions)
    if start is not None:
        model = load_towers(start)
        if model.config.text != text.fingerprint:
            raise SearchError(
                f"The towers in {start} read captions through {model.config.text!r}, not "
                f"{text.fingerprint!r}."
            )
        return model.to(states.device)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model = TowersModel(TowerConfig(states=text.dim, text=text.fingerprint))
    model.to(states.device).captions.standardise_by(states.all_tokens)
    return model


def _figures(
    before: Mapping[str, Sequence[float]], after: Mapping[str, Sequence[float]]
) -> dict[str, float]:
    found = {}
    for name, ranks in after.items():
        found[f"{name}/held_out"] = float(len(ranks))
        found[f"{name}/mrr/before"] = fmean(before[name])
        found[f"{name}/mrr/after"] = fmean(ranks)
    return found


def _check(before: Mapping[str, Sequence[float]], after: Mapping[str, Sequence[float]]) -> None:
    short = [
        f"{name} went from {fmean(before[name]):.3f} to {fmean(ranks):.3f}"
        for name, ranks in after.items()
        if fmean(ranks) < fmean(before[name])
    ]
    every = ([rank for ranks in one.values() for rank in ranks] for one in (after, before))
    ours, baseline = ({"": ranks} for ranks in every)
    both = differences(ours, baseline)[""]
    if both.low <= 0:
        short.append(
            f"all together gained {both.mean:+.3f} [{both.low:+.3f}, {both.high:+.3f}], which "
            "chance explains"
        )
    if short:
        raise GateError(
            f"Nothing was put in place. Mean reciprocal rank of pairs held out: {'; '.join(short)}."
        )


def _card(lesson: Lesson, start: Path | None, learned: Sequence[Pairs]) -> dict[str, object]:
    return {
        "data": {
            "source": lesson.source,
            "pairs": {str(one.medium): len(one) for one in learned},
            "held_out": HELD_OUT,
        },
        "start": weights_digest(start) if start else "new",
        "training": asdict(lesson.plan),
    }
