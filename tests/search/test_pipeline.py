"""The walk of a query, on a real database."""

import time
from collections.abc import Sequence
from typing import Any

import pytest
from django.db import connection

from search import pipeline, planning
from search.encoders.base import Rows
from search.encoders.hashing import HashingEncoder
from search.errors import QueryError
from search.fusion import shares
from search.models import Corpus
from search.types import Filters, Query
from tests.search.library import add, question, with_hashing


class SlowEncoder(HashingEncoder):
    """Takes its time over questions."""

    def encode_queries(self, texts: Sequence[str]) -> Rows:
        time.sleep(1.5)
        return super().encode_queries(texts)


def ids(found: pipeline.Found) -> list[int]:
    return [candidate.passage_id for candidate in found.candidates]


def test_finds_the_passage_that_holds_the_words(corpus: Corpus) -> None:
    heron, _ = add(corpus, "The heron waits in shallow water.", "Swifts sleep in the air.")
    assert ids(pipeline.find(question("heron in water", corpus)))[0] == heron


def test_a_candidate_carries_what_a_reader_needs(corpus: Corpus) -> None:
    add(corpus, "The heron waits.", title="Waders", authors=["Ada"], issued="2001-05")
    (candidate,) = pipeline.find(question("heron", corpus, recipe="hybrid")).candidates
    assert candidate.text == "The heron waits."
    assert candidate.source.title == "Waders"
    assert (candidate.source.authors, candidate.source.published) == (("Ada",), "2001-05")
    assert (candidate.source.corpus, candidate.source.filename) == ("birds", "notes.txt")
    assert set(candidate.signals) == {"bm25", "dense"}
    assert candidate.score == sum(signal.part for signal in candidate.signals.values())


def test_each_recipe_uses_the_retrievers_it_names(corpus: Corpus) -> None:
    add(corpus, "The heron waits.")
    for recipe, names in (("bm25", {"bm25"}), ("dense", {"dense"}), ("hybrid", {"bm25", "dense"})):
        (candidate,) = pipeline.find(question("heron", corpus, recipe=recipe)).candidates
        assert set(candidate.signals) == names


def test_an_unknown_recipe_is_refused_with_the_known_ones(corpus: Corpus) -> None:
    with pytest.raises(QueryError, match="'fancy'; choose one of bm25, dense, hybrid, default"):
        pipeline.find(question("heron", corpus, recipe="fancy"))


@pytest.mark.parametrize("text", ["", "   \n"])
def test_a_question_without_words_is_refused(corpus: Corpus, text: str) -> None:
    with pytest.raises(QueryError):
        pipeline.find(question(text, corpus))


@pytest.mark.parametrize("text", ["💥", "'; DROP TABLE x --", "\x00\ud800", "%s", "a" * 9000])
def test_odd_questions_are_answered(corpus: Corpus, text: str) -> None:
    add(corpus, "The heron waits.")
    pipeline.find(question(text, corpus))


def test_a_long_question_is_cut_and_says_so(corpus: Corpus) -> None:
    add(corpus, "The heron waits.")
    found = pipeline.find(question("heron " * 1000, corpus))
    assert "Only the first 2000 characters were searched for." in found.degraded


def test_facets_and_total_count_the_passages_that_match_or_are_near(corpus: Corpus) -> None:
    add(corpus, "heron one", "heron two", authors=["Ada", "Bob"], issued="2001-05-01")
    add(corpus, "heron three", kind="image", authors=["Ada"], issued="1999", media_type="image/png")
    add(corpus, "wren", language="de", issued="1999")
    found = pipeline.find(question("heron", corpus, recipe="bm25"))
    assert found.total == 3
    assert found.facets["kind"] == (("text", 2), ("image", 1))
    assert found.facets["author"] == (("Ada", 3), ("Bob", 2))
    assert found.facets["published"] == (("2001", 2), ("1999", 1))
    assert found.facets["media_type"] == (("image/png", 1),)
    assert found.facets["language"] == (("en", 3),)
    assert found.facets["corpus"] == (("birds", 3),)
    assert pipeline.find(question("heron", corpus)).total == 4  # the wren is on the dense list


def test_filters_hold_for_list_total_and_facets(corpus: Corpus) -> None:
    add(corpus, "heron one", authors=["Ada"])
    (key,) = add(corpus, "heron two", authors=["Bob"])
    found = pipeline.find(question("heron", corpus, filters=Filters(author=("bob",))))
    assert (ids(found), found.total) == ([key], 1)
    assert found.facets["author"] == (("Bob", 1),)


def test_without_an_encoder_words_still_find_and_the_page_says_so(
    corpus: Corpus, settings: Any
) -> None:
    (key,) = add(corpus, "The heron waits.")
    settings.MMSEARCH = with_hashing(TEXT_ENCODER="")
    found = pipeline.find(question("heron", corpus))
    assert ids(found) == [key]
    assert any(sentence.startswith("Meaning search is off") for sentence in found.degraded)


def test_weights_that_are_missing_are_named_with_a_remedy(corpus: Corpus, settings: Any) -> None:
    (key,) = add(corpus, "The heron waits.")
    gone = {"BACKEND": "search.encoders.onnx_text.OnnxTextEncoder",
            "OPTIONS": {"checkpoint": "/nowhere/model"}}  # fmt: skip
    settings.MMSEARCH = with_hashing(ENCODERS={"gone": gone}, TEXT_ENCODER="gone")
    for recipe in ("default", "dense"):  # word search stands in when meaning search is all there is
        found = pipeline.find(question("heron", corpus, recipe=recipe))
        assert ids(found) == [key]
        assert any("'/nowhere/model'" in sentence for sentence in found.degraded)
    states = {state.name: state for state in planning.recipes()}
    assert states["bm25"].available
    assert not states["dense"].available
    assert "/nowhere/model" in states["dense"].why_not


def test_a_late_encoder_is_left_out_by_name(corpus: Corpus, settings: Any) -> None:
    (key,) = add(corpus, "The heron waits.")
    slow = {"BACKEND": "tests.search.test_pipeline.SlowEncoder", "OPTIONS": {"dim": 64}}
    settings.MMSEARCH = with_hashing(ENCODERS={"slow": slow}, TEXT_ENCODER="slow", DEADLINE_MS=300)
    from search import registry

    registry.encoder("slow")
    began = time.perf_counter()
    found = pipeline.find(question("heron", corpus))
    assert time.perf_counter() - began < 1.4
    assert ids(found) == [key]
    assert "Meaning search took too long and was left out." in found.degraded


@pytest.mark.parametrize(
    ("stage", "said"),
    [
        ("refine", "The list was not refined"),
        ("judge", "How sure to be of each hit was not judged"),
        ("_count", "Counts were left out"),
    ],
)
def test_what_comes_after_the_ranking_costs_only_itself_when_it_is_late(
    corpus: Corpus, settings: Any, monkeypatch: pytest.MonkeyPatch, stage: str, said: str
) -> None:
    def slow(*_: Any, **__: Any) -> Any:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_sleep(9)")

    settings.MMSEARCH = with_hashing(DEADLINE_MS=1000)
    (key,) = add(corpus, "The heron waits.")
    monkeypatch.setattr(pipeline, stage, slow)
    monkeypatch.setattr(pipeline, "LEAST_REST_MS", 50.0)
    found = pipeline.find(question("heron", corpus))
    assert ids(found) == [key]
    assert [told for told in found.degraded if said in told]
    assert len(found.degraded) == 1
    assert found.total == 1
    assert Corpus.objects.filter(pk=corpus.pk).exists()  # the transaction goes on


def test_more_like_this_finds_its_like_and_not_itself(corpus: Corpus) -> None:
    one, other, _ = add(
        corpus,
        "Herons stalk frogs in shallow reed beds at dawn.",
        "At dawn a heron stalks frogs among the reed.",
        "Trains leave the station at noon.",
    )
    for recipe in ("bm25", "dense", "hybrid"):
        found = pipeline.find(question("", corpus, like_passage=one, recipe=recipe))
        assert ids(found)[0] == other
        assert one not in ids(found)
        assert found.total == len(found.candidates)


def test_repeated_words_are_shown_once_and_the_best_stays(corpus: Corpus) -> None:
    text = (
        "The grey heron stands still for an hour and then strikes at a frog in the reed. "
        "It swallows its prey whole, head first, and returns to the same place on the next day."
    )
    first, *_ = add(corpus, text)
    add(corpus, text)
    add(corpus, text.replace("an hour", "one hour"))
    (short,) = add(corpus, "A heron.")
    found = pipeline.find(question("grey heron frog", corpus))
    assert sorted(ids(found)) == sorted([first, short])
    assert found.total == 4


def test_a_kind_that_weighs_nothing_is_not_looked_for(corpus: Corpus) -> None:
    (text,) = add(corpus, "heron words")
    (image,) = add(corpus, "heron picture", kind="image")
    weigh = {"text": 0.0, "image": 1.0}
    found = pipeline.find(question("heron", corpus, weights=weigh))
    assert (ids(found), found.total) == ([image], 1)
    found = pipeline.find(question("heron", corpus, weights={"image": 5.0}))
    assert ids(found) == [image, text]
    assert all(abs(sum(shares_of(found, n).values()) - 1) < 1e-9 for n in range(2))


def shares_of(found: pipeline.Found, place: int) -> dict[str, float]:
    candidate = found.candidates[place]
    from search.types import Hit

    return shares(Hit(candidate.passage_id, candidate.score, candidate.signals))


def test_the_best_passage_stands_for_its_document(corpus: Corpus) -> None:
    first, _ = add(corpus, "heron heron heron", "a heron among other birds of the lake")
    (other,) = add(corpus, "one more heron")
    found = pipeline.find(question("heron", corpus, recipe="bm25"))
    best = pipeline.best_per_document(found.candidates)
    assert [candidate.passage_id for candidate in best] == [first, other]


def test_a_deep_page_is_reached(corpus: Corpus) -> None:
    add(corpus, *[f"heron number{n} word{n * 7} thing{n * 13}" for n in range(150)])
    found = pipeline.find(question("heron", corpus, recipe="bm25", k=20, offset=120))
    assert len(found.candidates) == 150


def test_every_stage_says_how_long_it_took(corpus: Corpus) -> None:
    add(corpus, "The heron waits.")
    found = pipeline.find(question("heron", corpus))
    assert set(found.timings) == {
        *("encode", "lexical", "dense", "first_look", "fuse"),
        *("hydrate", "refine", "judge", "facets"),
    }


def test_notes_of_the_question_are_passed_on() -> None:
    query = Query(text="heron", notes=("The picture's words were read.",))
    assert pipeline.find(query).degraded == ("The picture's words were read.",)


def test_a_recipe_of_settings_is_used(corpus: Corpus, settings: Any) -> None:
    add(corpus, "The heron waits.")
    recipe = {"extends": "hybrid", "fuse": {"method": "rrf", "weights": {"dense": 2.0}}}
    settings.MMSEARCH = with_hashing(RECIPES={"mine": recipe})
    (candidate,) = pipeline.find(question("heron", corpus, recipe="mine")).candidates
    assert candidate.score == pytest.approx(3 / 61)
