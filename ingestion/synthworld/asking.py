"""Ways of asking a world: the whole walk of a query, the towers alone, and what knows nothing."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from ingestion.services import read_question
from search import pipeline, seeing
from search.evaluation.synthworld.texts import Question
from search.models import Corpus, Document, Passage
from search.retrieval.content import hydrate
from search.types import Asked, Candidate, Filters, Hit, Query

TOWERS = "towers"
Find = Callable[[Question, int], Sequence[Candidate]]  # (question, depth) → best first


def by_recipe(corpus: Corpus, folder: Path, recipe: str, filters: Filters | None = None) -> Find:
    """Ask through the whole walk of a query."""

    def find(question: Question, depth: int) -> Sequence[Candidate]:
        query = _query(question, corpus, folder, depth=depth, recipe=recipe)
        query = replace(query, filters=filters) if filters else query
        return pipeline.find(query).candidates[:depth]

    return find


def by_towers(
    corpus: Corpus,
    folder: Path,
    *,
    part: str = "both",
    within: bool = False,
    kinds: tuple[str, ...] = (),
) -> Find:
    """Ask the towers alone; ``part`` leaves the words or the file of a question out.

    ``within``: look in the recording that is asked about, or at a picture and its twin, and nowhere
    else. ``kinds``: look at passages of these kinds only.
    """

    def find(question: Question, depth: int) -> Sequence[Candidate]:
        query = _query(question, corpus, folder, depth=depth)
        if part == "file":
            query = replace(query, text="")
        if part == "words":
            query = replace(query, media=())
        filters = _only(question, corpus) if within else Filters(kind=kinds)
        seen = seeing.see_here(query, filters)
        runs = [run for run in seen.runs if run.retriever.endswith(f":{TOWERS}")]
        return hydrate(runs[0].hits[:depth], query.corpora) if runs else ()

    return find


def beginning(corpus: Corpus) -> Find:
    """The first clip of the recording, whatever is asked."""

    def find(question: Question, depth: int) -> Sequence[Candidate]:
        (document,) = _only(question, corpus).document
        first = Passage.objects.filter(document=document, kind="video").order_by("start_s").first()
        return hydrate([Hit(first.pk, 0.0)], (corpus.pk,)) if first else ()

    return find


def _only(question: Question, corpus: Corpus) -> Filters:
    own = Document.objects.filter(corpus=corpus, filename__in=[*question.gold, *question.beside])
    return Filters(document=tuple(own.values_list("pk", flat=True)))


def _query(
    question: Question, corpus: Corpus, folder: Path, *, depth: int, recipe: str = "default"
) -> Query:
    media: tuple[Asked, ...] = ()
    if question.file:
        path = folder / question.file
        media = (read_question(path, path.name, medium=question.medium)[0],)
    return Query(text=question.text, corpora=(corpus.pk,), k=depth, recipe=recipe, media=media)
