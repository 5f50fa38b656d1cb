"""Fit the weights of a recipe's fusion on this library's own judged questions.

The questions are those that make_topics kept under a name. The result is a recipe of its own in the
data folder, to be measured and named like any other; nothing changes by itself.
"""

import re
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from search.conf import conf
from search.errors import SearchError
from search.evaluation.fitted import as_toml, fit_on_topics
from search.evaluation.runner import FITTED, check_recipes

_NAME = re.compile(r"[a-z][a-z0-9_]{0,49}")


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("topics", metavar="TOPICS", help="the name given to make_topics --save")
        parser.add_argument("--recipe", default="hybrid", metavar="NAME", help="(hybrid)")
        parser.add_argument("--name", default="fitted", help="of the new recipe (fitted)")

    def handle(self, *args: Any, **options: Any) -> None:
        recipe, name = options["recipe"], options["name"]
        if not _NAME.fullmatch(name):
            raise CommandError(
                f"--name is {name!r}; write small letters, digits and underscores.", returncode=2
            )
        try:
            check_recipes([recipe + FITTED])
            fitted = fit_on_topics(recipe, options["topics"])
        except (SearchError, ValueError) as error:
            raise CommandError(str(error), returncode=2) from error
        path = conf().data_dir / "recipes" / f"{name}.toml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(as_toml(recipe, fitted), encoding="utf-8")
        self.stdout.write(
            f"{path} weighs {', '.join(f'{n} {w:.2f}' for n, w in fitted.weights.items())}. "
            f"nDCG@10 of left-out questions: {fitted.ndcg_fitted:.4f}, with equal weights "
            f"{fitted.ndcg_equal:.4f}. Running servers know the recipe after a restart."
        )
