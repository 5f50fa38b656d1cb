"""I4, X1, X2: many views of one thing, media that answer together, several conditions."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from ingestion.services import read_question
from ingestion.synthworld.asking import TOWERS, Find, by_recipe
from ingestion.synthworld.rows import Row, hits, share
from search import looking
from search.conf import conf
from search.evaluation.synthworld.texts import Question
from search.looking import Manner
from search.models import Corpus
from search.retrieval.content import hydrate
from search.types import Asked, Candidate, Filters, Query, Step

FUSED = "fused"
MOST_BY_CHANCE = 0.7  # one of three; of nine questions more than six once in a hundred
REFINED = Manner(refiners=(Step("superglobal"),))
EACH = Manner(conditions=Step("multi_condition"))


def rows(asked: Mapping[str, Sequence[Question]], corpus: Corpus, folder: Path) -> Iterator[Row]:
    """The three slices; X1 and X2 only where vectors of several media are joined."""
    yield from _views(asked.get("I4", ()), corpus, folder)
    if FUSED in conf().media_spaces:
        yield from _together(asked.get("X1", ()), corpus, folder)
        yield from _conditions(asked.get("X2", ()), corpus, folder)


def _views(questions: Sequence[Question], corpus: Corpus, folder: Path) -> Iterator[Row]:
    """How many of the views are among as many as there are."""
    plain = _recall(questions, "plain", by_encoder(corpus, folder, TOWERS))
    yield plain
    refined = by_encoder(corpus, folder, TOWERS, manner=REFINED)
    yield replace(_recall(questions, "superglobal", refined), least=plain.value)


def _together(questions: Sequence[Question], corpus: Corpus, folder: Path) -> Iterator[Row]:
    fused = by_encoder(corpus, folder, FUSED)
    yield hits(questions, "fused", fused, 1, least=0.8)
    for part in ("file", "words"):
        alone = by_encoder(corpus, folder, FUSED, part=part)
        yield hits(questions, f"fused, {part} alone", alone, 1, most=MOST_BY_CHANCE)
    towers = by_encoder(corpus, folder, TOWERS)
    yield hits(questions, "towers (frames only)", towers, 1, most=MOST_BY_CHANCE)
    yield hits(
        questions,
        "bm25 (subtitles only)",
        by_recipe(corpus, folder, "bm25"),
        1,
        most=MOST_BY_CHANCE,
    )


def _conditions(questions: Sequence[Question], corpus: Corpus, folder: Path) -> Iterator[Row]:
    pooled = hits(questions, "fused, one vector", by_encoder(corpus, folder, FUSED), 1)
    each = by_encoder(corpus, folder, FUSED, manner=EACH)
    yield replace(hits(questions, "fused, each condition", each, 1), least=pooled.value)
    yield pooled
    parts = by_encoder(corpus, folder, TOWERS, manner=EACH)
    yield hits(questions, "towers, no medium shows both", parts, 1, most=MOST_BY_CHANCE)


def by_encoder(
    corpus: Corpus,
    folder: Path,
    alias: str,
    *,
    manner: Manner = looking.AS_IT_IS,
    part: str = "both",
) -> Find:
    """Ask one encoder in some manner; ``part`` leaves the words or the file of a question out."""

    def find(question: Question, depth: int) -> Sequence[Candidate]:
        media: tuple[Asked, ...] = ()
        if question.file and part != "words":
            path = folder / question.file
            media = (read_question(path, path.name, medium=question.medium)[0],)
        text = "" if part == "file" else question.text
        query = Query(text=text, corpora=(corpus.pk,), k=depth, media=media)
        looked = looking.by_encoder(alias, query, Filters(), manner)
        return hydrate(looked.run.hits[:depth], query.corpora) if looked else ()

    return find


def _recall(questions: Sequence[Question], system: str, find: Find) -> Row:
    values = []
    for question in questions:
        found = {one.source.filename for one in find(question, len(question.gold))}
        values.append(len(found & set(question.gold)) / len(question.gold))
    return share("I4", system, values, measure="recall of views")
