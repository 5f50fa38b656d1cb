"""Passages by number: the best of them, and those that pass a filter."""

import math
from unittest import mock

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from search import pipeline, postings
from search.models import Corpus
from search.retrieval import facets, lexical, matches
from search.retrieval.matches import Matches
from search.types import Filters
from tests.search.library import add, question, undone

scores = st.lists(st.sampled_from([0.5, 1.0, 1.5, 2.0]), max_size=40)


@given(scores=scores, count=st.integers(0, 50))
def test_the_best_come_first_and_equals_in_the_order_of_their_keys(
    scores: list[float], count: int
) -> None:
    found = Matches((1,), np.array([0, 99]), np.arange(len(scores)), np.array(scores))
    expected = sorted(range(len(scores)), key=lambda place: (-scores[place], place))[:count]
    assert found.first(count).tolist() == expected


@given(pairs=st.lists(st.tuples(st.integers(1, 5), st.integers(0, 6)), unique=True, max_size=12))
def test_a_passage_outside_the_matching_corpora_and_slots_is_never_taken_for_a_match(
    pairs: list[tuple[int, int]],
) -> None:
    # corpora 2 and 4, with slots 0-2 and 0-4; all of them match
    found = Matches((2, 4), np.array([0, 3, 8]), np.arange(8), np.ones(8), 8)
    here = {(2, slot) for slot in range(3)} | {(4, slot) for slot in range(5)}
    assert found.lacks(pairs) == [pair for pair in pairs if pair not in here]
    assert len(found.without(pairs).keys) == 8 - len(here & {*pairs})


def library(corpus: Corpus) -> list[int]:
    """Twelve owls, the longer the later, every third of which is a picture."""
    keys = []
    for n in range(12):
        kind = "image" if n % 3 == 0 else "text"
        keys += add(corpus, "owl " + "word " * n, kind=kind)
    return keys


@pytest.mark.parametrize("portions", [(2, 4), (3, 6), (12,), (100,)])
@pytest.mark.parametrize("depth", [1, 3, 4, 10])
def test_a_filter_gives_the_same_list_however_much_is_tried_first(
    corpus: Corpus, monkeypatch: pytest.MonkeyPatch, portions: tuple[int, ...], depth: int
) -> None:
    monkeypatch.setattr(matches, "PORTIONS", portions)
    keys = library(corpus)
    terms = lexical.read_terms("owl", [corpus.pk])
    run = lexical.search(terms, [corpus.pk], filters=Filters(kind=("image",)), depth=depth)
    assert [hit.passage_id for hit in run.hits] == keys[::3][:depth]


def test_a_total_under_a_wide_filter_is_an_estimate_and_says_so(
    corpus: Corpus, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(matches, "PORTIONS", (6,))
    library(corpus)
    terms = lexical.read_terms("owl", [corpus.pk])
    found = lexical.match(terms, [corpus.pk])
    assert (found.total, found.is_exact) == (12, True)
    wide = found.narrowed(Filters(kind=("text",)), least=2)
    assert (wide.total, wide.is_exact) == (8, False)
    narrow = found.narrowed(Filters(kind=("text",)), least=5)
    assert (narrow.total, narrow.is_exact) == (8, True)


def test_facets_count_the_best_and_say_how_many(
    corpus: Corpus, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(facets, "MOST_COUNTED", 5)
    library(corpus)
    terms = lexical.read_terms("owl", [corpus.pk])
    found = lexical.match(terms, [corpus.pk])
    spread = facets.count_facets(found, [], [corpus.pk], filters=Filters())
    assert (spread.total, spread.is_exact, spread.counted) == (12, True, 5)
    assert dict(spread.facets["kind"]) == {"text": 3, "image": 2}


def test_what_is_near_in_meaning_is_counted_once(corpus: Corpus) -> None:
    keys = library(corpus)
    (other,) = add(corpus, "a wren")
    terms = lexical.read_terms("owl", [corpus.pk])
    found = lexical.match(terms, [corpus.pk])
    spread = facets.count_facets(found, [*keys[:3], other], [corpus.pk], filters=Filters())
    assert (spread.total, spread.counted) == (13, 13)


def test_the_passage_that_was_asked_about_is_not_counted(corpus: Corpus) -> None:
    keys = library(corpus)
    result = pipeline.find(question("", corpus, like_passage=keys[0]))
    assert keys[0] not in [c.passage_id for c in result.candidates]
    assert result.total == 11


def test_words_with_a_star_find_what_begins_so(corpus: Corpus) -> None:
    keys = add(corpus, "retrieval of notes", "a retriever barks", "retrospective", "nothing")
    terms = lexical.read_terms("retriev*", [corpus.pk])
    assert {h.passage_id for h in lexical.search(terms, [corpus.pk]).hits} == {*keys[:2]}


def test_forms_of_a_starred_word_count_as_one_term(corpus: Corpus) -> None:
    add(corpus, "heronry heronries heronsbill", "heronry heronry heronry", "ibis ibis ibis")
    terms = lexical.read_terms("herons*", [corpus.pk]).terms
    assert [term.text for term in terms if term.text.endswith("*")] == ["herons*"]
    every = lexical.read_terms("hero*", [corpus.pk])
    first, second = lexical.search(every, [corpus.pk]).hits
    assert first.score == pytest.approx(second.score)


def test_a_star_after_two_letters_or_none_begins_nothing(corpus: Corpus) -> None:
    add(corpus, "heron", "hedge")
    for text in ("he*", "*", "h*", "* *"):
        assert lexical.read_terms(text, [corpus.pk]).terms == ()


words = st.lists(st.sampled_from(["owl", "wren", "heron", "ibis", "kite"]), max_size=8)


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    texts=st.lists(st.tuples(st.booleans(), words), min_size=1, max_size=8),
    first=words,
    more=words,
    dense=st.sampled_from([0, 1, 1000]),
)
def test_words_that_were_looked_for_before_are_not_read_again_and_score_the_same(
    corpus: Corpus,
    texts: list[tuple[bool, list[str]]],
    first: list[str],
    more: list[str],
    dense: int,
) -> None:
    with undone(), mock.patch.object(matches, "DENSE", dense):
        other = Corpus.objects.create(slug="other", name="other")
        for is_other, own in texts:
            add(other if is_other else corpus, " ".join(own) or "nothing")
        both = [corpus.pk, other.pk]
        known = lexical.read_terms(" ".join(first), both)
        base = (known, lexical.match(known, both))
        terms = lexical.read_terms(" ".join([*first, *more]), both)
        whole = lexical.match(terms, both)
        with mock.patch.object(postings, "read", wraps=postings.read) as read:
            found = lexical.match(terms, both, base=base)
        asked = [term for call in read.call_args_list for term in call.args[1]]
        assert not set(asked) & {term.text for term in known.terms}
        assert found.best(20) == [(key, pytest.approx(score)) for key, score in whole.best(20)]
        assert found.total == whole.total


def test_what_was_looked_for_before_a_passage_came_is_looked_for_again(corpus: Corpus) -> None:
    add(corpus, "owl")
    known = lexical.read_terms("owl", [corpus.pk])
    base = (known, lexical.match(known, [corpus.pk]))
    add(corpus, "owl and wren")
    terms = lexical.read_terms("owl wren", [corpus.pk])
    assert lexical.match(terms, [corpus.pk], base=base).total == 2


def test_how_telling_a_passage_s_terms_are_counts_visible_passages_alone(corpus: Corpus) -> None:
    other = Corpus.objects.create(slug="other", name="other")
    key, *_ = add(corpus, "owl wren", "owl", "ibis")
    add(other, *["wren"] * 9)
    own = lexical.idf_held([key], [corpus.pk])
    assert own == pytest.approx({"owl": math.log(1.6), "wren": math.log(8 / 3)})
    assert lexical.idf_held([key], [corpus.pk, other.pk])["wren"] < own["wren"]
    assert lexical.idf_held([key], [other.pk]) == {}


def test_a_word_of_one_passage_among_several_is_not_looked_up(corpus: Corpus) -> None:
    keys = add(corpus, "owl wren", "owl ibis", "kite")
    assert set(lexical.idf_held(keys, [corpus.pk])) == {"owl"}
    assert lexical.idf_held([], [corpus.pk]) == {}
