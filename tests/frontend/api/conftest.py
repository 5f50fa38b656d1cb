"""Three people, a token, and two small libraries behind the API."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.cache import cache
from rest_framework.test import APIClient

from search.models import Corpus, Document, Membership, Passage, Role, Token
from tests.search.library import add, with_hashing

CANARY = "quetzalcoatlus"
SECRET_TEXTS = (
    f"The {CANARY} nests on the north cliff and returns every spring.",
    f"Nobody but the keeper knows where the {CANARY} feeds at dusk.",
)
PUBLIC_TEXTS = (
    "The lighthouse keeper lights the lamp at dusk and puts it out at dawn.",
    "A grey heron stands still for twenty minutes before it strikes.",
)


@dataclass
class Shelf:
    """A searchable document and its passages."""

    document: Document
    passages: list[Passage]


@pytest.fixture(autouse=True)
def fresh_counts() -> Iterator[None]:
    """No test is throttled by another."""
    cache.clear()
    yield
    cache.clear()


@pytest.fixture(autouse=True)
def hashing(settings: Any) -> Any:
    """Search by words and by an encoder that needs no weights."""
    settings.MMSEARCH = with_hashing()
    return settings


@pytest.fixture
def secret(private_corpus: Corpus) -> Shelf:
    """A document of which carol must not learn a word."""
    return _shelf(private_corpus, SECRET_TEXTS, f"On the {CANARY}")


@pytest.fixture
def open_shelf(public_corpus: Corpus) -> Shelf:
    """A document everybody may read."""
    return _shelf(public_corpus, PUBLIC_TEXTS, "Notes of a keeper")


def _shelf(corpus: Corpus, texts: tuple[str, ...], title: str) -> Shelf:
    keys = add(corpus, *texts, title=title, media_type="text/plain")
    passages = [Passage.objects.get(pk=key) for key in keys]
    return Shelf(passages[0].document, passages)


@pytest.fixture
def signed_in() -> Callable[[User], APIClient]:
    """A client that carries a person's token."""

    def make(person: User) -> APIClient:
        _, text = Token.mint(person.pk)
        client = APIClient(raise_request_exception=False)
        client.credentials(HTTP_AUTHORIZATION=f"Bearer {text}")
        return client

    return make


@pytest.fixture
def as_ada(signed_in: Any, ada: User) -> APIClient:
    return signed_in(ada)


@pytest.fixture
def dan(private_corpus: Corpus) -> User:
    """Curates the private corpus."""
    person = User.objects.create_user("dan")
    Membership.objects.create(corpus=private_corpus, user=person, role=Role.CURATOR)
    return person


@pytest.fixture
def as_dan(signed_in: Any, dan: User) -> APIClient:
    return signed_in(dan)


@pytest.fixture
def as_bob(signed_in: Any, bob: User) -> APIClient:
    return signed_in(bob)


@pytest.fixture
def as_carol(signed_in: Any, carol: User) -> APIClient:
    return signed_in(carol)


@pytest.fixture
def nobody(db: None) -> APIClient:
    return APIClient(raise_request_exception=False)


def problem(response: Any, status: int) -> dict[str, Any]:
    """The body of a response that must be problem details with this status."""
    assert response.status_code == status, getattr(response, "content", b"")[:500]
    assert response["Content-Type"] == "application/problem+json"
    body = response.json()
    assert body.keys() >= {"type", "title", "status", "detail", "errors"}
    assert body["status"] == status
    assert body["detail"]
    assert "Traceback" not in response.content.decode()
    return body
