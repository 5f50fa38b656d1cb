"""A person's own way of searching: on the page, over the API, and before what a corpus says."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from search import services
from search.models import Corpus, Preference
from search.types import Query, Viewer
from tests.frontend.conftest import SignIn
from tests.search.library import with_hashing


@pytest.fixture(autouse=True)
def _hashing(settings: Any) -> None:
    settings.MMSEARCH = with_hashing()


def recipe_of(user: User, corpus: Corpus, **fields: Any) -> tuple[str, str]:
    query = Query(text="heron", corpora=(corpus.pk,), **fields)
    body = services.open_search(query, Viewer(user_id=user.pk)).body
    return body["recipe"], body["recipe_chosen_by"]


def test_the_question_comes_before_the_person_and_the_person_before_the_corpus(
    ada: User, private_corpus: Corpus
) -> None:
    assert recipe_of(ada, private_corpus) == ("default", "default")
    Corpus.objects.filter(pk=private_corpus.pk).update(recipe="dense")
    assert recipe_of(ada, private_corpus) == ("dense", "corpus")
    services.prefer(Viewer(user_id=ada.pk), "fast")
    assert recipe_of(ada, private_corpus) == ("fast", "person")
    assert recipe_of(ada, private_corpus, recipe="bm25") == ("bm25", "question")


def test_one_persons_choice_is_not_anothers(ada: User, bob: User, private_corpus: Corpus) -> None:
    services.prefer(Viewer(user_id=ada.pk), "fast")
    assert recipe_of(bob, private_corpus) == ("default", "default")


def test_a_choice_is_made_on_a_page_without_scripts(as_reader: SignIn, ada: User) -> None:
    client = as_reader(ada)
    page = client.get("/preferences").content.decode()
    assert 'value="balanced"' in page
    assert 'value="cross_encoder"' not in page  # it cannot run here
    done = client.post("/preferences", {"recipe": "balanced"}, follow=True)
    assert "Your next questions are searched for so." in done.content.decode()
    assert 'value="balanced" checked' in done.content.decode()
    assert Preference.objects.get(user=ada).recipe == "balanced"


def test_a_name_that_is_no_recipe_is_refused_and_changes_nothing(
    as_reader: SignIn, ada: User
) -> None:
    client = as_reader(ada)
    done = client.post("/preferences", {"recipe": "nonsense"}, follow=True)
    assert "There is no recipe &#x27;nonsense&#x27;" in done.content.decode()
    assert not Preference.objects.exists()


def test_nobody_chooses_without_signing_in(client: Client, db: None) -> None:
    assert client.get("/preferences").status_code == 302
    refused = client.put(
        "/api/v1/preferences/", {"recipe": "fast"}, content_type="application/json"
    )
    assert refused.status_code in {401, 403, 422}
    assert not Preference.objects.exists()


def test_a_choice_is_read_and_written_over_the_api(as_reader: SignIn, ada: User) -> None:
    client = as_reader(ada)
    address = "/api/v1/preferences/"
    assert client.get(address).json() == {"recipe": ""}
    put = client.put(address, {"recipe": "balanced"}, content_type="application/json")
    assert put.json() == {"recipe": "balanced"}
    wrong = client.put(address, {"recipe": "nonsense"}, content_type="application/json")
    assert wrong.status_code == 422
    assert client.get(address).json() == {"recipe": "balanced"}


def test_a_recipe_that_went_away_falls_back_and_is_named(ada: User, private_corpus: Corpus) -> None:
    Preference.objects.create(user=ada, recipe="gone")
    body = services.open_search(
        Query(text="heron", corpora=(private_corpus.pk,)), Viewer(user_id=ada.pk)
    ).body
    assert body["recipe"] == "default"
    assert any("The person asks for the recipe 'gone'" in one for one in body["degraded"])


def test_a_choice_that_cannot_run_here_is_said(as_reader: SignIn, ada: User) -> None:
    Preference.objects.create(user=ada, recipe="cross_encoder")
    page = as_reader(ada).get("/preferences").content.decode()
    assert "Your choice, cross_encoder, cannot run here" in page
