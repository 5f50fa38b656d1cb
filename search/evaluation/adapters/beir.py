"""BEIR's form: corpus.jsonl, queries.jsonl, qrels/test.tsv.

A line is ``{"_id", "title", "text"}``; it may carry "image", "video" or "audio": a path inside the
folder. A query line may also carry "answers", "excluded" (document ids) and "slice", each one
string or a list. Source of the form: Thakur et al., NeurIPS 2021, arXiv:2104.08663.
"""

from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Any

from search.errors import SearchError
from search.evaluation.lines import MEDIA, Collection, Line, QueryLine, read_rows, strings
from search.evaluation.trec import Qrels, read_qrels


def accepts(folder: Path) -> bool:
    """Whether the two files of lines are there."""
    return all((folder / f"{name}.jsonl").is_file() for name in ("corpus", "queries"))


def read(folder: Path) -> Collection:
    """The collection of a folder, with the judgments of its test split."""
    documents = tuple(Line(*found) for found, _ in _lines(folder / "corpus.jsonl"))
    asked = tuple(_question(found, row) for found, row in _lines(folder / "queries.jsonl"))
    notes: list[str] = []
    qrels = _matching(read_qrels(folder / "qrels" / "test.tsv"), asked, notes)
    return Collection(folder.resolve().name, documents, asked, qrels, tuple(notes))


Fields = tuple[str, str, str, str, str]


def _lines(path: Path) -> Iterator[tuple[Fields, dict[str, Any]]]:
    """The fields of Line for each row, and the row."""
    for place, row in read_rows(path):
        if "_id" not in row:
            raise SearchError(f'{place} has no "_id".')
        kind = next((kind for kind in MEDIA if row.get(kind)), "")
        file = _inside(str(row[kind]), place) if kind else ""
        yield (str(row["_id"]), str(row.get("title") or ""), _text(row), kind, file), row


def _text(row: dict[str, Any]) -> str:
    return str(row.get("text") or "")


def _question(found: Fields, row: dict[str, Any]) -> QueryLine:
    return QueryLine(
        *found,
        answers=strings(row.get("answers")),
        excluded=strings(row.get("excluded")),
        slices=strings(row.get("slice")),
    )


def _inside(path: str, place: str) -> str:
    parts = PurePosixPath(path)
    if parts.is_absolute() or ".." in parts.parts:
        raise SearchError(f"{place} names {path!r}, which is outside the folder.")
    return path


def _matching(qrels: Qrels, asked: tuple[QueryLine, ...], notes: list[str]) -> Qrels:
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
