"""Recipes that stand in, in order, where a part is missing or late."""

from typing import Any

import pytest

from search import pipeline, planning
from search.errors import SearchError
from search.models import Corpus
from tests.search.library import add, question
from tests.search.test_recipes_walked import BIRDS, by, ids, plugged


def chained(reranker: str, *order: str, **more: Any) -> dict[str, Any]:
    return by(reranker, fallback={"order": [*order]}, **more)


@pytest.mark.parametrize(
    ("first", "why"),
    [
        ("gone", "no checkpoint is named"),
        ("faulty", "'failing' failed"),
        ("late", "no time left for the reranker 'reversing'"),
    ],
)
def test_where_a_part_is_missing_or_late_the_next_recipe_stands_in(
    first: str, why: str, corpus: Corpus, settings: Any
) -> None:
    settings.MMSEARCH = plugged(
        gone=chained("reading", "broken", "turned"),
        faulty=chained("failing", "turned"),
        late=chained("reversing", "turned", budget={"total_ms": 1}),
        broken=by("failing"),
        turned=by("reversing"),
    )
    missing = {"BACKEND": "search.rerankers.cross_encoder.CrossEncoder"}
    missing["OPTIONS"] = {"checkpoint": ""}  # type: ignore[assignment]
    settings.MMSEARCH["RERANKERS"]["reading"] = missing
    settings.MMSEARCH = {**settings.MMSEARCH}
    add(corpus, *BIRDS)
    plain = ids(pipeline.find(question("heron owl mouse", corpus, recipe="bm25")))
    found = pipeline.find(question("heron owl mouse", corpus, recipe=first))
    assert found.plan.recipe == "turned"
    assert ids(found) == plain[::-1]
    (said,) = [note for note in found.degraded if f"recipe {first!r} did not run whole" in note]
    assert why in said.lower() or why in said
    names = [note.split("; ")[1].split(" ")[0] for note in found.degraded if "stands in" in note]
    assert names == (["'broken'", "'turned'"] if first == "gone" else ["'turned'"])


def test_a_recipe_that_runs_whole_needs_nobody_to_stand_in(corpus: Corpus, settings: Any) -> None:
    settings.MMSEARCH = plugged(whole=chained("reversing", "bm25"))
    add(corpus, *BIRDS)
    found = pipeline.find(question("heron owl", corpus, recipe="whole"))
    assert found.plan.recipe == "whole"
    assert found.degraded == ()


def test_the_last_that_stands_in_is_taken_as_it_comes(corpus: Corpus, settings: Any) -> None:
    settings.MMSEARCH = plugged(one=chained("failing", "two"), two=by("failing"))
    heron, *_ = add(corpus, *BIRDS)
    found = pipeline.find(question("heron", corpus, recipe="one"))
    assert found.plan.recipe == "two"
    assert ids(found)[0] == heron
    assert "The reranker 'failing' failed (ZeroDivisionError)." in found.degraded


@pytest.mark.parametrize(
    ("order", "said"),
    [(["nobody"], "'nobody' as a fallback"), (["mine"], "'mine' as a fallback"), ("bm25", "list")],
)
def test_a_fallback_that_is_none_is_refused(order: Any, said: str, settings: Any) -> None:
    settings.MMSEARCH = plugged(mine={"extends": "bm25", "fallback": {"order": order}})
    with pytest.raises(SearchError, match=said):
        planning.known_recipes()
