"""What was worked out is found again by the same person, of the same library; by nobody else."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.cache import caches
from django.core.management import call_command

from search import cache, indexing, registry, services
from search.evaluation.collection import read_collection
from search.evaluation.measuring import measure_all
from search.models import Corpus, Membership, Passage
from search.types import Query, Viewer
from tests.search.evaluation.folders import write
from tests.search.library import add, with_hashing

LOCAL = {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "LOCATION": "tests"}


@pytest.fixture(autouse=True)
def store(settings: Any) -> Any:
    settings.CACHES = settings.CACHES | {"search": LOCAL}
    settings.MMSEARCH = with_hashing()
    caches["search"].clear()
    return caches["search"]


@pytest.fixture
def ada(corpus: Corpus) -> Viewer:
    return member("ada", corpus)


def member(name: str, *corpora: Corpus) -> Viewer:
    user = User.objects.create_user(name)
    for one in corpora:
        Membership.objects.create(user=user, corpus=one)
    return Viewer(user_id=user.pk)


def ask(viewer: Viewer, text: str = "heron", **fields: Any) -> dict[str, Any]:
    query = Query(text=text, corpora=services.visible_corpora(viewer), **fields)
    return dict(services.open_search(query, viewer).body)


def shown(body: dict[str, Any]) -> list[str]:
    return [hit["passage"] for hit in body["hits"]]


def test_the_second_asking_is_remembered_and_the_same(corpus: Corpus, ada: Viewer) -> None:
    add(corpus, "a heron", "a heron at the lake")
    first, second = ask(ada), ask(ada)
    assert (first["cache"]["results"], second["cache"]["results"]) == ("miss", "hit")
    differs = {"id", "took_ms", "timings", "cache"}
    assert {k: v for k, v in first.items() if k not in differs} == {
        k: v for k, v in second.items() if k not in differs
    }
    assert list(second["timings"]) == ["cache"]


def test_an_answer_is_remembered_with_its_citations(corpus: Corpus, ada: Viewer) -> None:
    add(corpus, "The heron of the lake eats frogs and small fish.")
    query = Query(text="What does the heron eat?", corpora=(corpus.pk,))
    first, second = (services.open_answer(query, ada).body for _ in range(2))
    assert second["cache"]["answer"] == "hit"
    assert first["sentences"] == second["sentences"]
    assert first["citations"] == second["citations"]


def publish_more(corpus: Corpus) -> None:
    add(corpus, "another heron")


def withdraw_one(corpus: Corpus) -> None:
    passage = Passage.objects.filter(corpus=corpus).first()
    assert passage is not None
    indexing.withdraw(passage.document)


def change_readers(corpus: Corpus) -> None:
    indexing.touch_readers(corpus)


@pytest.mark.parametrize("change", [publish_more, withdraw_one, change_readers])
def test_a_change_of_the_library_is_seen_at_once(corpus: Corpus, ada: Viewer, change: Any) -> None:
    add(corpus, "a heron")
    ask(ada)
    change(corpus)
    body = ask(ada)
    assert body["cache"]["results"] == "miss"
    assert len(body["hits"]) == Passage.objects.filter(corpus=corpus).count()


@pytest.mark.parametrize(
    "other", [{"k": 3}, {"recipe": "bm25"}, {"weights": {"text": 2.0}}, {"text": "herons"}]
)
def test_another_question_is_not_taken_for_the_same(
    corpus: Corpus, ada: Viewer, other: dict[str, Any]
) -> None:
    add(corpus, "a heron", "a heron at the lake")
    ask(ada)
    assert ask(ada, **other)["cache"]["results"] == "miss"


def test_a_changed_recipe_or_model_is_another_question(
    corpus: Corpus, ada: Viewer, settings: Any
) -> None:
    add(corpus, "a heron")
    ask(ada)
    settings.MMSEARCH = with_hashing(
        RECIPES={"default": {"extends": "hybrid", "fuse": {"method": "rrf"}}}
    )
    assert ask(ada)["cache"]["results"] == "miss"
    narrower = {"BACKEND": "search.encoders.hashing.HashingEncoder", "OPTIONS": {"dim": 32}}
    settings.MMSEARCH = with_hashing(ENCODERS={"hashing": narrower})
    registry.encoder("hashing")
    assert ask(ada)["cache"]["results"] == "miss"


def test_nothing_crosses_people_even_where_they_see_the_same(corpus: Corpus, ada: Viewer) -> None:
    private = Corpus.objects.create(slug="private", name="Private")
    add(corpus, "a heron")
    (secret,) = add(private, "a secret heron")
    bob, carol = member("bob", corpus), member("carol", corpus, private)
    everything = ask(carol)
    assert str(secret) in shown(everything)
    for viewer in (ada, bob):
        body = ask(viewer)
        assert set(body["cache"].values()) == {"miss"}
        assert str(secret) not in shown(body)


def test_someone_who_may_no_longer_read_a_corpus_is_not_shown_what_he_found(
    corpus: Corpus, ada: Viewer
) -> None:
    (key,) = add(corpus, "a heron")
    query = Query(text="heron", corpora=(corpus.pk,))  # as a page kept open would ask
    assert shown(services.open_search(query, ada).body) == [str(key)]
    Membership.objects.all().delete()
    assert shown(services.open_search(query, ada).body) == []


def test_what_was_found_without_a_missing_part_is_not_kept(
    corpus: Corpus, ada: Viewer, settings: Any
) -> None:
    add(corpus, "a heron")
    settings.MMSEARCH = with_hashing(TEXT_ENCODER="missing", ENCODERS={"missing": {
        "BACKEND": "tests.search.killed.RaisingEncoder", "OPTIONS": {}}})  # fmt: skip
    bodies = [ask(ada), ask(ada)]
    assert all(body["degraded"] for body in bodies)
    assert [body["cache"]["results"] for body in bodies] == ["miss", "miss"]


def test_an_entry_that_cannot_be_read_is_worked_out_again(
    corpus: Corpus, ada: Viewer, store: Any
) -> None:
    (key,) = add(corpus, "a heron")
    ask(ada)
    for name in list(store._cache):
        store._cache[name] = b"\x80broken"
    body = ask(ada)
    assert body["cache"]["results"] == "miss"
    assert shown(body) == [str(key)]


def test_a_store_that_is_away_costs_nothing_but_time(
    corpus: Corpus, ada: Viewer, settings: Any
) -> None:
    settings.CACHES = settings.CACHES | {
        "search": {
            "BACKEND": "django.core.cache.backends.redis.RedisCache",
            "LOCATION": "redis://127.0.0.1:1/0",
        }
    }
    (key,) = add(corpus, "a heron")
    assert [shown(ask(ada)) for _ in range(2)] == [[str(key)], [str(key)]]


def test_no_more_is_kept_than_the_store_may_hold(
    corpus: Corpus, ada: Viewer, settings: Any
) -> None:
    settings.CACHES = settings.CACHES | {
        "search": LOCAL | {"LOCATION": "small", "OPTIONS": {"MAX_ENTRIES": 5}}
    }
    add(corpus, "a heron")
    for n in range(12):
        ask(ada, f"heron {n}")
    assert len(caches["search"]._cache) <= 5


def test_measurements_remember_nothing(corpus: Corpus, tmp_path: Any, store: Any) -> None:
    before = cache.hit_rates()
    measure_all(read_collection(write(tmp_path)), ["hybrid"])
    assert cache.hit_rates() == before
    assert not store._cache


def test_the_doctor_says_how_much_was_found_in_memory(
    corpus: Corpus, ada: Viewer, capsys: pytest.CaptureFixture[str]
) -> None:
    add(corpus, "a heron")
    ask(ada)
    ask(ada)
    with pytest.raises(SystemExit):  # no worker runs here
        call_command("doctor")
    (line,) = (one for one in capsys.readouterr().out.splitlines() if "found in memory" in one)
    assert "results of the last 7 days 1 of 2" in line
