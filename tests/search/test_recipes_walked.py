"""Every recipe finds, whatever of its parts is missing; and what is missing is named."""

import time
from typing import Any

import pytest
from django.conf import settings as django_settings

from search import errands, pipeline, planning, registry
from search.errors import SearchError
from search.models import Corpus, Errand
from search.rerankers.base import Deadline, Report, Reranked, Reranker
from search.tasks import run_errand
from search.types import Query
from tests.search.library import HASHING, SPACES, add, folded, question, with_hashing

BIRDS = (
    "The heron waits in shallow water until a fish passes.",
    "Swifts sleep on the wing, high in the air.",
    "A stork claps with its beak when its partner comes home.",
    "The owl hears a mouse under the snow.",
)


class Reversing(Reranker):
    """Turns the order round."""

    def rerank(self, query: Query, candidates: Any, *, deadline: Any = None) -> Reranked:
        return Reranked(tuple(reversed(candidates)))


class Failing(Reranker):
    """A plug-in with a fault."""

    light = True

    def rerank(self, query: Query, candidates: Any, *, deadline: Any = None) -> Reranked:
        raise ZeroDivisionError


class Recording(Reranker):
    """Notes which question it judges by."""

    light = True
    asked: list[str] = []

    def rerank(self, query: Query, candidates: Any, *, deadline: Any = None) -> Reranked:
        self.asked.append(query.text)
        return Reranked(tuple(candidates), Report(notes=("Judged.",)))


def plugged(**recipes: Any) -> dict[str, Any]:
    """settings.MMSEARCH with three rerankers of this module, and recipes that use them."""
    names = {"reversing": Reversing, "failing": Failing, "recording": Recording}
    entries = {a: {"BACKEND": f"{__name__}.{c.__name__}"} for a, c in names.items()}
    return with_hashing(RERANKERS=entries, RECIPES=recipes)


def by(reranker: str, depth: int = 50, **more: Any) -> dict[str, Any]:
    return {"extends": "bm25", "rerank": {"chain": [{"name": reranker, "depth": depth}]}, **more}


def ids(found: pipeline.Found) -> list[int]:
    return [candidate.passage_id for candidate in found.candidates]


@pytest.fixture
def birds(corpus: Corpus) -> list[int]:
    return add(corpus, *BIRDS)


@pytest.mark.parametrize("name", sorted(planning.known_recipes()))
def test_every_recipe_finds_with_stand_ins_for_what_is_missing(
    name: str, corpus: Corpus, settings: Any
) -> None:
    spaces = {"tokens": SPACES["words"], "wordpieces": SPACES["pieces"], "fde": folded("tokens")}
    settings.MMSEARCH = with_hashing(
        STAND_INS=True, ENCODERS={"hashing": HASHING, **spaces}, SPACES=[*spaces]
    )
    heron, *_ = add(corpus, *BIRDS)
    state = next(state for state in planning.recipes() if state.name == name)
    assert state.available, state.why_not
    found = pipeline.find(question("heron in the water", corpus, recipe=name))
    assert heron in ids(found)
    for candidate in found.candidates:
        parts = sum(signal.part for signal in candidate.signals.values())
        assert parts == pytest.approx(candidate.score)
    if "rank" in " ".join(state.stages):
        assert not any("failed" in sentence for sentence in found.degraded), found.degraded


def test_a_recipe_without_its_model_is_offered_as_one_that_cannot_run(hashing: Any) -> None:
    state = next(state for state in planning.recipes() if state.name == "rankgpt")
    assert not state.available
    assert "MMSEARCH_LLM_URL" in state.why_not


def test_a_missing_reranker_costs_its_order_and_nothing_else(corpus: Corpus, birds: Any) -> None:
    plain = pipeline.find(question("heron owl", corpus, recipe="hybrid"))
    found = pipeline.find(question("heron owl", corpus, recipe="cross_encoder"))
    assert ids(found) == ids(plain)
    assert any("'cross_encoder' was left out" in sentence for sentence in found.degraded)


def test_a_reranker_orders_what_was_found(corpus: Corpus, settings: Any) -> None:
    settings.MMSEARCH = plugged(turned=by("reversing"))
    add(corpus, *BIRDS)
    plain = ids(pipeline.find(question("heron owl mouse", corpus, recipe="bm25")))
    assert ids(pipeline.find(question("heron owl mouse", corpus, recipe="turned"))) == plain[::-1]


def test_what_lies_below_the_depth_keeps_its_order(corpus: Corpus, settings: Any) -> None:
    settings.MMSEARCH = plugged(turned=by("reversing", depth=2))
    add(corpus, *(f"heron {'reed ' * n}" for n in range(1, 6)))
    plain = ids(pipeline.find(question("heron", corpus, recipe="bm25")))
    found = pipeline.find(question("heron", corpus, recipe="turned"))
    assert ids(found) == [plain[1], plain[0], *plain[2:]]
    scores = [candidate.score for candidate in found.candidates]
    assert scores == sorted(scores, reverse=True)


def test_a_reranker_that_fails_is_named(corpus: Corpus, settings: Any) -> None:
    settings.MMSEARCH = plugged(broken=by("failing"))
    heron, *_ = add(corpus, *BIRDS)
    found = pipeline.find(question("heron", corpus, recipe="broken"))
    assert ids(found)[0] == heron
    assert "The reranker 'failing' failed (ZeroDivisionError)." in found.degraded


def test_expanded_text_finds_and_the_question_judges(corpus: Corpus, settings: Any) -> None:
    chain = {"chain": ["recording"]}
    split = {"extends": "hybrid", "query": {"transforms": ["decompose"]}, "rerank": chain}
    settings.MMSEARCH = plugged(split=split)
    Recording.asked.clear()
    heron, _, _, owl = add(corpus, *BIRDS)
    asked = "What does the heron wait for and what does the owl hear?"
    found = pipeline.find(question(asked, corpus, recipe="split", k=2))
    assert set(ids(found)[:2]) == {heron, owl}
    assert Recording.asked == [asked]
    names = {name for candidate in found.candidates for name in candidate.signals}
    assert any(name.startswith("bm25 by decompose") for name in names)


def test_every_text_is_looked_for_once_and_within_the_time_that_is_left(
    corpus: Corpus, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.MMSEARCH = plugged(
        expanding={"extends": "hybrid", "query": {"transforms": ["expand_passages"]}},
        hurried={
            "extends": "hybrid",
            "query": {"transforms": ["decompose"]},
            "budget": {"total_ms": 1},
        },
    )
    heron, *_ = add(corpus, *BIRDS, "The heron and the egret wait in shallow water for frogs.")
    asked: list[tuple[str, int]] = []
    retrieve = pipeline.retrieve

    def noted(query: Query, plan: Any, spaces: Any, **base: Any) -> Any:
        asked.append((query.text, plan.deadline_ms))
        return retrieve(query, plan, spaces, **base)

    monkeypatch.setattr(pipeline, "retrieve", noted)
    pipeline.find(question("heron in water", corpus, recipe="expanding"))
    texts = [text for text, _ in asked]
    assert texts[0] == "heron in water"
    assert len(texts) == len(set(texts)) == 2
    assert asked[1][1] < asked[0][1]

    asked.clear()
    both = "What does the heron wait for and what does the owl hear?"
    found = pipeline.find(question(both, corpus, recipe="hurried"))
    assert [text for text, _ in asked] == [both]
    assert heron in ids(found)
    assert "There was no time left to look for what was added." in found.degraded


def test_the_budget_of_a_recipe_is_kept(corpus: Corpus, settings: Any) -> None:
    late = by("reversing", budget={"total_ms": 1})
    settings.MMSEARCH = plugged(late=late)
    add(corpus, *BIRDS)
    plain = ids(pipeline.find(question("heron owl", corpus, recipe="bm25")))
    found = pipeline.find(question("heron owl", corpus, recipe="late"))
    assert ids(found) == plain
    assert "There was no time left for the reranker 'reversing'." in found.degraded


@pytest.fixture
def in_the_web(settings: Any) -> Any:
    settings.PROCESS = "web"
    return settings


def test_the_web_reranks_with_what_is_light(corpus: Corpus, in_the_web: Any) -> None:
    in_the_web.MMSEARCH = plugged(light=by("recording"))
    add(corpus, *BIRDS)
    assert "Judged." in pipeline.find(question("heron", corpus, recipe="light")).degraded


def test_the_web_says_so_when_no_worker_reranks(
    corpus: Corpus, in_the_web: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(errands, "TAKEN_WITHIN_S", 0.1)
    in_the_web.MMSEARCH = plugged(heavy=by("reversing", budget={"total_ms": 5000}))
    add(corpus, *BIRDS)
    plain = ids(pipeline.find(question("heron owl", corpus, recipe="bm25")))
    began = time.perf_counter()
    found = pipeline.find(question("heron owl", corpus, recipe="heavy"))
    assert time.perf_counter() - began < 4
    assert ids(found) == plain
    assert errands.NO_WORKER in found.degraded
    assert not Errand.objects.exists()
    assert not registry.is_loaded("RERANKERS", "reversing")


def test_a_worker_ranks_what_the_web_asks_for(
    corpus: Corpus, in_the_web: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    in_the_web.MMSEARCH = plugged(heavy=by("reversing"))
    add(corpus, *BIRDS)
    monkeypatch.setattr(errands.current_app, "send_task", lambda name, args, **_: run_errand(*args))
    plain = ids(pipeline.find(question("heron owl", corpus, recipe="bm25")))
    found = pipeline.find(question("heron owl", corpus, recipe="heavy"))
    assert ids(found) == plain[::-1]
    assert found.degraded == ()


def test_an_errand_reads_only_what_its_asker_may_see(
    corpus: Corpus, other_corpus: Corpus, settings: Any
) -> None:
    settings.MMSEARCH = plugged(heavy=by("reversing"))
    (secret,) = add(other_corpus, "The heron's secret.")
    query = Query(text="heron", corpora=(corpus.pk,), recipe="heavy")
    hits = pipeline.rank(question("heron", other_corpus, recipe="bm25")).hits
    from search.reranking import rerank_here

    chain = planning.plan(query).chain
    ranked = rerank_here(query, chain, hits, deadline=Deadline.after(5)).hits
    assert [hit.passage_id for hit in ranked] == [secret]  # kept in place, never read
    assert ranked[0].signals == hits[0].signals


def test_a_corpus_may_have_a_recipe_of_its_own(corpus: Corpus, other_corpus: Corpus) -> None:
    Corpus.objects.filter(pk=corpus.pk).update(recipe="bm25")
    alone, both = question("heron", corpus), question("heron", corpus, other_corpus)
    assert planning.plan(alone).recipe == "bm25"
    assert planning.plan(question("heron", corpus, recipe="dense")).recipe == "dense"
    assert planning.plan(both).recipe == "default"  # they do not agree
    Corpus.objects.update(recipe="bm25")
    assert planning.plan(both).recipe == "bm25"


def test_a_recipe_of_a_corpus_that_is_gone_is_named(corpus: Corpus) -> None:
    Corpus.objects.filter(pk=corpus.pk).update(recipe="vanished")
    plan = planning.plan(question("heron", corpus))
    assert plan.recipe == "default"
    assert any("'vanished'" in note for note in plan.notes)


def test_recipes_of_the_data_folder_are_offered(hashing: Any) -> None:
    folder = django_settings.DATA_DIR / "recipes"
    folder.mkdir(exist_ok=True)
    mine = folder / "mine.toml"
    try:
        mine.write_text('extends = "hybrid"\ntitle = "Mine"\n')
        planning.known_recipes.cache_clear()
        assert planning.known_recipes()["mine"].title == "Mine"
        mine.write_text('extends = "hybird"\n')
        planning.known_recipes.cache_clear()
        with pytest.raises(SearchError, match="'hybird'"):
            planning.known_recipes()
    finally:
        mine.unlink()
        planning.known_recipes.cache_clear()


def test_a_plug_in_lacks_what_it_needs_under_its_own_name(hashing: Any) -> None:
    states = {state.alias: state for state in registry.describe_models()}
    assert (states["rankgpt"].kind, states["rankgpt"].present) == ("reranker", False)
    assert "MMSEARCH_LLM_URL" in states["rankgpt"].detail
    assert not states["maxsim"].present  # its encoder is not among those of these settings
