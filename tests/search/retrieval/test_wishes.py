"""Phrases, required and excluded words, and words of titles."""

import pytest

from search import pipeline
from search.models import Corpus
from search.retrieval.wishes import resolve
from tests.search.library import add, question, with_hashing


@pytest.fixture(autouse=True)
def _hashing(settings) -> None:  # type: ignore[no-untyped-def]
    settings.MMSEARCH = with_hashing()


def found(text: str, *corpora: Corpus, **fields: object) -> list[int]:
    result = pipeline.find(question(text, *corpora, **fields))
    return [candidate.passage_id for candidate in result.candidates]


def test_a_quoted_phrase_stands_word_by_word_in_everything_found(corpus: Corpus) -> None:
    (key,) = add(corpus, "The night heron hunts at dusk.")
    add(corpus, "At night the grey heron sleeps.", "A heron by night.")
    assert found('"night heron" dusk', corpus) == [key]
    assert len(found("night heron dusk", corpus)) == 3


def test_forms_and_common_words_count_in_a_phrase_as_in_the_index(corpus: Corpus) -> None:
    (key,) = add(corpus, "They described the herons of the lake.")
    add(corpus, "A lake. Herons, too.")
    assert found('"heron of the lake"', corpus) == [key]


def test_a_phrase_is_read_in_the_language_of_each_passage(corpus: Corpus) -> None:
    (key,) = add(corpus, "Die alten Häuser am Fluss", language="de")
    add(corpus, "Old houses by the river", "Alte Leute, neue Häuser")
    assert found('"alte Häuser"', corpus) == [key]


def test_a_phrase_that_stands_nowhere_is_dropped_and_said_so(corpus: Corpus) -> None:
    (key,) = add(corpus, "A heron at the lake")
    result = pipeline.find(question('"purple heron" lake', corpus))
    assert [c.passage_id for c in result.candidates] == [key]
    assert any("“purple heron”" in sentence for sentence in result.degraded)


def test_a_phrase_of_common_words_alone_demands_nothing(corpus: Corpus) -> None:
    (key,) = add(corpus, "A heron at the lake")
    result = pipeline.find(question('"of the" heron', corpus))
    assert [c.passage_id for c in result.candidates] == [key]
    assert not any("of the" in sentence for sentence in result.degraded)


def test_words_with_a_plus_must_stand_and_with_a_minus_must_not(corpus: Corpus) -> None:
    both, _, _ = add(corpus, "heron and ibis", "heron alone", "heron, ibis and stork")
    assert found("heron +ibis -stork", corpus) == [both]
    assert found('heron -"and ibis"', corpus)[0] != both


def test_an_excluded_word_is_not_looked_for(corpus: Corpus) -> None:
    (heron,) = add(corpus, "a heron")
    add(corpus, "a stork, a stork")
    assert found("heron -stork", corpus) == [heron]


def test_title_words_are_found_in_titles_and_headings_only(corpus: Corpus) -> None:
    titled = add(corpus, "They hunt fish.", title="Life of the bittern")
    add(corpus, "The bittern is a bird that they hunt.", title="Birds")
    assert found("title:bittern hunt", corpus) == titled
    assert found('title:"life of the bittern" fish', corpus) == titled
    assert len(found("bittern hunt", corpus)) == 2


def test_demands_and_filters_hold_together(corpus: Corpus) -> None:
    add(corpus, "a night heron", kind="image")
    (text,) = add(corpus, "the night heron again")
    filters = question("x", corpus).filters
    asked = question('"night heron"', corpus, filters=type(filters)(kind=("text",)))
    result = pipeline.find(asked)
    assert [c.passage_id for c in result.candidates] == [text]
    assert result.total == 1


def test_a_demand_is_met_only_by_what_may_be_seen(corpus: Corpus) -> None:
    hidden = Corpus.objects.create(slug="hidden", name="Hidden")
    add(hidden, "the secret heron of the marsh")
    (key,) = add(corpus, "a heron")
    result = pipeline.find(question('"secret heron"', corpus))
    assert [c.passage_id for c in result.candidates] == [key]
    assert any("“secret heron”" in sentence for sentence in result.degraded)


@pytest.mark.parametrize("text", ["\"a' | 'b\"", '"\\"', "title:'", "+x:*", '-"((" heron', '"%s"'])
def test_no_demand_is_read_as_an_operator_of_the_database(corpus: Corpus, text: str) -> None:
    add(corpus, "An ordinary heron")
    pipeline.find(question(text, corpus))


def test_a_question_of_exclusions_only_is_searched_as_it_was_typed(corpus: Corpus) -> None:
    add(corpus, "a stork")
    asked, _ = resolve(question("-stork", corpus))
    assert asked.text == "-stork"
    assert asked.filters.excluded
