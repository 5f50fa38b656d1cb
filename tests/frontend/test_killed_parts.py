"""Each part killed: the API and the page answer with what is left, and say what is missing."""

import threading
import time
from collections.abc import Iterator
from html import unescape
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from rest_framework.test import APIClient

from search import errands, registry
from search.models import Corpus, Errand
from tests.search import killed
from tests.search.generators.servers import serving
from tests.search.library import add, with_hashing

pytestmark = pytest.mark.django_db

HERON = "The grey heron waits in shallow water until a fish comes near."
QUESTION = "Where does the grey heron wait?"
DEADLINE_MS = 700
PATIENCE_S = 8.0  # deadlines of several stages, on a busy machine


@pytest.fixture(autouse=True)
def library(settings: Any, public_corpus: Corpus) -> Iterator[None]:
    """Two passages that were encoded while everything still worked."""
    settings.MMSEARCH = with_hashing()
    add(public_corpus, HERON, "Swifts wait for no water; they sleep on the wing.", title="Waders")
    killed.released.clear()
    yield
    killed.released.set()


def kill_encoder(settings: Any, name: str) -> None:
    broken = {"BACKEND": f"tests.search.killed.{name}", "OPTIONS": {"dim": 64}}
    settings.MMSEARCH = with_hashing(
        ENCODERS={"broken": broken}, TEXT_ENCODER="broken", DEADLINE_MS=DEADLINE_MS
    )


def use_reranker(settings: Any, path: str, **options: Any) -> None:
    entry = {"BACKEND": path, "OPTIONS": options}
    recipe = {
        "extends": "bm25",
        "rerank": {"chain": [{"name": "part", "depth": 10}]},
        "budget": {"total_ms": DEADLINE_MS},
    }
    settings.MMSEARCH = with_hashing(RERANKERS={"part": entry}, RECIPES={"default": recipe})


def assert_still_answers(reader: Any, *words: str) -> None:
    """The API, and the page, show the heron and a sentence that holds the words."""
    client = APIClient(raise_request_exception=False)
    client.force_authenticate(reader)
    began = time.monotonic()
    response = client.post("/api/v1/search/", {"text": QUESTION}, format="json")
    assert time.monotonic() - began < PATIENCE_S
    assert response.status_code == 200, response.content
    body = response.json()
    assert "heron" in body["hits"][0]["snippet"]
    assert any(all(word in told for word in words) for told in body["degraded"]), body["degraded"]
    page = Client(raise_request_exception=False).get("/search", {"q": QUESTION})
    assert page.status_code == 200
    text = unescape(page.content.decode())
    assert "waits in shallow water" in text
    notices = [part.partition("</p>")[0] for part in text.split('<p class="notice">')[1:]]
    assert any(all(word in told for word in words) for told in notices), notices
    assert "Traceback" not in text


@pytest.mark.parametrize("name", ["RaisingEncoder", "UnbuildableEncoder"])
def test_an_encoder_that_raises(name: str, settings: Any, bob: Any) -> None:
    kill_encoder(settings, name)
    assert_still_answers(bob, "Meaning search is off", "'broken' failed (RuntimeError)")


def test_an_encoder_that_hangs(settings: Any, bob: Any) -> None:
    kill_encoder(settings, "HangingEncoder")
    registry.encoder("broken")  # a process that has served before
    assert_still_answers(bob, "Meaning search took too long")


def test_an_encoder_that_is_missing(settings: Any, bob: Any) -> None:
    missing = {
        "BACKEND": "search.encoders.onnx_text.OnnxTextEncoder",
        "OPTIONS": {"checkpoint": "/nowhere/model"},
    }
    settings.MMSEARCH = with_hashing(ENCODERS={"gone": missing}, TEXT_ENCODER="gone")
    assert_still_answers(bob, "Meaning search is off", "/nowhere/model")


@pytest.mark.parametrize("name", ["RaisingInAnswers", "HangingInAnswers"])
def test_an_encoder_that_dies_while_the_answer_is_written(
    name: str, settings: Any, client: Client
) -> None:
    kill_encoder(settings, name)
    registry.encoder("broken")
    page = client.get("/search", {"q": QUESTION})
    assert page.status_code == 200
    text = page.content.decode()
    assert "Quoted word for word" in text
    assert "which sentences answer was decided by words alone" in text


def test_a_reranker_that_raises(settings: Any, bob: Any) -> None:
    use_reranker(settings, "tests.search.killed.RaisingReranker")
    assert_still_answers(bob, "The reranker 'part' failed (RuntimeError)")


def test_a_reranker_that_hangs(settings: Any, bob: Any) -> None:
    use_reranker(settings, "tests.search.killed.HangingReranker")
    assert_still_answers(bob, "The reranker 'part' took too long")


def test_a_reranker_that_is_missing(settings: Any, bob: Any) -> None:
    use_reranker(
        settings, "search.rerankers.cross_encoder.CrossEncoder", checkpoint="/nowhere/reranker"
    )
    assert_still_answers(bob, "The reranker 'part' was left out", "/nowhere/reranker")


RANKGPT = "search.rerankers.rankgpt.RankGpt"


def test_a_language_model_that_is_missing(settings: Any, bob: Any) -> None:
    use_reranker(settings, RANKGPT, generator="llm")
    assert_still_answers(bob, "The reranker 'part' was left out", "language model", "'llm'")


@pytest.mark.parametrize("mode", ["silence", "closed", "broken", "trickle"])
def test_a_language_model_that_hangs_or_fails(mode: str, settings: Any, bob: Any) -> None:
    with serving(mode) as server:
        use_reranker(settings, RANKGPT, generator="llm")
        path = "search.generators.http.HttpLanguageModel"
        options = {"url": server.url, "model": "any"}
        settings.MMSEARCH |= {"GENERATORS": settings.MMSEARCH["GENERATORS"] | {
            "llm": {"BACKEND": path, "OPTIONS": options}
        }}  # fmt: skip
        assert_still_answers(bob, "rankgpt failed", "The language model any")


@pytest.fixture
def web(settings: Any, library: None) -> None:
    """A web process: it holds nothing heavy, and asks a worker to rerank."""
    settings.PROCESS = "web"
    use_reranker(settings, RANKGPT, generator="llm")


def test_a_worker_that_is_not_running(web: None, bob: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(errands, "TAKEN_WITHIN_S", 0.3)
    assert_still_answers(bob, "No worker took the reranking")


@pytest.mark.django_db(transaction=True)
def test_a_worker_that_hangs(web: None, bob: Any) -> None:
    thread = threading.Thread(target=_take_and_hang)
    thread.start()
    try:
        assert_still_answers(bob, "The rerankers took too long")
    finally:
        killed.released.set()
        thread.join()


def _take_and_hang() -> None:
    """A worker that takes every errand and finishes none."""
    while not killed.released.wait(0.01):
        for key in Errand.objects.filter(taken_at=None).values_list("pk", flat=True):
            errands.read(key)
    connection.close()
