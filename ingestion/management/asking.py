"""What the commands search and ask share: their options, and the question these make."""

import json
import re
from argparse import ArgumentParser, ArgumentTypeError
from collections.abc import Mapping
from html import unescape
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from ingestion.errors import IngestError
from ingestion.services import read_question
from search import services
from search.errors import SearchError
from search.types import Asked, Box, Query, Viewer

OPERATOR = Viewer(unrestricted=True)
MOST = 100
LONGEST = 2_000  # characters of a question
_MEDIA = ("image", "clip", "audio")
_TAGS = re.compile(r"</?mark>")


class AskingCommand(BaseCommand):
    """A command that takes a question and shows a body."""

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("text", nargs="?", default="", metavar="TEXT")
        parser.add_argument("--image", type=Path, metavar="F", help="a picture to search with")
        parser.add_argument(
            "--crop", type=_crop, metavar="X,Y,W,H", help="the part of it that is meant, 0 to 1"
        )
        parser.add_argument("--clip", type=Path, metavar="F", help="a moving picture")
        parser.add_argument("--audio", type=Path, metavar="F", help="a sound")
        parser.add_argument("--corpus", action="append", default=[], metavar="SLUG")
        parser.add_argument("--recipe", default="default", metavar="NAME")
        parser.add_argument("--limit", type=int, default=10, metavar="N", help="1 to 100 (10)")
        parser.add_argument("--json", action="store_true", help="one JSON document")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            body = self.body_for(query_from(options))
        except SearchError as error:
            raise CommandError(str(error), returncode=2) from error
        if options["json"]:
            self.stdout.write(json.dumps(body, ensure_ascii=False))
            return
        self.stdout.write("\n".join(self.lines(body)))
        for sentence in body["degraded"]:
            self.stderr.write(f"note: {sentence}")

    def body_for(self, query: Query) -> dict[str, Any]:
        """The body that answers the query."""
        raise NotImplementedError

    def lines(self, body: Mapping[str, Any]) -> list[str]:
        """The body for people."""
        raise NotImplementedError


def query_from(options: Mapping[str, Any]) -> Query:
    """The question on the command line.

    Raises:
        CommandError: 2 for wrong usage, 1 for a picture that cannot be read.
        NotVisibleError: there is no such corpus.
    """
    if not 1 <= options["limit"] <= MOST:
        raise CommandError(f"--limit is {options['limit']}; write 1 to {MOST}.", returncode=2)
    text = options["text"].strip()
    if len(text) > LONGEST:
        raise CommandError(
            f"The question has {len(text)} characters; it may have {LONGEST}.", returncode=2
        )
    if options["crop"] and not options["image"]:
        raise CommandError("--crop needs the picture; name it by --image.", returncode=2)
    media, notes = _media(options)
    if not text and not media:
        raise CommandError("There is nothing to look for; write some words.", returncode=2)
    return Query(
        text=text[:LONGEST],
        corpora=services.visible_corpora(OPERATOR, options["corpus"]),
        recipe=options["recipe"],
        k=options["limit"],
        media=media,
        notes=notes,
    )


def hit_lines(body: Mapping[str, Any]) -> list[str]:
    """Hits with number, title, place and words."""
    lines = []
    for hit in body["hits"]:
        document = hit["document"]
        lines.append(f"{hit['rank']:>3}. {document['title'] or document['filename']}{_place(hit)}")
        lines.append(f"     {plain(hit['snippet'])}" if hit["snippet"] else "     (no words)")
        lines.append(f"     {document['corpus']}/{document['filename']}  {hit['view_url']}")
    return lines


def source_lines(body: Mapping[str, Any]) -> list[str]:
    """The citations of an answer."""
    lines = []
    for citation in body["citations"]:
        document, note = citation["document"], citation.get("note")
        title = document["title"] or document["filename"]
        lines.append(f"[{citation['marker']}] {title}{_place(citation)}")
        lines.append(f"    “{' '.join(citation['quote'].split())}”{f' ({note})' if note else ''}")
        lines.append(f"    {citation['view_url']}")
    return lines


def plain(snippet: str) -> str:
    """A snippet without its marks."""
    return unescape(_TAGS.sub("", snippet))


def _place(hit: Mapping[str, Any]) -> str:
    locator = hit["locator"]
    found = []
    if "page" in locator:
        label = locator.get("page_label")
        found.append(f"p. {locator['page']}" + (f" ({label})" if label else ""))
    if "start_s" in locator:
        end = locator.get("end_s")
        found.append(_clock(locator["start_s"]) + (f"–{_clock(end)}" if end is not None else ""))
    return f", {', '.join(found)}" if found else ""


def _clock(seconds: float) -> str:
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def _crop(value: str) -> Box:
    """Four fractions, from the top left.

    Raises:
        ArgumentTypeError: they are not four, or leave the picture.
    """
    try:
        x, y, width, height = (float(part) for part in value.split(","))
    except ValueError as error:
        raise ArgumentTypeError(f"{value!r} is not x,y,width,height.") from error
    if min(x, y) < 0 or min(width, height) <= 0 or x + width > 1.000001 or y + height > 1.000001:
        raise ArgumentTypeError(f"{value!r} leaves the picture; fractions are from 0 to 1.")
    return x, y, width, height


def _media(options: Mapping[str, Any]) -> tuple[tuple[Asked, ...], tuple[str, ...]]:
    asked: list[Asked] = []
    notes: list[str] = []
    for medium in _MEDIA:
        path = options[medium]
        if path is None:
            continue
        if not path.is_file():
            raise CommandError(f"There is no file {path}.", returncode=2)
        crop = options["crop"] if medium == "image" else None
        try:
            one, said = read_question(path, path.name, medium=medium, crop=crop)
        except IngestError as error:
            raise CommandError(str(error), returncode=1) from error
        asked.append(one)
        notes += said
    return tuple(asked), tuple(notes)
