"""Bring a model to this machine: from the hub, or from a file that was packed where there is one.

    manage.py model fetch laion/CLIP-ViT-B-32-laion2B-s34B-b79K
    manage.py model pack CLIP-ViT-B-32-laion2B-s34B-b79K clip.zip
    manage.py model import clip.zip

Models lie in the data folder's ``models``; name the folder in the settings, as docs/models.md says.
"""

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from search import model_bundles
from search.conf import conf
from search.errors import SearchError


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("action", choices=["fetch", "pack", "import"])
        parser.add_argument("what", metavar="WHAT", help="a hub name, a folder or a bundle")
        parser.add_argument("bundle", nargs="?", type=Path, help="of pack: the file to write")
        parser.add_argument("--name", default="", help="what its folder is called here")
        parser.add_argument("--json", action="store_true", help="one JSON document")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            body = self._done(options)
        except SearchError as error:
            raise CommandError(str(error), returncode=1) from error
        if options["json"]:
            self.stdout.write(json.dumps(body))
            return
        self.stdout.write(f"{body['path']}")

    def _done(self, options: dict[str, Any]) -> dict[str, Any]:
        action, what, home = options["action"], options["what"], conf().models_dir
        if action == "pack":
            return self._packed(options)
        if action == "import":
            folder = model_bundles.unpack(Path(what), home, called=options["name"])
        elif conf().offline:
            raise CommandError("MMSEARCH_OFFLINE forbids fetching; import a bundle.", returncode=2)
        else:
            folder = model_bundles.fetch(what, home, called=options["name"])
        return {"action": action, "path": str(folder)}

    def _packed(self, options: dict[str, Any]) -> dict[str, Any]:
        if options["bundle"] is None:
            raise CommandError("Name the file to write: model pack FOLDER FILE.", returncode=2)
        folder = Path(options["what"])
        folder = folder if folder.is_dir() else conf().models_dir / options["what"]
        if not folder.is_dir():
            raise CommandError(f"There is no folder {options['what']!r}.", returncode=2)
        sums = model_bundles.pack(folder, options["bundle"])
        return {"action": "pack", "path": str(options["bundle"]), "sha256": sums}
