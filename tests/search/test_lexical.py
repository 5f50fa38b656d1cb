"""Exact BM25 in PostgreSQL."""

import random

import bm25s
import numpy as np
import pytest
from django.db import connection

from search.conf import conf
from search.language import CONFIGURATIONS
from search.models import Corpus, Passage
from search.retrieval import lexical
from search.types import Filters, Run
from tests.search.library import add

WORDS = [f"{a}{b}{c}" for a in "bdgkmp" for b in ("ola", "uri", "eno") for c in ("x", "zat", "p")]


def search(text: str, *corpora: Corpus, depth: int = 100, filters: Filters = Filters()) -> Run:  # noqa: B008
    ids = [corpus.pk for corpus in corpora]
    return lexical.search(lexical.read_terms(text, ids), ids, depth=depth, filters=filters)


def fill(corpus: Corpus, count: int, *, seed: int = 7) -> list[int]:
    """Passages of words as unevenly common as those of a language."""
    rng = random.Random(seed)
    weights = [1 / rank for rank in range(1, len(WORDS) + 1)]
    texts = [" ".join(rng.choices(WORDS, weights, k=rng.randint(3, 120))) for _ in range(count)]
    return add(corpus, *texts)


@pytest.mark.parametrize("terms", [1, 3, 12])
def test_scores_equal_those_of_bm25s_on_the_same_terms(corpus: Corpus, terms: int) -> None:
    ids = fill(corpus, 250)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT p.id, array_agg(u.lexeme), array_agg(cardinality(u.positions)) "
            "FROM search_passage p, unnest(p.terms) u WHERE p.id = ANY(%s) GROUP BY p.id",
            [ids],
        )
        rows = {key: (lexemes, counts) for key, lexemes, counts in cursor.fetchall()}
    tokens = [np.repeat(*rows[key]).tolist() for key in ids]
    reference = bm25s.BM25(method="lucene", k1=conf().k1, b=conf().b)
    reference.index(tokens, show_progress=False)
    for query in (WORDS[:terms], WORDS[-terms:], WORDS[5 : 5 + terms]):
        read = lexical.read_terms(" ".join(query), [corpus.pk])
        expected = reference.get_scores([term.text for term in read.terms])
        run = lexical.search(read, [corpus.pk], depth=250)
        found = {hit.passage_id: hit.score for hit in run.hits}
        assert len(found) == np.count_nonzero(expected)
        for key, score in zip(ids, expected, strict=True):
            assert found.get(key, 0.0) == pytest.approx(float(score), abs=1e-6)


def test_a_short_list_is_the_beginning_of_the_whole_one(corpus: Corpus) -> None:
    fill(corpus, 400)
    for query in (WORDS[:8], WORDS[:2] + WORDS[-6:], WORDS[20:40]):
        whole = search(" ".join(query), corpus, depth=400)
        for depth in (1, 5, 20):
            short = search(" ".join(query), corpus, depth=depth)
            assert [h.passage_id for h in short.hits] == [h.passage_id for h in whole.hits[:depth]]
            assert [h.score for h in short.hits] == [h.score for h in whole.hits[:depth]]


def test_any_word_is_enough_and_the_rarer_one_weighs_more(corpus: Corpus) -> None:
    common = add(corpus, *["A gull by the sea."] * 6)
    (rare,) = add(corpus, "A petrel by the sea.")
    run = search("gull petrel unicorn", corpus)
    assert run.hits[0].passage_id == rare
    assert {hit.passage_id for hit in run.hits} == {rare, *common}


def test_forms_of_a_word_find_each_other(corpus: Corpus) -> None:
    (key,) = add(corpus, "Herons were nesting in colonies.")
    assert [hit.passage_id for hit in search("heron colony nests", corpus).hits] == [key]


def test_each_passage_is_read_in_its_own_language(corpus: Corpus) -> None:
    (english,) = add(corpus, "Houses near the river", language="en")
    (german,) = add(corpus, "Die Häuser am Fluss", language="de")
    assert [h.passage_id for h in search("house", corpus).hits] == [english]
    assert [h.passage_id for h in search("Haus", corpus).hits] == [german]


def test_accents_do_not_matter(corpus: Corpus) -> None:
    (key,) = add(corpus, "Un café crème", language="fr")
    assert [h.passage_id for h in search("cafe creme", corpus).hits] == [key]


def test_scripts_without_spaces_are_found_by_part_of_a_run(corpus: Corpus) -> None:
    tokyo, _ = add(corpus, "東京都の天気", "大阪の料理", language="ja")
    assert search("京都", corpus).hits[0].passage_id == tokyo
    assert search("東京", corpus).hits[0].passage_id == tokyo


def test_a_title_is_found_through_each_passage(corpus: Corpus) -> None:
    keys = add(corpus, "They hunt.", "They nest.", title="Life of the bittern")
    assert [h.passage_id for h in search("bittern", corpus).hits] == keys


def test_a_question_of_common_words_only_has_no_terms(corpus: Corpus) -> None:
    add(corpus, "To be or not to be")
    assert lexical.read_terms("to be or not to be", [corpus.pk]).terms == ()
    assert search("to be or not", corpus).hits == ()


def test_common_words_kept_by_passages_of_unknown_language_stay_common(corpus: Corpus) -> None:
    add(corpus, *["The heron of the lake"] * 20)
    add(corpus, "the ibis of the lagoon", "the stilt of the marsh", language="")
    idf = {t.text: t.idf for t in lexical.read_terms("the ibis", [corpus.pk]).terms}
    assert idf["the"] < 0.3 < idf["ibis"]


@pytest.mark.parametrize(
    "text",
    [
        "'",
        "a' | 'b",
        "x & !y",
        "\\",
        "💥",
        "\x00",
        "\ud800",
        "':*",
        "((",
        "%s %(corpora)s",
        "a" * 5000,
    ],
)
def test_no_text_is_read_as_an_operator(corpus: Corpus, text: str) -> None:
    add(corpus, "An ordinary passage")
    assert search(text, corpus).hits == ()


def test_at_most_64_terms_are_looked_for_and_the_rarest_are_kept(corpus: Corpus) -> None:
    words = [f"word{n}" for n in range(100)]
    add(corpus, *[" ".join(words[:50])] * 3, " ".join(words))
    read = lexical.read_terms(" ".join(words), [corpus.pk])
    assert len(read.terms) == 64
    assert {f"word{n}" for n in range(50, 100)} <= {term.text for term in read.terms}


def test_filters_apply_before_the_list_is_cut(corpus: Corpus) -> None:
    add(corpus, *["owl owl owl"] * 30, authors=["Ada"], issued="1999")
    (key,) = add(corpus, "one owl among many other birds of the night", authors=["Bob"])
    run = search("owl", corpus, depth=5, filters=Filters(author=("bob",)))
    assert [hit.passage_id for hit in run.hits] == [key]


@pytest.mark.parametrize(
    ("issued", "since", "until", "inside"),
    [
        ("2019-05-03", "2019", "2019", True),
        ("2019", "2019-03", "2019-04", True),
        ("2019-05-03", "2019-05-03", "2019-05-03", True),
        ("2019-05-03", "2019-05-04", "", False),
        ("2020-01-01", "", "2019", False),
        ("2018", "2019-01", "", False),
        ("", "1900", "", False),
        ("", "", "2100", False),
    ],
)
def test_dates_known_to_the_year_count_as_inside_when_any_day_may_be(
    corpus: Corpus, issued: str, since: str, until: str, inside: bool
) -> None:
    add(corpus, "an owl", issued=issued)
    filters = Filters(published_from=since, published_to=until)
    assert bool(search("owl", corpus, filters=filters).hits) is inside


@pytest.mark.parametrize(
    "filters",
    [
        Filters(kind=("image",)),
        Filters(media_type=("application/pdf",)),
        Filters(language=("de",)),
        Filters(document=(1,)),
    ],
)
def test_every_filter_shuts_out(corpus: Corpus, filters: Filters) -> None:
    add(corpus, "an owl", media_type="text/plain")
    assert search("owl", corpus).hits
    assert search("owl", corpus, filters=filters).hits == ()


def test_every_configuration_exists_in_this_postgresql(corpus: Corpus) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT cfgname FROM pg_ts_config")
        assert set(CONFIGURATIONS) <= {name for (name,) in cursor.fetchall()}


def test_the_number_of_matches_is_counted(corpus: Corpus) -> None:
    add(corpus, "an owl", "another owl", "a wren")
    terms = lexical.read_terms("owl", [corpus.pk])
    assert lexical.match(terms, [corpus.pk]).total == 2


def test_terms_stay_in_the_row(corpus: Corpus) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT attstorage FROM pg_attribute WHERE attname = 'terms' "
            "AND attrelid = 'search_passage'::regclass"
        )
        assert cursor.fetchone()[0] == "m"
    assert Passage.objects.count() == 0


def test_given_passages_are_scored_as_a_search_scores_them(
    corpus: Corpus, other_corpus: Corpus
) -> None:
    keys = add(corpus, "heron heron pond", "a heron", "a kettle", "pond and reed")
    (hidden,) = add(other_corpus, "heron pond")
    terms = lexical.read_terms("heron pond", [corpus.pk])
    found = {hit.passage_id: hit.score for hit in lexical.search(terms, [corpus.pk]).hits}
    scored = lexical.match(terms, [corpus.pk, other_corpus.pk])
    assert lexical.score_within(scored, [corpus.pk], [*keys[1:], hidden]) == {
        key: score for key, score in found.items() if key in keys[1:]
    }
    assert lexical.score_within(scored, [corpus.pk], []) == {}
