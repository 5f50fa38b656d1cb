"""The slices of which the answer is looked at: refused, from both sources, from one row."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from ingestion.synthworld.asking import by_recipe
from ingestion.synthworld.library import OPERATOR
from ingestion.synthworld.rows import Row, hits, share
from search import services
from search.conf import conf
from search.evaluation.synthworld.texts import Question
from search.models import Corpus, Passage
from search.retrieval.encoding import LOAD_DEADLINE_S, encode_texts
from search.types import Query


@dataclass(frozen=True, slots=True)
class Answered:
    """What the product answered: whether it refused, and (file name, quoted words) in order."""

    refused: bool
    quotes: tuple[tuple[str, str], ...]


def rows(asked: Mapping[str, Sequence[Question]], corpus: Corpus, folder: Path) -> Iterator[Row]:
    """Refusals, contradictions and rows of tables."""
    refused = [float(_answer(one, corpus).refused) for one in asked["Q1"]]
    yield share("Q1", "default", refused, measure="refused", least=0.8)
    answers = [_answer(one, corpus) for one in asked["Q2"]]
    both = [_cites_all(one, a.quotes) for one, a in zip(asked["Q2"], answers, strict=True)]
    yield share("Q2", "default", both, measure="cites both", least=0.8)
    first = [_cites_all(one, a.quotes[:1]) for one, a in zip(asked["Q2"], answers, strict=True)]
    yield share("Q2", "its first source", first, measure="cites both", most=0.0)
    for ending, least in ((".html", 0.8), (".pdf", None)):
        own = [one for one in asked["P2"] if one.gold[0].endswith(ending)]
        cited = [_cites_the_row(one, _answer(one, corpus)) for one in own]
        yield share("P2", f"default, tables in {ending}", cited, measure="cites row", least=least)
    yield from _pages(asked["P2"], corpus, folder)


def _answer(question: Question, corpus: Corpus) -> Answered:
    query = Query(text=question.text, corpora=(corpus.pk,))
    body = services.open_answer(query, OPERATOR).body
    quotes = ((one["document"]["filename"], one["quote"]) for one in body["citations"])
    return Answered(bool(body["refused"]), tuple(quotes))


def _cites_all(question: Question, quotes: Sequence[tuple[str, str]]) -> float:
    """Whether every source is cited, with all that they say."""
    cited = {filename for filename, _ in quotes}
    words = " ".join(quote for _, quote in quotes)
    return float(set(question.gold) <= cited and all(one in words for one in question.says))


def _cites_the_row(question: Question, answer: Answered) -> float:
    """Whether the first quote is one line of the right page with what is asked for."""
    filename, quote = next(iter(answer.quotes), ("", ""))
    is_row = "\n" not in quote and all(one in quote for one in question.says)
    return float(filename in question.gold and is_row)


def _pages(questions: Sequence[Question], corpus: Corpus, folder: Path) -> Iterator[Row]:
    """Whether the page of the table comes first, by its rows and by the page as a whole."""
    yield hits(questions, "bm25", by_recipe(corpus, folder, "bm25"), 1, least=0.8)
    yield hits(questions, "default", by_recipe(corpus, folder, "default"), 1, least=0.8)
    names = sorted({name for one in questions for name in one.gold})
    encode = partial(encode_texts, conf().text_encoder, patience_s=LOAD_DEADLINE_S)
    pages = encode([_page_text(corpus, name) for name in names])  # (pages, dim)
    nearest = np.argmax(encode([one.text for one in questions]) @ pages.T, axis=1)
    values = [float(names[at] in one.gold) for at, one in zip(nearest, questions, strict=True)]
    yield share("P2", "whole page, one vector", values, measure="success@1", most=0.5)


def _page_text(corpus: Corpus, filename: str) -> str:
    own = Passage.objects.filter(corpus=corpus, document__filename=filename)
    return "\n".join(own.order_by("ordinal").values_list("text", flat=True))
