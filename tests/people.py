"""Three people and two corpora: ada owns, bob shares, carol must see nothing private."""

import pytest
from django.contrib.auth.models import User

from search.models import Corpus, Membership, Role, Visibility
from search.types import Viewer


def viewer(person: User) -> Viewer:
    """The person as retrieval sees them."""
    return Viewer(user_id=person.pk)


@pytest.fixture
def ada(db: None) -> User:
    """Owns both corpora."""
    return User.objects.create_user("ada", "ada@example.org", "a heron at dawn")


@pytest.fixture
def bob(db: None) -> User:
    """Reads the private corpus because ada shared it."""
    return User.objects.create_user("bob", "bob@example.org", "b heron at dawn")


@pytest.fixture
def carol(db: None) -> User:
    """A stranger to the private corpus: nothing of it may reach her."""
    return User.objects.create_user("carol", "carol@example.org", "c heron at dawn")


@pytest.fixture
def private_corpus(ada: User, bob: User) -> Corpus:
    """Ada owns it, bob reads it, nobody else knows that it exists."""
    corpus = Corpus.objects.create(slug="field-notes", name="Field notes")
    Membership.objects.create(corpus=corpus, user=ada, role=Role.OWNER)
    Membership.objects.create(corpus=corpus, user=bob, role=Role.READER)
    return corpus


@pytest.fixture
def public_corpus(ada: User) -> Corpus:
    """Open to whoever may use the site; ada owns it."""
    corpus = Corpus.objects.create(
        slug="lighthouses", name="Lighthouses", visibility=Visibility.PUBLIC
    )
    Membership.objects.create(corpus=corpus, user=ada, role=Role.OWNER)
    return corpus
