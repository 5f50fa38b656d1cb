"""Corpora and their members."""

from typing import Any

import pytest
from rest_framework.test import APIClient

from search.models import Corpus, Document, Membership
from tests.frontend.api.conftest import Shelf, problem


def test_whoever_makes_a_corpus_owns_it(as_carol: APIClient) -> None:
    made = as_carol.post("/api/v1/corpora/", {"name": "Storks of Alsace"}, format="json")
    assert made.status_code == 201
    assert made.json() | {"created_at": ""} == {
        "slug": "storks-of-alsace", "name": "Storks of Alsace", "description": "",
        "visibility": "private", "role": "owner", "documents": 0, "passages": 0, "bytes": 0,
        "retention_days": None, "created_at": "",
    }  # fmt: skip
    assert as_carol.get(made["Location"]).json()["slug"] == "storks-of-alsace"


def test_a_slug_that_is_taken_is_a_conflict(as_ada: APIClient, public_corpus: Corpus) -> None:
    body = {"name": "Other", "slug": "lighthouses"}
    assert "taken" in problem(as_ada.post("/api/v1/corpora/", body, format="json"), 409)["detail"]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "name"),
        ({"name": "x" * 201}, "name"),
        ({"name": "!!!"}, "slug"),
        ({"name": "A", "slug": "Ä b"}, "slug"),
        ({"name": "A", "visibility": "secret"}, "visibility"),
        ({"name": "A", "retention_days": 0}, "retention_days"),
        ({"name": "A\x00"}, "name"),
    ],
)
def test_a_wrong_field_is_named(body: dict[str, Any], field: str, as_ada: APIClient) -> None:
    found = problem(as_ada.post("/api/v1/corpora/", body, format="json"), 400)
    assert list(found["errors"]) == [field]


def test_counts_are_those_of_the_corpus(as_bob: APIClient, secret: Shelf) -> None:
    Document.objects.filter(pk=secret.document.pk).update(size=1234)
    body = as_bob.get("/api/v1/corpora/field-notes/").json()
    assert (body["documents"], body["passages"], body["bytes"]) == (1, 2, 1234)
    assert body["role"] == "reader"


def test_a_guest_of_a_public_corpus_has_no_role(as_carol: APIClient, public_corpus: Corpus) -> None:
    assert as_carol.get("/api/v1/corpora/lighthouses/").json()["role"] is None


def test_the_list_holds_what_one_may_see(
    as_ada: APIClient, as_carol: APIClient, private_corpus: Corpus, public_corpus: Corpus
) -> None:
    def slugs(client: APIClient) -> set[str]:
        return {row["slug"] for row in client.get("/api/v1/corpora/").json()["results"]}

    assert slugs(as_ada) == {"field-notes", "lighthouses"}
    assert slugs(as_carol) == {"lighthouses"}


def test_the_cursor_walks_the_whole_list_once(as_ada: APIClient, ada: Any) -> None:
    for number in range(7):
        as_ada.post("/api/v1/corpora/", {"name": f"Corpus {number}"}, format="json")
    address, seen = "/api/v1/corpora/?limit=3", []
    while address:
        page = as_ada.get(address).json()
        seen += [row["slug"] for row in page["results"]]
        address = page["next"]
    assert seen == [f"corpus-{number}" for number in reversed(range(7))]


@pytest.mark.parametrize(
    "query", ["limit=0", "limit=101", "limit=x", "cursor=x", "cursor=cD1hYmM%3D", "cursor=%00"]
)
def test_a_wrong_page_is_refused(query: str, as_ada: APIClient) -> None:
    found = problem(as_ada.get(f"/api/v1/corpora/?{query}"), 400)
    assert list(found["errors"]) == [query.partition("=")[0]]


def test_owners_change_what_others_see_and_curators_do_not(
    as_ada: APIClient, as_bob: APIClient, private_corpus: Corpus
) -> None:
    Membership.objects.filter(user__username="bob").update(role="curator")
    address = "/api/v1/corpora/field-notes/"
    assert as_bob.patch(address, {"name": "Notes"}, format="json").json()["name"] == "Notes"
    for change in ({"visibility": "public"}, {"retention_days": 3}):
        problem(as_bob.patch(address, change, format="json"), 403)
    before = Corpus.objects.get(slug="field-notes").generation
    changed = as_ada.patch(address, {"visibility": "public", "slug": "other"}, format="json").json()
    assert (changed["visibility"], changed["slug"]) == ("public", "field-notes")
    assert Corpus.objects.get(slug="field-notes").generation > before


def test_roles_are_given_changed_and_taken(
    as_ada: APIClient, carol: Any, private_corpus: Corpus
) -> None:
    member = "/api/v1/corpora/field-notes/members/carol/"
    before = Corpus.objects.get(slug="field-notes").generation
    assert as_ada.put(member, {"role": "reader"}, format="json").status_code == 201
    changed = as_ada.put(member, {"role": "curator"}, format="json")
    assert (changed.status_code, changed.json()["role"]) == (200, "curator")
    listed = as_ada.get("/api/v1/corpora/field-notes/members/").json()["results"]
    assert {"username": "carol", "role": "curator"} in listed
    assert as_ada.delete(member).status_code == 204
    problem(as_ada.delete(member), 404)
    assert Corpus.objects.get(slug="field-notes").generation == before + 3


def test_the_last_owner_stays(as_ada: APIClient, private_corpus: Corpus) -> None:
    member = "/api/v1/corpora/field-notes/members/ada/"
    problem(as_ada.delete(member), 409)
    problem(as_ada.put(member, {"role": "reader"}, format="json"), 409)
    as_ada.put("/api/v1/corpora/field-notes/members/bob/", {"role": "owner"}, format="json")
    assert as_ada.delete(member).status_code == 204
    problem(as_ada.get("/api/v1/corpora/field-notes/"), 404)


def test_a_member_may_leave(as_bob: APIClient, private_corpus: Corpus) -> None:
    assert as_bob.delete("/api/v1/corpora/field-notes/members/bob/").status_code == 204
    problem(as_bob.get("/api/v1/corpora/field-notes/"), 404)


@pytest.mark.parametrize("name", ["stranger", "a%00b", "x" * 300])
def test_a_person_who_is_not_there_gets_no_role(
    name: str, as_ada: APIClient, private_corpus: Corpus
) -> None:
    address = f"/api/v1/corpora/field-notes/members/{name}/"
    problem(as_ada.put(address, {"role": "reader"}, format="json"), 404)


def test_a_removed_corpus_takes_its_documents_along(as_ada: APIClient, secret: Shelf) -> None:
    removed = as_ada.delete("/api/v1/corpora/field-notes/")
    assert removed.status_code == 200
    assert removed.json()["documents"][0]["document"] == str(secret.document.pk)
    assert not Document.objects.filter(pk=secret.document.pk).exists()
    problem(as_ada.get("/api/v1/corpora/field-notes/"), 404)
