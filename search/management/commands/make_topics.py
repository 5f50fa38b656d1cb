"""Make questions with judgments from what was asked in some corpora and how people voted.

``--output DIR`` writes a folder that ``evaluate`` reads; ``--save NAME`` keeps them as topics,
in place of those of that name. Only questions asked in the corpora named, and nowhere else, count.
"""

import json
from argparse import ArgumentParser
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from search.errors import SearchError
from search.evaluation.topics import Gathered, gather, save_topics, write_topics
from search.management.naming import corpora_named


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--corpus", action="append", required=True, metavar="SLUG")
        parser.add_argument("--output", type=Path, metavar="DIR", help="a new folder, BEIR's form")
        parser.add_argument("--save", metavar="NAME", help="keep them as topics under this name")
        parser.add_argument("--days", type=int, metavar="N", help="only votes of the last N days")
        parser.add_argument(
            "--with-answers", action="store_true", help="what helpful answers cite is relevant"
        )
        parser.add_argument("--json", action="store_true", help="one JSON document")

    def handle(self, *args: Any, **options: Any) -> None:
        if not (options["output"] or options["save"]):
            raise CommandError("Say where they go: --output DIR, --save NAME.", returncode=2)
        if options["days"] is not None and options["days"] < 1:
            raise CommandError(f"--days is {options['days']}; write 1 or more.", returncode=2)
        corpora = corpora_named(options["corpus"])
        since = timezone.now() - timedelta(options["days"]) if options["days"] else None
        found = gather(corpora, since=since, with_answers=options["with_answers"])
        if not any(gain > 0 for topic in found.topics for gain in topic.gains.values()):
            raise CommandError(f"Nothing to measure with. {_told(found)}", returncode=1)
        body = _counts(found)
        try:
            if options["output"]:
                body["passages"] = write_topics(options["output"], corpora, found.topics)
        except SearchError as error:
            raise CommandError(str(error), returncode=2) from error
        if options["save"]:
            save_topics(options["save"][:200], found.topics)
        self.stdout.write(json.dumps(body) if options["json"] else _told(found))


def _counts(found: Gathered) -> dict[str, int]:
    gains = [gain for topic in found.topics for gain in topic.gains.values()]
    return {
        "topics": len(found.topics),
        "relevant": sum(gain > 0 for gain in gains),
        "not_relevant": sum(gain <= 0 for gain in gains),
        "asked_elsewhere": found.elsewhere,
        "gone": found.gone,
    }


def _told(found: Gathered) -> str:
    counts = _counts(found)
    told = (
        f"{counts['topics']} topics with {counts['relevant']} relevant passages and "
        f"{counts['not_relevant']} that are not."
    )
    if found.elsewhere:
        told += (
            f" {found.elsewhere} votes were left out: their questions also looked into corpora "
            "that are not named."
        )
    if found.gone:
        told += f" {found.gone} judged passages are not there any more."
    return told
