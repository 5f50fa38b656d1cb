"""MS MARCO's passage files: triples of text, or ids with collection.tsv and queries*.tsv.

``triples*.tsv`` has a query, a passage that answers it and one that does not, in each line; equal
texts are one. With ids, ``qidpidtriples*.tsv`` or ``qrels*.tsv`` judge the passages of
``collection.tsv``. The second passage of a triple counts as judged and not relevant.
Source: Bajaj et al., 2016, arXiv:1611.09268.
"""

from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from search.errors import SearchError
from search.evaluation.lines import Collection, Line, QueryLine, read_lines, some_of
from search.evaluation.trec import Qrels, read_qrels

Triple = tuple[str, str, str]


def accepts(folder: Path) -> bool:
    """Whether there are triples of text, or a collection with something that judges it."""
    if (folder / "collection.tsv").is_file() and some_of(folder, "queries*.tsv"):
        return bool(some_of(folder, "qidpidtriples*.tsv") or some_of(folder, "qrels*.tsv"))
    return any(_is_text(path) for path in some_of(folder, "triples*.tsv"))


def read(folder: Path) -> Collection:
    """The collection of a folder."""
    name = folder.resolve().name
    if not (folder / "collection.tsv").is_file():
        return _from_text(name, [t for p in some_of(folder, "triples*.tsv") for t in _triples(p)])
    documents = tuple(Line(key, "", text) for key, text in _pairs(folder / "collection.tsv"))
    queries = tuple(
        QueryLine(key, "", text)
        for path in some_of(folder, "queries*.tsv")
        for key, text in _pairs(path)
    )
    return Collection(name, documents, queries, _judgments(folder))


def _from_text(name: str, triples: list[Triple]) -> Collection:
    asked: dict[str, str] = {}
    passages: dict[str, str] = {}
    qrels = Qrels()
    for query, *pair in triples:
        key = asked.setdefault(query, f"q{len(asked) + 1}")
        good, bad = (passages.setdefault(text, f"p{len(passages) + 1}") for text in pair)
        _judge(qrels, key, good, bad)
    documents = tuple(Line(key, "", text) for text, key in passages.items())
    queries = tuple(QueryLine(key, "", text) for text, key in asked.items())
    return Collection(name, documents, queries, qrels)


def _judgments(folder: Path) -> Qrels:
    qrels = Qrels()
    for path in some_of(folder, "qrels*.tsv"):
        for key, gains in read_qrels(path).items():
            qrels.setdefault(key, {}).update(gains)
    for path in some_of(folder, "qidpidtriples*.tsv"):
        for key, good, bad in _triples(path):
            _judge(qrels, key, good, bad)
    return qrels


def _judge(qrels: Qrels, query: str, good: str, bad: str) -> None:
    """A passage that is right once is right, also where another line has it as the wrong one."""
    gains = qrels.setdefault(query, {})
    gains[good] = max(gains.get(good, 0.0), 1.0)
    gains.setdefault(bad, 0.0)


def _triples(path: Path) -> Iterator[Triple]:
    for number, line in read_lines(path):
        fields = line.split("\t")
        if len(fields) != 3:
            raise SearchError(f"{path}, line {number} has {len(fields)} fields, not three.")
        yield fields[0].strip(), fields[1].strip(), fields[2].strip()


def _pairs(path: Path) -> Iterator[tuple[str, str]]:
    for number, line in read_lines(path):
        key, tab, text = line.partition("\t")
        if not tab:
            raise SearchError(f"{path}, line {number} has no tab between id and text.")
        yield key.strip(), text.strip()


def _is_text(path: Path) -> bool:
    """Triples of ids alone are no collection."""
    first = next(islice(read_lines(path), 1), (0, ""))[1].split("\t")
    return len(first) == 3 and not all(field.strip().isdecimal() for field in first)
