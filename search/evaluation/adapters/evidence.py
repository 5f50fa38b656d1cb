"""Questions with evidence: corpus.jsonl as in BEIR, and qa.jsonl.

A line of qa.jsonl is ``{"id", "question", "answers": […], "evidence": [{"doc_id", …}, …]}``; "type"
and "level", where they stand, are slices. A document that holds evidence is relevant.
"""

from pathlib import Path
from typing import Any

from search.errors import SearchError
from search.evaluation.lines import Collection, Line, QueryLine, read_rows, strings
from search.evaluation.trec import Qrels

VERDICTS = frozenset({"yes", "no", "maybe", "noanswer"})  # such words stand in every text


def accepts(folder: Path) -> bool:
    """Whether there are questions beside a corpus."""
    return (folder / "corpus.jsonl").is_file() and (folder / "qa.jsonl").is_file()


def read(folder: Path) -> Collection:
    """The collection of a folder."""
    documents = tuple(_document(row, place) for place, row in read_rows(folder / "corpus.jsonl"))
    queries, qrels = [], Qrels()
    for place, row in read_rows(folder / "qa.jsonl"):
        query, gains = _question(row, place)
        queries.append(query)
        qrels[query.key] = gains
    return Collection(_name(folder), documents, tuple(queries), qrels)


def short_answers(answers: tuple[str, ...]) -> tuple[str, ...]:
    """The answers that a passage can be searched for: a verdict is none."""
    return tuple(answer for answer in answers if answer.casefold() not in VERDICTS)


def _name(folder: Path) -> str:
    """The folder's name; with its parent's where it is only a language."""
    here = folder.resolve()
    return f"{here.parent.name}-{here.name}" if len(here.name) == 2 else here.name


def _document(row: dict[str, Any], place: str) -> Line:
    if "_id" not in row:
        raise SearchError(f'{place} has no "_id".')
    return Line(str(row["_id"]), str(row.get("title") or ""), str(row.get("text") or ""))


def _question(row: dict[str, Any], place: str) -> tuple[QueryLine, dict[str, float]]:
    try:
        key, text = str(row["id"]), str(row["question"])
        gains = {str(one["doc_id"]): 1.0 for one in row["evidence"]}
    except (KeyError, TypeError) as error:
        raise SearchError(f"{place} lacks id, question or evidence: {error}.") from error
    slices = tuple(
        f"{name}: {row[name]}" for name in ("type", "level") if isinstance(row.get(name), str)
    )
    answers = short_answers(strings(row.get("answers")))
    return QueryLine(key, "", text, answers=answers, slices=slices), gains
