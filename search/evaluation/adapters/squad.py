"""SQuAD and XQuAD: one JSON file; paragraphs are documents, answers are gold strings.

Sources: Rajpurkar et al., EMNLP 2016, arXiv:1606.05250 (1.1); ACL 2018, arXiv:1806.03822 (2.0,
whose unanswerable questions are left out); Artetxe et al., ACL 2020, arXiv:1910.11856 (XQuAD).
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from search.errors import SearchError
from search.evaluation.lines import Collection, Line, QueryLine, read_json, some_of, strings
from search.evaluation.trec import Qrels

_HEAD = 4096  # characters that show what a file is


def accepts(folder: Path) -> bool:
    """Whether the only JSON file begins like SQuAD's."""
    files = some_of(folder, "*.json")
    if len(files) != 1:
        return False
    with files[0].open(encoding="utf-8", errors="replace") as file:
        head = file.read(_HEAD)
    return '"data"' in head and '"paragraphs"' in head


def read(folder: Path) -> Collection:
    """The collection of a folder with one such file."""
    (path,) = some_of(folder, "*.json")
    documents, queries, qrels, left_out = [], [], Qrels(), 0
    try:
        for key, title, paragraph in _paragraphs(read_json(path)):
            documents.append(Line(key, title, str(paragraph["context"])))
            for question in paragraph["qas"]:
                query = _question(question)
                left_out += not query.answers
                if query.answers:
                    queries.append(query)
                    qrels[query.key] = {key: 1.0}
    except (KeyError, TypeError, AttributeError) as error:
        raise SearchError(f"{path} is not in SQuAD's form: {error!r}.") from error
    notes = (f"{left_out} questions without an answer were left out.",) if left_out else ()
    return Collection(path.stem, tuple(documents), tuple(queries), qrels, notes)


def _paragraphs(body: Any) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """(id, title, paragraph); the id is the title and the place, as no file gives one."""
    for number, article in enumerate(body["data"]):
        title = str(article.get("title") or number)
        for place, paragraph in enumerate(article["paragraphs"]):
            yield f"{title}#{place}", title.replace("_", " "), paragraph


def _question(row: dict[str, Any]) -> QueryLine:
    answers = [] if row.get("is_impossible") else [one["text"] for one in row.get("answers", [])]
    return QueryLine(
        str(row["id"]), "", str(row["question"]), answers=tuple(dict.fromkeys(strings(answers)))
    )
