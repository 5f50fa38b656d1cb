"""Train a model of this library's own and put it into a folder, if it passes its gate.

"towers" are small encoders of captions, pictures, clips and sounds in one space, trained from
scratch on generated samples, or on what corpora say of their own pictures and recordings. "tuned"
goes on with the towers of another folder, with negatives that these take for right. "fusion" is the
attention that joins media of one thing, trained on the towers of the same folder. Nothing changes
by itself: name the folder in the settings.
"""

import json
from argparse import ArgumentParser
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from search import registry
from search.conf import conf
from search.errors import SearchError
from search.management.naming import corpora_named

_MARGIN = 0.05  # of cosines, below the right one's, from which what scores high is wrong
_TUNING_SEED = 500_000  # added to the training's, so that samples are new


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("stage", choices=["towers", "tuned", "fusion"])
        parser.add_argument("folder", metavar="DIR", help="where the checkpoint goes")
        parser.add_argument("--size", default="standard", choices=["smoke", "standard", "large"])
        parser.add_argument(
            "--corpus", action="append", metavar="SLUG", default=[],
            help="learn from its captions; may be repeated (generated samples)",
        )  # fmt: skip
        parser.add_argument("--start", metavar="DIR", help="the towers that tuning goes on with")
        parser.add_argument("--steps", type=int, metavar="N", help="of tuning, or on corpora (300)")
        parser.add_argument("--seed", type=int, default=0, metavar="N", help="(0)")
        parser.add_argument("--device", default="cpu", help="cpu or cuda (cpu)")
        parser.add_argument("--resume", action="store_true", help="go on where it was stopped")
        parser.add_argument(
            "--control", action="store_true", help="towers to which the order of time means nothing"
        )
        parser.add_argument("--json", action="store_true", help="write the figures as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            trained = self._train(options)
        except SearchError as error:
            raise CommandError(str(error), returncode=2) from error
        if options["json"]:
            self.stdout.write(json.dumps(asdict(trained)))
            return
        for name, value in trained.figures.items():
            self.stdout.write(f"{name:32} {value:.3f}")
        self.stdout.write(f"{trained.folder} holds the {trained.stage}; {trained.seconds:.0f} s.")

    def _train(self, options: dict[str, Any]) -> Any:
        from search.training.checkpoints import make_fusion, make_towers  # they load torch
        from search.training.towers import SIZES

        text: Any = registry.encoder(conf().text_encoder)
        if not hasattr(text, "token_states"):
            raise SearchError(
                f"The text encoder {conf().text_encoder!r} shows no token states, which captions "
                'are read through; name one on ONNX Runtime, as "minilm".'
            )
        folder = Path(options["folder"])
        given = {name: options[name] for name in ("seed", "device")} | {"text": text}
        if options["stage"] == "fusion":
            return make_fusion(folder, **given)
        given |= {
            "resume": options["resume"],
            "on_step": None if options["json"] else self._say,
        }
        if options["stage"] == "tuned" or options["corpus"]:
            return _tuned(folder, options, given)
        return make_towers(folder, SIZES[options["size"]], order_blind=options["control"], **given)

    def _say(self, line: dict[str, float]) -> None:
        if line["step"] % 50 == 0:
            losses = "  ".join(f"{k} {v:.3f}" for k, v in line.items() if k not in {"step"})
            self.stdout.write(f"step {line['step']:.0f}  {losses}")


def _tuned(folder: Path, options: dict[str, Any], given: dict[str, Any]) -> Any:
    """Towers trained on pairs: of corpora from new ones, or with mined negatives from others."""
    from search.encoders.towers.model import TowerConfig, read_config
    from search.training.captions import corpus_pairs
    from search.training.pairs import generated
    from search.training.towers import SIZES
    from search.training.tuned_towers import Lesson, make_tuned
    from search.training.tuning import TuningPlan

    is_tuning = options["stage"] == "tuned"
    if is_tuning and not options["start"]:
        raise SearchError("Tuning goes on with towers that are there; name them with --start DIR.")
    start = Path(options["start"]) if options["start"] else None
    config = read_config(start) if start else TowerConfig()
    steps = {"steps": options["steps"]} if options["steps"] else {}
    if options["corpus"]:
        corpora = corpora_named(options["corpus"])
        pairs = corpus_pairs(corpora, config)
        source = f"captions of the corpora {', '.join(options['corpus'])}"
    else:
        amounts = SIZES[options["size"]].amounts
        pairs = generated(amounts, seed=options["seed"] + _TUNING_SEED, side=config.side)
        source = "generated by search.evaluation.synthworld, no files"
    plan = TuningPlan(**steps) if is_tuning else TuningPlan(rate=3e-3, hard=0, **steps)
    if options["corpus"]:
        plan = replace(plan, margin=_MARGIN)  # nobody said what else may be right
    return make_tuned(folder, Lesson(pairs, source, plan), start=start, **given)
