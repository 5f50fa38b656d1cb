"""A recipe says what becomes of the list once it is read."""

from typing import Any

import pytest

from search import pipeline, planning
from search.models import Corpus, Passage
from search.types import Filters
from tests.search.library import add, question, with_hashing

TOLD = "The heron waits in the shallow water at the edge of the lake until a fish passes."


def plugged(*steps: Any) -> dict[str, Any]:
    return with_hashing(RECIPES={"tried": {"extends": "bm25", "refine": {"steps": [*steps]}}})


def found(text: str, *corpora: Corpus, **more: Any) -> list[Any]:
    return list(pipeline.find(question(text, *corpora, recipe="tried", **more)).candidates)


def ids(candidates: list[Any]) -> list[int]:
    return [candidate.passage_id for candidate in candidates]


def test_what_repeats_is_folded_unless_the_recipe_says_otherwise(
    corpus: Corpus, settings: Any
) -> None:
    add(corpus, TOLD)
    add(corpus, TOLD)
    settings.MMSEARCH = plugged("dedupe")
    assert len(found("heron", corpus)) == 1
    assert len(pipeline.find(question("heron", corpus, recipe="bm25")).candidates) == 1
    settings.MMSEARCH = plugged()
    assert len(found("heron", corpus)) == 2


def test_the_passages_beside_a_found_one_follow_it(corpus: Corpus, settings: Any) -> None:
    settings.MMSEARCH = plugged({"name": "neighbours", "of": 1})
    before, heron, after, _ = add(
        corpus, "It is a quiet morning.", "The heron stands.", "A fish is gone.", "Night falls."
    )
    listed = found("heron", corpus)
    assert ids(listed) == [heron, before, after]
    for one in listed:
        assert sum(s.part for s in one.signals.values()) == pytest.approx(one.score)
    assert set(listed[1].signals) == {"neighbours"}


def test_a_neighbour_that_was_found_itself_stands_once(corpus: Corpus, settings: Any) -> None:
    settings.MMSEARCH = plugged("neighbours")
    add(corpus, "The heron stands.", "The heron heron waits.", "A fish is gone.")
    listed = ids(found("heron", corpus))
    assert len(listed) == len(set(listed)) == 3


def test_no_neighbour_comes_past_a_filter_or_an_excluded_word(
    corpus: Corpus, settings: Any
) -> None:
    settings.MMSEARCH = plugged("neighbours")
    heron, picture, frog = add(corpus, "The heron stands.", "A fish.", "A frog.")
    Passage.objects.filter(pk=picture).update(kind="image")
    assert picture in ids(found("heron", corpus))
    assert ids(found("heron", corpus, filters=Filters(kind=("text",)))) == [heron]
    beside, other = add(corpus, "An egret, and a toad.", "The stork.")
    assert set(ids(found("stork", corpus))) == {other, beside}
    assert ids(found("stork -toad", corpus)) == [other]
    assert frog not in ids(found("stork", corpus))


def test_documents_stand_by_what_they_are_worth_as_a_whole(corpus: Corpus, settings: Any) -> None:
    once = "heron heron heron heron"
    single = add(corpus, once, "heron and many other words that say nothing of the bird at all")
    steady = add(corpus, "heron heron heron water", "heron heron heron reed")
    settings.MMSEARCH = plugged({"name": "aggregate", "rule": "max"})
    assert found("heron", corpus)[0].passage_id == single[0]
    settings.MMSEARCH = plugged({"name": "aggregate", "rule": "top3"})
    listed = ids(found("heron", corpus))
    assert set(listed[:2]) == set(steady)  # one after the other
    assert listed[2:] == single


def test_clips_that_touch_are_shown_as_one_moment(corpus: Corpus, settings: Any) -> None:
    settings.MMSEARCH = plugged({"name": "moments", "gap_s": 2})
    clips = add(corpus, "heron heron", "heron wades", "a heron far later", kind="video")
    for key, (start, end) in zip(clips, [(0, 10), (8, 20), (90, 99)], strict=True):
        Passage.objects.filter(pk=key).update(start_s=start, end_s=end)
    listed = found("heron", corpus)
    spans = {one.passage_id: (one.locator.start_s, one.locator.end_s) for one in listed}
    assert spans == {clips[0]: (0, 20), clips[2]: (90, 99)}


def test_each_result_may_be_chosen_for_what_it_adds(corpus: Corpus, settings: Any) -> None:
    add(corpus, "heron heron fish water reed", "heron heron fish water pond", "heron owl")
    settings.MMSEARCH = plugged({"name": "mmr", "balance": 1.0})
    plain = ids(found("heron fish", corpus))
    settings.MMSEARCH = plugged({"name": "mmr", "balance": 0.1})
    assert ids(found("heron fish", corpus))[1] == plain[2]


@pytest.mark.parametrize(
    ("step", "said"),
    [
        ({"name": "aggregate", "rule": "best"}, "'best' as rule; write one of max, first, top3"),
        ({"name": "mmr", "balance": 2}, "2 as balance; write a number from 0 to 1"),
        ({"name": "dedupe", "of": 2}, "'of'; known: there are none"),
        ({"name": "neighbours", "of": True}, "True as of; write a whole number from 1 to 50"),
    ],
)
def test_a_refiner_that_cannot_work_is_refused_with_the_remedy(
    step: Any, said: str, settings: Any
) -> None:
    settings.MMSEARCH = plugged(step)
    with pytest.raises(Exception, match="of the recipe 'tried' has") as refused:
        planning.known_recipes()
    assert said in str(refused.value)
