"""The walk of a query, on a real database."""

from search import pipeline
from search.models import Corpus
from tests.search.library import add, question


def test_finds_the_passage_that_holds_the_words(corpus: Corpus) -> None:
    heron, _ = add(corpus, "The heron waits in shallow water.", "Swifts sleep in the air.")
    found = pipeline.find(question("heron in water", corpus))
    assert found.candidates[0].passage_id == heron
