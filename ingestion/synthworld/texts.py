"""The slices that words answer, and those of which only what is said in subtitles does."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from ingestion.synthworld.asking import by_recipe
from ingestion.synthworld.library import OPERATOR
from ingestion.synthworld.rows import Row, hits, share
from search import services
from search.evaluation.synthworld.texts import Question
from search.models import Corpus
from search.types import Query


def rows(asked: Mapping[str, Sequence[Question]], corpus: Corpus, folder: Path) -> Iterator[Row]:
    """What each way of reading reached."""
    bm25, dense, default = (by_recipe(corpus, folder, n) for n in ("bm25", "dense", "default"))
    yield hits(asked["T1"], "bm25", bm25, 1, least=0.95)
    yield hits(asked["T1"], "dense", dense, 1, most=0.8)
    yield hits(asked["T2"], "dense", dense, 5, least=0.6)
    yield hits(asked["T2"], "bm25", bm25, 5, most=0.15)
    yield _refusals(asked["Q1"], corpus)
    yield hits(asked["V5"], "default (reads subtitles)", default, 1, least=0.9)


def _refusals(questions: Sequence[Question], corpus: Corpus) -> Row:
    """How often a question that nothing answers is refused; who always answers, never refuses."""
    values = []
    for question in questions:
        query = Query(text=question.text, corpora=(corpus.pk,))
        body = services.open_answer(query, OPERATOR).body
        values.append(float(bool(body["refused"])))
    return share("Q1", "default", values, measure="refused", least=0.8)
