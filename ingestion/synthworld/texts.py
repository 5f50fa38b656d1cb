"""The slices of what is found by words, by meaning, and by the parts of a question."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from ingestion.synthworld.asking import Find, by_recipe
from ingestion.synthworld.rows import Row, hits, share
from search.evaluation.synthworld.texts import Question
from search.models import Corpus


def rows(asked: Mapping[str, Sequence[Question]], corpus: Corpus, folder: Path) -> Iterator[Row]:
    """What each way of reading reached."""
    bm25, dense, default = (by_recipe(corpus, folder, n) for n in ("bm25", "dense", "default"))
    yield hits(asked["T1"], "bm25", bm25, 1, least=0.95)
    yield hits(asked["T1"], "dense", dense, 1, most=0.8)
    yield hits(asked["T2"], "dense", dense, 5, least=0.6)
    yield hits(asked["T2"], "bm25", bm25, 5, most=0.15)
    decompose, hybrid = (by_recipe(corpus, folder, n) for n in ("decompose", "hybrid"))
    yield _both(asked["T3"], "decompose, by rules", decompose, least=0.9)
    yield _both(asked["T3"], "hybrid, the question alone", hybrid, most=0.3)
    yield hits(asked["V5"], "default (reads subtitles)", default, 1, least=0.9)


def _both(
    questions: Sequence[Question],
    system: str,
    find: Find,
    *,
    least: float | None = None,
    most: float | None = None,
) -> Row:
    """How often each of the documents that hold a part of the answer is among the first ten."""
    values = [
        float(set(one.gold) <= {found.source.filename for found in find(one, 10)})
        for one in questions
    ]
    return share("T3", system, values, measure="all@10", least=least, most=most)
