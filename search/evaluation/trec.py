"""TREC's and BEIR's plain files: judgments (qrels) and runs."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from search.errors import SearchError

Qrels = dict[str, dict[str, float]]  # query id -> document id -> gain


def read_qrels(path: Path) -> Qrels:
    """Judgments of ``query-id corpus-id score`` (BEIR, with a header) or ``query 0 doc gain``.

    Raises:
        SearchError: the file is missing, or a line is neither; the sentence names the line.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise SearchError(f"The judgments {path} cannot be read: {error}.") from error
    qrels: Qrels = {}
    for number, line in enumerate(lines, start=1):
        fields = line.split("\t") if "\t" in line else line.split()
        if not line.strip() or (number == 1 and not _is_number(fields[-1])):
            continue
        if len(fields) not in {3, 4} or not _is_number(fields[-1]):
            raise SearchError(f"{path}, line {number}: {line!r} is no judgment.")
        qrels.setdefault(fields[0], {})[fields[-2]] = float(fields[-1])
    return qrels


def run_lines(name: str, rankings: Mapping[str, Sequence[tuple[str, float]]]) -> Iterator[str]:
    """A run in TREC form: ``query Q0 doc rank score name``; rankings hold (id, score)."""
    for query, ranking in rankings.items():
        for rank, (key, score) in enumerate(ranking, start=1):
            yield f"{query} Q0 {key} {rank} {score:.6f} {name}\n"


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
