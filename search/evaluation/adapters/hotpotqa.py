"""HotpotQA: JSON files of questions; their paragraphs together are the corpus.

A paragraph that holds a supporting fact is relevant; "type" and "level" are slices. A paragraph is
known by its title, as the facts name it. Source: Yang et al., EMNLP 2018, arXiv:1809.09600.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from search.errors import SearchError
from search.evaluation.adapters.evidence import short_answers
from search.evaluation.lines import Collection, Line, QueryLine, read_json, some_of, strings
from search.evaluation.trec import Qrels

_HEAD = 65_536  # the paragraphs of a question may come before its facts


def accepts(folder: Path) -> bool:
    """Whether a JSON file begins with a question that has supporting facts."""
    return any(_is_ours(path) for path in some_of(folder, "*.json"))


def read(folder: Path) -> Collection:
    """The collection of a folder; files of another form are passed over."""
    documents: dict[str, Line] = {}
    queries, qrels = [], Qrels()
    for path in filter(_is_ours, some_of(folder, "*.json")):
        try:
            for row in read_json(path):
                documents |= {line.key: line for line in _paragraphs(row["context"])}
                queries.append(_question(row))
                qrels[queries[-1].key] = dict.fromkeys(_facts(row["supporting_facts"]), 1.0)
        except (KeyError, TypeError, ValueError) as error:
            raise SearchError(f"{path} is not in HotpotQA's form: {error!r}.") from error
    name = folder.resolve().name
    return Collection(name, tuple(documents.values()), tuple(queries), qrels)


def _is_ours(path: Path) -> bool:
    with path.open(encoding="utf-8", errors="replace") as file:
        head = file.read(_HEAD)
    return head.lstrip()[:1] == "[" and '"supporting_facts"' in head


def _paragraphs(context: Any) -> Iterator[Line]:
    """Of ``[[title, [sentence, …]], …]``, or of ``{"title": […], "sentences": [[…], …]}``."""
    pairs = (
        zip(context["title"], context["sentences"], strict=True)
        if isinstance(context, dict)
        else context
    )
    for title, sentences in pairs:
        yield Line(str(title), str(title), "".join(sentences).strip())


def _facts(facts: Any) -> Iterator[str]:
    """The titles that supporting facts name, in either of the two forms."""
    yield from facts["title"] if isinstance(facts, dict) else (title for title, _ in facts)


def _question(row: dict[str, Any]) -> QueryLine:
    slices = tuple(f"{name}: {row[name]}" for name in ("type", "level") if row.get(name))
    return QueryLine(
        str(row.get("_id") or row["id"]),
        "",
        str(row["question"]),
        answers=short_answers(strings(row.get("answer"))),
        slices=slices,
    )
