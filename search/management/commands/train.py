"""Train a model of this library's own and put it into a folder, if it passes its gate.

"towers" are small encoders of captions, pictures, clips and sounds in one space, trained from
scratch on generated samples. "fusion" is the attention that joins media of one thing, trained on
the towers of the same folder. Nothing changes by itself: name the folder in the settings.
"""

import json
from argparse import ArgumentParser
from dataclasses import asdict
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from search import registry
from search.conf import conf
from search.errors import SearchError


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("stage", choices=["towers", "fusion"])
        parser.add_argument("folder", metavar="DIR", help="where the checkpoint goes")
        parser.add_argument("--size", default="standard", choices=["smoke", "standard", "large"])
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
        folder, seed, device = Path(options["folder"]), options["seed"], options["device"]
        if options["stage"] == "fusion":
            return make_fusion(folder, seed=seed, text=text, device=device)
        return make_towers(
            folder,
            SIZES[options["size"]],
            seed=seed,
            text=text,
            device=device,
            resume=options["resume"],
            order_blind=options["control"],
            on_step=None if options["json"] else self._say,
        )

    def _say(self, line: dict[str, float]) -> None:
        if line["step"] % 50 == 0:
            losses = "  ".join(f"{k} {v:.3f}" for k, v in line.items() if k not in {"step"})
            self.stdout.write(f"step {line['step']:.0f}  {losses}")
