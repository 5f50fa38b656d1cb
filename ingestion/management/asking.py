"""What the commands search and ask share: their options, and the question these make."""

import json
import re
from argparse import ArgumentParser
from collections.abc import Mapping
from html import unescape
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from ingestion.errors import IngestError
from ingestion.services import read_picture
from search import services
from search.errors import SearchError
from search.types import Query, Viewer

OPERATOR = Viewer(unrestricted=True)
MOST = 100
LONGEST = 2_000  # characters of a question
_LATER = {
    "crop": "the visual encoder",
    "clip": "the video encoder",
    "audio": "the audio encoder",
}
_TAGS = re.compile(r"</?mark>")


class AskingCommand(BaseCommand):
    """A command that takes a question and shows a body."""

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("text", nargs="?", default="", metavar="TEXT")
        parser.add_argument("--image", type=Path, metavar="F", help="search by the words in it")
        parser.add_argument("--crop", metavar="X,Y,W,H", help="comes with the visual encoder")
        parser.add_argument("--clip", metavar="F", help="comes with the video encoder")
        parser.add_argument("--audio", metavar="F", help="comes with the audio encoder")
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
    _refuse_what_comes_later(options)
    if not 1 <= options["limit"] <= MOST:
        raise CommandError(f"--limit is {options['limit']}; write 1 to {MOST}.", returncode=2)
    text = options["text"].strip()
    notes: tuple[str, ...] = ()
    if len(text) > LONGEST:
        raise CommandError(
            f"The question has {len(text)} characters; it may have {LONGEST}.", returncode=2
        )
    if options["image"]:
        read, notes = _words_of(options["image"])
        text = f"{text} {read}".strip()
    if not text:
        raise CommandError("There is nothing to look for; write some words.", returncode=2)
    return Query(
        text=text[:LONGEST],
        corpora=services.visible_corpora(OPERATOR, options["corpus"]),
        recipe=options["recipe"],
        k=options["limit"],
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


def _refuse_what_comes_later(options: Mapping[str, Any]) -> None:
    for name, encoder in _LATER.items():
        if options[name]:
            raise CommandError(
                f"--{name} needs {encoder}, which comes with a later release; ask in words, or "
                "with --image, of which the words are read.",
                returncode=2,
            )


def _words_of(path: Path) -> tuple[str, tuple[str, ...]]:
    if not path.is_file():
        raise CommandError(f"There is no file {path}.", returncode=2)
    try:
        read = read_picture(path, path.name)
    except IngestError as error:
        raise CommandError(str(error), returncode=1) from error
    words = " ".join(read.text.split())
    how = (
        f"The picture was searched by the words read in it: “{words}”."
        if words
        else "No words were read in the picture, so it took no part in this search."
    )
    return words, (how, *read.notices)
