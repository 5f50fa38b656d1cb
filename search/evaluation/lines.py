"""What a test collection is made of, however its files are written."""

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from search.errors import SearchError
from search.evaluation.trec import Qrels

MEDIA = ("image", "video", "audio")


@dataclass(frozen=True, slots=True)
class Line:
    """One document of a collection."""

    key: str
    title: str
    text: str
    media: str = ""  # "image", "video" or "audio" when the line carries one
    path: str = ""  # of the media file, inside the collection's folder


@dataclass(frozen=True, slots=True)
class QueryLine(Line):
    """One question of a collection."""

    answers: tuple[str, ...] = ()  # gold strings; one of them in a document makes it a hit
    excluded: tuple[str, ...] = ()  # documents that do not count for this question
    slices: tuple[str, ...] = ()  # parts of the collection it belongs to

    @property
    def words(self) -> str:
        """What is asked."""
        return self.text.strip() or self.title.strip()


@dataclass(frozen=True, slots=True)
class Collection:
    """What is searched, what is asked, and what was judged relevant."""

    name: str
    documents: tuple[Line, ...]
    queries: tuple[QueryLine, ...]  # only those with a relevant document
    qrels: Qrels
    notes: tuple[str, ...] = field(default=())

    def fingerprint(self) -> str:
        """A hash of documents, questions and judgments: two with the same one are the same data."""
        digest = hashlib.sha256()
        for lines in (self.documents, self.queries):
            for line in sorted(lines, key=lambda line: line.key):
                row = [line.key, line.title, line.text, line.media, line.path]
                if isinstance(line, QueryLine):
                    row += [*line.answers, *sorted(line.excluded)]
                digest.update(json.dumps(row).encode() + b"\n")
        judgments = sorted(
            (query, key, float(gain))
            for query, row in self.qrels.items()
            for key, gain in row.items()
        )
        digest.update(json.dumps(judgments).encode())
        return digest.hexdigest()


def read_json(path: Path) -> Any:
    """A JSON document.

    Raises:
        SearchError: the file cannot be read, or is not JSON.
    """
    try:
        return json.loads(path.read_text(encoding="utf-8-sig"))
    except (OSError, ValueError) as error:
        raise SearchError(f"{path} cannot be read as JSON: {error}.") from error


def read_rows(path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """(place, object) of each line of a JSON-lines file; the place names file and line.

    Raises:
        SearchError: the file cannot be read, or a line is not a JSON object.
    """
    for number, line in read_lines(path):
        place = f"{path}, line {number}"
        try:
            row = json.loads(line)
        except ValueError as error:
            raise SearchError(f"{place} is not JSON: {error}.") from error
        if not isinstance(row, dict):
            raise SearchError(f"{place} is not a JSON object.")
        yield place, row


def read_lines(path: Path) -> Iterator[tuple[int, str]]:
    """(number from 1, line) of the lines that are not blank.

    Raises:
        SearchError: the file cannot be read as UTF-8.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="\n") as file:
            for number, line in enumerate(file, start=1):
                if line.strip():
                    yield number, line.rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        raise SearchError(f"{path} cannot be read: {error}.") from error


def some_of(folder: Path, pattern: str) -> list[Path]:
    """The files of a folder with such names, by name."""
    return sorted(path for path in folder.glob(pattern) if path.is_file())


def strings(value: Any) -> tuple[str, ...]:
    """One string, or several, or nothing, as a tuple without empty ones."""
    values: Sequence[Any] = value if isinstance(value, list) else [value]
    return tuple(text for one in values if one is not None and (text := str(one).strip()))
