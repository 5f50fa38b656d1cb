"""PubMedQA: JSON files of ``{pmid: {"QUESTION", "CONTEXTS", "final_decision", …}}``.

The abstract a question was made from is relevant; the decision is a slice. The long answer is the
abstract's own conclusion and is not searched. Source: Jin et al., EMNLP 2019, arXiv:1909.06146.
"""

from pathlib import Path

from search.errors import SearchError
from search.evaluation.lines import Collection, Line, QueryLine, read_json, some_of

_HEAD = 65_536


def accepts(folder: Path) -> bool:
    """Whether a JSON file begins with such a question."""
    return any(_is_ours(path) for path in some_of(folder, "*.json"))


def read(folder: Path) -> Collection:
    """The collection of a folder; files of another form are passed over."""
    documents, queries = {}, {}
    for path in filter(_is_ours, some_of(folder, "*.json")):
        try:
            for key, row in read_json(path).items():
                documents[key] = Line(key, "", " ".join(row["CONTEXTS"]))
                slices = (f"decision: {row['final_decision']}",) if "final_decision" in row else ()
                queries[key] = QueryLine(key, "", str(row["QUESTION"]), slices=slices)
        except (KeyError, TypeError, AttributeError) as error:
            raise SearchError(f"{path} is not in PubMedQA's form: {error!r}.") from error
    return Collection(
        folder.resolve().name,
        tuple(documents.values()),
        tuple(queries.values()),
        {key: {key: 1.0} for key in queries},
    )


def _is_ours(path: Path) -> bool:
    with path.open(encoding="utf-8", errors="replace") as file:
        head = file.read(_HEAD)
    return head.lstrip()[:1] == "{" and '"QUESTION"' in head and '"CONTEXTS"' in head
