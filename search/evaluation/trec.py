"""TREC's and BEIR's plain files: judgments (qrels) and runs, in both directions."""

from collections.abc import Iterator, Mapping, Sequence
from math import isfinite
from pathlib import Path

from search.errors import SearchError
from search.evaluation.measures import in_order

Qrels = dict[str, dict[str, float]]  # query id -> document id -> gain
Ranking = Sequence[tuple[str, float]]  # (document id, score), best first
Rankings = Mapping[str, Ranking]  # query id -> ranking


def read_qrels(path: Path) -> Qrels:
    """Judgments of ``query-id corpus-id score`` (BEIR, with a header) or ``query 0 doc gain``.

    Raises:
        SearchError: the file is missing, or a line is neither; the sentence names the line.
    """
    qrels: Qrels = {}
    for number, line in _lines(path, "judgments"):
        fields = line.split("\t") if "\t" in line else line.split()
        if number == 1 and not _is_number(fields[-1]):
            continue
        if len(fields) not in {3, 4} or not _is_number(fields[-1]):
            raise SearchError(f"{path}, line {number}: {line!r} is no judgment.")
        qrels.setdefault(fields[0], {})[fields[-2]] = float(fields[-1])
    return qrels


def qrels_lines(qrels: Mapping[str, Mapping[str, float]]) -> Iterator[str]:
    """Judgments as BEIR writes them, with its header.

    Raises:
        ValueError: an id holds a tab or a line break.
    """
    yield "query-id\tcorpus-id\tscore\n"
    for query, gains in qrels.items():
        for key, gain in gains.items():
            if set("\t\n\r") & set(query + key):
                raise ValueError(f"{query!r} or {key!r} cannot stand in a file of judgments.")
            yield f"{query}\t{key}\t{_whole(gain)}\n"


def read_runs(path: Path) -> dict[str, dict[str, Ranking]]:
    """The runs of a file by name: ``query Q0 doc rank score name`` in each line.

    As in trec_eval the score decides, not the rank that is written; equal scores go by id.

    Raises:
        SearchError: the file is missing or empty, a line is none of a run, a document comes twice.
    """
    runs: dict[str, dict[str, dict[str, float]]] = {}
    for number, line in _lines(path, "run"):
        fields = line.split("\t") if line.count("\t") == 5 else line.split()
        if len(fields) != 6 or not _is_number(fields[4]):
            raise SearchError(f"{path}, line {number}: {line!r} is no line of a run.")
        query, _, key, _, score, name = fields
        ranking = runs.setdefault(name.strip(), {}).setdefault(query, {})
        if key in ranking:
            raise SearchError(f"{path}, line {number}: {key!r} stands twice for {query!r}.")
        ranking[key] = float(score)
    if not runs:
        raise SearchError(f"The run {path} is empty.")
    return {
        name: {query: in_order(scores.items()) for query, scores in queries.items()}
        for name, queries in runs.items()
    }


def run_lines(name: str, rankings: Rankings) -> Iterator[str]:
    """A run in TREC form: ``query Q0 doc rank score name``.

    Readers sort by score. Where the scores of a ranking do not fall with it (after a cascade only
    the order counts), or an id holds a space, the line says what reads back right: places counted
    from below for scores, tabs for spaces.
    """
    for query, ranking in rankings.items():
        scores = [score for _, score in ranking]
        if list(ranking) != in_order(ranking):
            scores = [float(len(ranking) - place) for place in range(len(ranking))]
        for rank, ((key, _), score) in enumerate(zip(ranking, scores, strict=True), start=1):
            mark = (
                "\t" if any(word != "".join(word.split()) for word in (query, key, name)) else " "
            )
            yield mark.join((query, "Q0", key, str(rank), _digits(score), name)) + "\n"


def _whole(gain: float) -> str:
    return str(int(gain)) if gain == int(gain) else repr(float(gain))


def _digits(score: float) -> str:
    """Six decimals where they are the whole score, else all that float needs."""
    short = f"{score:.6f}"
    return short if float(short) == score else repr(float(score))


def _lines(path: Path, what: str) -> Iterator[tuple[int, str]]:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise SearchError(f"The {what} {path} cannot be read: {error}.") from error
    for number, line in enumerate(text.replace("\r\n", "\n").split("\n"), start=1):
        if line.strip():
            yield number, line


def _is_number(text: str) -> bool:
    try:
        return isfinite(float(text))
    except ValueError:
        return False
