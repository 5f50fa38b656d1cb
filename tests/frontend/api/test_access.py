"""Every operation of the API, tried by everybody. A new address without a line here fails."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import get_resolver, reverse
from rest_framework.test import APIClient

from frontend.api import health
from search import services
from search.models import Token
from search.types import Query, Viewer
from tests.frontend.api.conftest import CANARY, Shelf

# What each asker gets: nobody, ada who owns, dan who curates, bob who reads, carol, no member.
ALL_MAY = (200, 200, 200, 200, 200)
ALL_SIGNED_IN = (401, 200, 200, 200, 200)
READERS = (401, 200, 200, 200, 404)
CURATORS = (401, 200, 200, 403, 404)
OWNERS = (401, 200, 403, 403, 404)
ONE_PERSON = (401, 200, 404, 404, 404)
EXPECTED: dict[tuple[str, str], tuple[int, int, int, int, int]] = {
    ("healthz", "get"): ALL_MAY,
    ("readyz", "get"): ALL_MAY,
    ("schema", "get"): ALL_MAY,
    ("docs", "get"): ALL_MAY,
    ("corpora", "get"): ALL_SIGNED_IN,
    ("corpora", "post"): (401, 201, 201, 201, 201),
    ("corpus", "get"): READERS,
    ("corpus", "patch"): CURATORS,
    ("corpus", "delete"): OWNERS,
    ("members", "get"): CURATORS,
    ("member", "put"): (401, 201, 403, 403, 404),
    ("member", "delete"): (401, 404, 403, 403, 404),
    ("documents", "get"): READERS,
    ("documents", "post"): (401, 202, 202, 403, 404),
    ("document", "get"): READERS,
    ("document", "patch"): CURATORS,
    ("document", "delete"): CURATORS,
    ("passages", "get"): READERS,
    ("search", "post"): ALL_SIGNED_IN,
    ("answers", "post"): ALL_SIGNED_IN,
    ("answer", "get"): ONE_PERSON,
    ("feedback", "post"): (401, 201, 404, 404, 404),
    ("recipes", "get"): ALL_SIGNED_IN,
    ("preferences", "get"): ALL_SIGNED_IN,
    ("preferences", "put"): ALL_SIGNED_IN,
}
ASKERS = ("nobody", "ada", "dan", "bob", "carol")
SAID_BY_THE_ASKER = {("search", "post"), ("answers", "post")}


def operations() -> Iterator[tuple[str, str]]:
    """Name and method of everything below /api/v1/, taken from the addresses themselves."""
    for prefix, (_, resolver) in get_resolver().namespace_dict.items():
        if prefix == "api":
            names = {key for key in resolver.reverse_dict if isinstance(key, str)}
            for name in sorted(names):
                yield from ((name, method) for method in _methods(resolver, name))


def _methods(resolver: Any, name: str) -> list[str]:
    patterns = list(resolver.url_patterns)
    while patterns:
        pattern = patterns.pop()
        patterns += getattr(pattern, "url_patterns", [])
        if getattr(pattern, "name", None) == name:
            view = getattr(pattern.callback, "view_class", None)
            if view is None:
                return ["get"]
            return [m for m in ("get", "post", "put", "patch", "delete") if hasattr(view, m)]
    raise LookupError(name)


@pytest.fixture
def places(secret: Shelf, ada: Any) -> dict[str, dict[str, Any]]:
    """Arguments of the addresses that need some: all of them lead to ada's private things."""
    corpus = {"slug": secret.document.corpus.slug}
    document = {"document_id": secret.document.pk}
    asked = Query(text=CANARY, corpora=(secret.document.corpus_id,))
    answer = services.open_answer(asked, Viewer(user_id=ada.pk))
    return {
        "corpus": corpus,
        "members": corpus,
        "member": {**corpus, "username": "dora"},
        "documents": corpus,
        "document": document,
        "passages": document,
        "answer": {"answer_id": answer.pk},
    }


def _send(client: APIClient, name: str, method: str, places: dict[str, Any]) -> Any:
    if (name, method) == ("documents", "post"):
        note = SimpleUploadedFile("note.md", b"# A note\n\nA stork is no heron.\n")
        address = reverse("api:documents", kwargs=places["documents"])
        return client.post(address, {"file": note}, format="multipart")
    bodies: dict[tuple[str, str], Any] = {
        ("corpora", "post"): {"name": "Storks"},
        ("corpus", "patch"): {"name": "Renamed"},
        ("member", "put"): {"role": "reader"},
        ("document", "patch"): {"title": "Corrected"},
        ("search", "post"): {"text": f"where does the {CANARY} nest"},
        ("answers", "post"): {"text": f"Where does the {CANARY} nest?"},
        ("preferences", "put"): {"recipe": "fast"},
        ("feedback", "post"): {"answer": places["answer"]["answer_id"], "value": 1},
    }
    address = reverse(f"api:{name}", kwargs=places.get(name, {}))
    return getattr(client, method)(address, bodies.get((name, method)), format="json")


def test_no_operation_is_missing_from_the_matrix() -> None:
    assert sorted(EXPECTED) == sorted(operations())


@pytest.mark.parametrize("asker", ASKERS)
@pytest.mark.parametrize("operation", sorted(EXPECTED), ids=" ".join)
def test_everybody_gets_what_is_theirs_and_no_more(
    operation: tuple[str, str], asker: str, places: Any, request: Any, monkeypatch: Any
) -> None:
    monkeypatch.setattr("mmsearch_site.health.run_checks", list)
    health.forget()
    name, method = operation
    User.objects.create_user("dora")
    for person in ASKERS[1:]:
        request.getfixturevalue(person)
    client = request.getfixturevalue(asker if asker == "nobody" else f"as_{asker}")

    response = _send(client, name, method, places)

    assert response.status_code == EXPECTED[operation][ASKERS.index(asker)], response.content
    if asker in {"nobody", "carol"}:
        assert not _leaks(
            response, told=response.status_code == 200 and operation in SAID_BY_THE_ASKER
        )
    if response.status_code == 401:
        assert response["WWW-Authenticate"].startswith("Bearer")
    if response.status_code >= 400:
        assert response["Content-Type"] == "application/problem+json"


def _leaks(response: Any, *, told: bool) -> bool:
    """Whether a word of the private corpus stands in what a stranger was sent."""
    if not told:
        words = CANARY, "north cliff", "field-notes", "Field notes"
        sent = f"{response.headers} {response.content.decode()}".lower()
        return any(word.lower() in sent for word in words)
    body = response.json()
    return bool(body["hits"] or body.get("total") or body.get("citations"))


@pytest.mark.parametrize("name", ["document", "passages", "answer"])
@pytest.mark.parametrize("key", ["0", "9223372036854775807", "9" * 30, "-1", "x", "1.5", "%00"])
def test_ids_that_lead_nowhere_are_not_found(name: str, key: str, as_ada: APIClient) -> None:
    place = {"document": f"documents/{key}/", "passages": f"documents/{key}/passages/"}
    response = as_ada.get(f"/api/v1/{place.get(name, f'answers/{key}/')}")
    assert response.status_code == 404
    assert response["Content-Type"] == "application/problem+json"


def test_a_session_works_and_writing_needs_the_csrf_token(ada: Any, private_corpus: Any) -> None:
    client = APIClient(enforce_csrf_checks=True)
    client.force_login(ada)
    assert client.get("/api/v1/corpora/field-notes/").status_code == 200
    refused = client.post("/api/v1/corpora/", {"name": "Storks"}, format="json")
    assert refused.status_code == 403
    assert refused["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize("word", ["mms_wrong", "", "a b", "mms_\xe9", "x" * 5000])
def test_a_token_that_opens_nothing_is_refused(word: str, nobody: APIClient) -> None:
    response = nobody.get("/api/v1/corpora/", headers={"Authorization": f"Bearer {word}"})
    assert response.status_code == 401
    assert response["WWW-Authenticate"].startswith("Bearer")


def test_a_token_loses_its_rights_with_its_owner(ada: Any, as_ada: APIClient) -> None:
    assert as_ada.get("/api/v1/corpora/").status_code == 200
    ada.is_active = False
    ada.save()
    assert as_ada.get("/api/v1/corpora/").status_code == 401


def test_the_use_of_a_token_is_noted_at_most_once_a_minute(as_ada: APIClient, ada: Any) -> None:
    as_ada.get("/api/v1/corpora/")
    first = Token.objects.get(user=ada).used_at
    as_ada.get("/api/v1/corpora/")
    assert first is not None
    assert Token.objects.get(user=ada).used_at == first


def test_a_change_of_readers_counts_from_the_next_request_on(
    as_ada: APIClient, as_carol: APIClient, secret: Shelf
) -> None:
    address = f"/api/v1/documents/{secret.document.pk}/"
    assert as_carol.get(address).status_code == 404
    member = "/api/v1/corpora/field-notes/members/carol/"
    as_ada.put(member, {"role": "reader"}, format="json")
    assert as_carol.get(address).status_code == 200
    as_ada.delete(member)
    assert as_carol.get(address).status_code == 404
