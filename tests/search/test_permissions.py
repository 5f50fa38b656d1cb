"""What a viewer may not see cannot move anything that a viewer can see."""

import math
from dataclasses import asdict
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from search import pipeline
from search.errors import NotVisibleError
from search.models import Corpus
from search.retrieval import content, dense, lexical
from search.types import Filters, Hit, Query
from tests.search.library import add, question, undone

WORDS = ("heron", "lake", "owl", "night", "reed", "the", "egg")
some_text = st.lists(st.sampled_from(WORDS), min_size=1, max_size=6).map(" ".join)
world = st.lists(st.tuples(some_text, st.sampled_from(["en", "de", ""])), max_size=6)


def seen(query: Query) -> dict[str, Any]:
    """All that an asker can learn, but for the time it took."""
    found = pipeline.find(query)
    return {
        "candidates": [asdict(candidate) for candidate in found.candidates],
        "total": found.total,
        "facets": found.facets,
        "degraded": found.degraded,
    }


@settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    visible=world,
    hidden=world,
    text=some_text,
    recipe=st.sampled_from(["bm25", "dense", "hybrid"]),
    filters=st.sampled_from([Filters(), Filters(kind=("text",)), Filters(author=("Ada",))]),
)
def test_hidden_rows_change_nothing_at_all(  # noqa: PLR0917
    corpus: Corpus,
    other_corpus: Corpus,
    visible: list[tuple[str, str]],
    hidden: list[tuple[str, str]],
    text: str,
    recipe: str,
    filters: Filters,
) -> None:
    with undone():
        for words, language in visible:
            add(corpus, words, language=language, authors=["Ada"], issued="2001")
        query = question(text, corpus, recipe=recipe, filters=filters)
        alone = seen(query)
        for words, language in hidden:
            add(other_corpus, words, language=language, authors=["Bob"], issued="2002")
        assert seen(query) == alone


def test_scores_do_not_tell_whether_a_word_stands_in_a_hidden_corpus(
    corpus: Corpus, other_corpus: Corpus
) -> None:
    add(corpus, "A heron and an owl", "An owl")
    query = question("heron owl", corpus)
    before = [candidate.score for candidate in pipeline.find(query).candidates]
    add(other_corpus, *["heron heron heron"] * 40)
    assert [candidate.score for candidate in pipeline.find(query).candidates] == before


def test_nothing_visible_finds_nothing(corpus: Corpus) -> None:
    add(corpus, "A heron")
    found = pipeline.find(question("heron"))
    assert (found.candidates, found.total) == ((), 0)
    assert not any(found.facets.values())


def test_many_hidden_passages_do_not_push_the_visible_ones_out(
    corpus: Corpus, other_corpus: Corpus
) -> None:
    (key,) = add(corpus, "A heron by a lake with reed and many other things")
    add(other_corpus, *["heron"] * 300)
    for recipe in ("bm25", "dense"):
        found = pipeline.find(question("heron", corpus, recipe=recipe))
        assert [candidate.passage_id for candidate in found.candidates] == [key]


def test_content_is_checked_once_more_when_it_is_read(corpus: Corpus, other_corpus: Corpus) -> None:
    (key,) = add(other_corpus, "A heron")
    assert content.hydrate([Hit(key, 1.0)], [corpus.pk]) == ()


def test_a_hidden_passage_cannot_be_looked_like(corpus: Corpus, other_corpus: Corpus) -> None:
    add(corpus, "A heron")
    (hidden,) = add(other_corpus, "A heron")
    with pytest.raises(NotVisibleError):
        pipeline.find(question("", corpus, like_passage=hidden))
    from search.indexing import space_for

    assert dense.stored_vector(hidden, space_for("hashing"), [corpus.pk]) is None
    assert lexical.read_terms("", [corpus.pk], like_passage=hidden).terms == ()


def test_the_proof_would_notice_counts_over_all_corpora(
    corpus: Corpus, other_corpus: Corpus
) -> None:
    """With statistics over everything the score of a visible passage moves: so it must not."""
    add(corpus, "A heron", "An owl")
    both = [corpus.pk, other_corpus.pk]
    before = lexical.read_terms("heron", both).terms[0].idf
    add(other_corpus, *["heron"] * 5)
    assert not math.isclose(lexical.read_terms("heron", both).terms[0].idf, before)
