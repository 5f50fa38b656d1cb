"""A test collection in BEIR's form: corpus.jsonl, queries.jsonl, qrels/test.tsv."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from search.errors import SearchError
from search.evaluation.trec import Qrels, read_qrels

MEDIA = ("image", "video", "audio")


@dataclass(frozen=True, slots=True)
class Line:
    """One line of corpus.jsonl or queries.jsonl."""

    key: str
    title: str
    text: str
    media: str = ""  # "image", "video" or "audio" when the line carries one


@dataclass(frozen=True, slots=True)
class Collection:
    """What is searched, what is asked, and what was judged relevant."""

    name: str
    documents: tuple[Line, ...]
    queries: tuple[Line, ...]  # only those with a relevant document
    qrels: Qrels
    notes: tuple[str, ...]


def read_collection(folder: Path) -> Collection:
    """Read a folder.

    Raises:
        SearchError: a file is missing or wrong; the sentence names it, and the line.
    """
    documents = tuple(_lines(folder / "corpus.jsonl"))
    asked = tuple(_lines(folder / "queries.jsonl"))
    notes: list[str] = []
    qrels = _matching(read_qrels(folder / "qrels" / "test.tsv"), asked, notes)
    judged = {key for key, gains in qrels.items() if any(gain > 0 for gain in gains.values())}
    queries = tuple(line for line in asked if line.key in judged)
    if not documents or not queries:
        raise SearchError(
            f"{folder} has {len(documents)} documents and {len(queries)} judged queries; "
            "both are needed."
        )
    notes += _remarks(documents, queries, qrels)
    return Collection(folder.resolve().name, documents, queries, qrels, tuple(notes))


def _lines(path: Path) -> Iterator[Line]:
    try:
        rows = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise SearchError(f"{path} cannot be read: {error}.") from error
    seen: set[str] = set()
    for number, row in enumerate(rows, start=1):
        if not row.strip():
            continue
        line = _line(row, f"{path}, line {number}")
        if line.key in seen:
            raise SearchError(f"{path}, line {number}: the id {line.key!r} occurs twice.")
        seen.add(line.key)
        yield line


def _line(row: str, place: str) -> Line:
    try:
        entry: Any = json.loads(row)
        key = str(entry["_id"])
    except (ValueError, KeyError, TypeError) as error:
        raise SearchError(f'{place} is not a JSON object with "_id": {error}.') from error
    media = next((kind for kind in MEDIA if entry.get(kind)), "")
    return Line(key, str(entry.get("title") or ""), str(entry.get("text") or ""), media)


def _matching(qrels: Qrels, asked: tuple[Line, ...], notes: list[str]) -> Qrels:
    """The judgments of queries that exist; by ordinal where no id is known but all are ordinals."""
    known = {line.key for line in asked}
    strangers = [key for key in qrels if key not in known]
    if not strangers:
        return qrels
    if len(strangers) == len(qrels) and all(_is_ordinal(key, len(asked)) for key in qrels):
        notes.append("The judgments number the queries by their order; they were taken so.")
        return {asked[int(key) - 1].key: gains for key, gains in qrels.items()}
    notes.append(
        f"{len(strangers)} judged queries are not in queries.jsonl and were left out, "
        f"{strangers[0]!r} for one."
    )
    return {key: gains for key, gains in qrels.items() if key in known}


def _is_ordinal(key: str, most: int) -> bool:
    return key.isdecimal() and 1 <= int(key) <= most


def _remarks(documents: tuple[Line, ...], queries: tuple[Line, ...], qrels: Qrels) -> list[str]:
    remarks = []
    known = {line.key for line in documents}
    lost = sum(key not in known for gains in qrels.values() for key in gains)
    if lost:
        remarks.append(f"{lost} judged documents are not in corpus.jsonl and cannot be found.")
    for name, lines in (("corpus", documents), ("queries", queries)):
        for kind in MEDIA:
            count = sum(line.media == kind for line in lines)
            if count:
                remarks.append(
                    f"{count} lines of {name}.jsonl carry {kind}; only their words were used."
                )
    return remarks
