"""What the tests of the pages share."""

from collections.abc import Callable

import pytest
from django.contrib.auth.models import User
from django.test import Client

from search.models import Corpus, Document, Membership, Role
from tests.frontend import shelves

SignIn = Callable[[User], Client]


@pytest.fixture
def as_reader() -> SignIn:
    """A client with somebody signed in."""

    def sign_in(person: User) -> Client:
        client = Client()
        client.force_login(person)
        return client

    return sign_in


@pytest.fixture
def curator(db: None, private_corpus: Corpus) -> User:
    """Cora curates the private corpus."""
    user = User.objects.create_user("cora", "cora@example.org", "c wader at noon")
    Membership.objects.create(corpus=private_corpus, user=user, role=Role.CURATOR)
    return user


@pytest.fixture
def paper(public_corpus: Corpus) -> Document:
    """A paper of three pages that everybody may read."""
    return shelves.put(public_corpus, shelves.paper())


@pytest.fixture
def film(public_corpus: Corpus) -> Document:
    """A film with a transcript that everybody may see."""
    return shelves.put(public_corpus, shelves.film())


@pytest.fixture
def secret(private_corpus: Corpus) -> Document:
    """A paper that only members of the private corpus may read."""
    return shelves.put(private_corpus, shelves.paper("The secret of the lamp"))
