"""Errors are problem details, whoever raises them."""

import json
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db import OperationalError
from hypothesis import HealthCheck, given
from hypothesis import settings as runs
from hypothesis import strategies as st
from rest_framework.test import APIClient

from frontend.api.settings import rest_framework_settings
from tests.frontend.api.conftest import Shelf, problem

ODD = [
    "\x00", "a\x00b", "\ud800", "\udfff heron", "\u202eheron", "'; DROP TABLE x; --", "{{7*7}}",
    "%s", "heron " * 400, "a" * 2_000_000, "\U0001f4a1" * 2000, "(((", "a & | ! b", '"', "\\", "*",
]  # fmt: skip


def _raw(client: APIClient, address: str, body: str | bytes) -> Any:
    return client.generic("POST", address, body, "application/json")


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ('{"text": ', "line 1, column 10"),
        ('{"text": "a"\n "b"}', "line 2, column 2"),
        (b'{"text": "\xff"}', "UTF-8"),
        ("[" * 200_000, "deeply"),
        ('{"text": NaN}', "NaN"),
        ('{"limit": ' + "9" * 5000 + "}", "JSON"),
    ],
    ids=["cut off", "no comma", "no utf-8", "deep", "nan", "long number"],
)
def test_malformed_json_is_told_where(body: Any, words: str, as_ada: APIClient) -> None:
    found = problem(_raw(as_ada, "/api/v1/search/", body), 400)
    assert words in found["detail"]


@pytest.mark.parametrize("body", ["[]", "5", '"text"', "null", "true"])
@pytest.mark.parametrize("address", ["search", "answers", "corpora", "feedback"])
def test_json_that_is_no_object_is_refused(body: str, address: str, as_ada: APIClient) -> None:
    problem(_raw(as_ada, f"/api/v1/{address}/", body), 400)


def test_a_body_that_is_too_large_is_refused(as_ada: APIClient) -> None:
    body = '{"text": "' + "a" * 3_000_000 + '"}'
    assert "multipart" in problem(_raw(as_ada, "/api/v1/search/", body), 413)["detail"]


def test_another_kind_of_body_is_refused(as_ada: APIClient) -> None:
    problem(as_ada.generic("POST", "/api/v1/search/", "a=b", "text/plain"), 415)


def test_an_address_that_does_not_exist_is_a_problem(nobody: APIClient, as_ada: APIClient) -> None:
    for client in (nobody, as_ada):
        problem(client.get("/api/v1/no-such-thing/"), 404)
        problem(client.get("/api/v2/"), 404)


def test_another_method_is_a_problem(as_ada: APIClient) -> None:
    response = as_ada.delete("/api/v1/corpora/")
    problem(response, 405)


def test_a_forgotten_slash_keeps_the_method(as_ada: APIClient) -> None:
    response = as_ada.post("/api/v1/corpora", {"name": "Storks"}, format="json")
    assert (response.status_code, response["Location"]) == (308, "/api/v1/corpora/")


def test_nothing_of_the_api_is_cached(as_ada: APIClient, nobody: APIClient) -> None:
    for response in (as_ada.get("/api/v1/corpora/"), nobody.get("/api/v1/corpora/")):
        assert response["Cache-Control"] == "no-store"


def test_rates_come_from_the_environment(monkeypatch: Any) -> None:
    monkeypatch.setenv("MMSEARCH_SEARCHES_PER_MINUTE", "7")
    assert rest_framework_settings()["DEFAULT_THROTTLE_RATES"]["search"] == "7/minute"
    monkeypatch.setenv("MMSEARCH_SEARCHES_PER_MINUTE", "many")
    with pytest.raises(ImproperlyConfigured, match="MMSEARCH_SEARCHES_PER_MINUTE"):
        rest_framework_settings()


def test_a_bug_of_ours_shows_nothing_of_it(as_ada: APIClient, monkeypatch: Any) -> None:
    def broken(*args: object) -> None:
        raise RuntimeError("the secret of the house")

    monkeypatch.setattr("frontend.api.corpora.described_corpora", broken)
    found = problem(as_ada.get("/api/v1/corpora/"), 500)
    assert "secret" not in str(found)


def test_a_database_that_is_away_is_told_with_a_time(nobody: APIClient, monkeypatch: Any) -> None:
    def away(*args: object) -> None:
        raise OperationalError("connection refused at secret-host")

    monkeypatch.setattr("frontend.api.authentication.Token.objects.presented", away)
    response = nobody.get("/api/v1/corpora/", headers={"Authorization": "Bearer mms_x"})
    assert "secret-host" not in str(problem(response, 503))
    assert int(response["Retry-After"]) > 0


def test_who_asks_too_often_is_told_when_to_come_back(as_ada: APIClient, settings: Any) -> None:
    rates = settings.REST_FRAMEWORK["DEFAULT_THROTTLE_RATES"] | {"api": "3/hour"}
    settings.REST_FRAMEWORK = settings.REST_FRAMEWORK | {"DEFAULT_THROTTLE_RATES": rates}
    seen = [as_ada.get("/api/v1/corpora/").status_code for _ in range(3)]
    assert seen == [200] * 3
    response = as_ada.get("/api/v1/corpora/")
    problem(response, 429)
    assert 0 < int(response["Retry-After"]) <= 3600


def test_one_who_asks_too_often_does_not_block_another(
    as_ada: APIClient, as_bob: APIClient, settings: Any
) -> None:
    rates = settings.REST_FRAMEWORK["DEFAULT_THROTTLE_RATES"] | {"api": "1/hour"}
    settings.REST_FRAMEWORK = settings.REST_FRAMEWORK | {"DEFAULT_THROTTLE_RATES": rates}
    as_ada.get("/api/v1/corpora/")
    assert as_ada.get("/api/v1/corpora/").status_code == 429
    assert as_bob.get("/api/v1/corpora/").status_code == 200


@pytest.mark.parametrize("text", ODD, ids=range(len(ODD)))
def test_odd_text_never_breaks_the_server(text: str, as_ada: APIClient, open_shelf: Shelf) -> None:
    slug = open_shelf.document.corpus.slug
    document = f"/api/v1/documents/{open_shelf.document.pk}/"
    for method, address, body in (
        ("post", "/api/v1/search/", {"text": text}),
        ("post", "/api/v1/search/", {"text": "a", "corpora": [text]}),
        ("post", "/api/v1/search/", {"text": "a", "recipe": text, "cursor": text}),
        ("post", "/api/v1/search/", {"text": "a", "filters": {"author": [text]}}),
        ("post", "/api/v1/search/", {"text": "a", "filters": {text: text}, "weights": {text: 1}}),
        ("post", "/api/v1/answers/", {"text": text}),
        ("post", "/api/v1/corpora/", {"name": text, "description": text, "slug": text}),
        ("patch", document, {"title": text, "authors": [text], "doi": text, "licence": text}),
        ("put", f"/api/v1/corpora/{slug}/members/ada/", {"role": text}),
        ("post", f"/api/v1/corpora/{slug}/documents/", {"url": text}),
        ("post", "/api/v1/feedback/", {"answer": text, "value": 1, "comment": text}),
    ):
        response = as_ada.generic(method.upper(), address, json.dumps(body), "application/json")
        assert response.status_code < 500, (address, response.content)


@runs(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.text(st.characters(codec=None), max_size=300))
def test_any_text_may_be_asked(text: str, as_ada: APIClient, open_shelf: Shelf) -> None:
    response = _raw(as_ada, "/api/v1/search/", json.dumps({"text": text, "recipe": "bm25"}))
    assert response.status_code in {200, 400, 422}, response.content


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)
_FIELDS = ["text", "corpora", "filters", "weights", "recipe", "limit", "cursor", "passage", "crop",
           "image", "clip", "conversation", "stream"]  # fmt: skip


@runs(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(body=st.dictionaries(st.sampled_from(_FIELDS), _JSON, max_size=4))
def test_any_json_may_be_sent(body: Any, as_ada: APIClient, open_shelf: Shelf) -> None:
    response = _raw(as_ada, "/api/v1/search/", json.dumps(body))
    assert response.status_code in {200, 400, 404, 415, 422}, response.content
