"""A test collection from a folder, in whichever of the known forms it is written."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from search.errors import SearchError
from search.evaluation.adapters import (
    beir,
    captions,
    evidence,
    hotpotqa,
    msmarco,
    pubmedqa,
    squad,
)
from search.evaluation.lines import MEDIA, Collection, Line, QueryLine

__all__ = ["ADAPTERS", "MEDIA", "Collection", "Line", "QueryLine", "read_collection"]

ADAPTERS = (beir, evidence, squad, hotpotqa, pubmedqa, msmarco, captions)  # the first that accepts


def read_collection(folder: Path) -> Collection:
    """Read a folder; only queries with a relevant document are asked.

    Raises:
        SearchError: no adapter knows the form, a file is missing or wrong, an id comes twice;
            the sentence names the place.
    """
    adapter = next((one for one in ADAPTERS if one.accepts(folder)), None)
    if adapter is None:
        known = ", ".join(one.__name__.rpartition(".")[2] for one in ADAPTERS)
        raise SearchError(
            f"{folder} holds no test collection in a known form ({known}); corpus.jsonl, "
            "queries.jsonl and qrels/test.tsv are one."
        )
    whole = adapter.read(folder)
    _check_ids(folder, whole.documents, "documents")
    _check_ids(folder, whole.queries, "queries")
    relevant = {key for key, gains in whole.qrels.items() if any(g > 0 for g in gains.values())}
    queries = tuple(line for line in whole.queries if line.key in relevant)
    if not whole.documents or not queries:
        raise SearchError(
            f"{folder} has {len(whole.documents)} documents and {len(queries)} judged queries; "
            "both are needed."
        )
    notes = (*whole.notes, *_remarks(whole.documents, queries, whole))
    return replace(whole, queries=queries, notes=notes)


def _check_ids(folder: Path, lines: Sequence[Line], what: str) -> None:
    twice = next((key for key, count in Counter(x.key for x in lines).items() if count > 1), None)
    if twice is not None:
        raise SearchError(f"{folder}: among the {what}, the id {twice!r} occurs twice.")


def _remarks(
    documents: Sequence[Line], queries: Sequence[QueryLine], whole: Collection
) -> list[str]:
    remarks = []
    known = {line.key for line in documents}
    lost = sum(key not in known for gains in whole.qrels.values() for key in gains)
    if lost:
        remarks.append(f"{lost} judged documents are not in the corpus and cannot be found.")
    for name, lines in (("documents", documents), ("queries", queries)):
        for kind in MEDIA:
            count = sum(line.media == kind for line in lines)
            if count:
                remarks.append(f"{count} {name} carry {kind}; only their words were used.")
    return remarks
