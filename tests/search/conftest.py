"""What the tests of search share."""

from typing import Any

import pytest

from search.models import Corpus
from tests.search.library import with_hashing, with_spaces


@pytest.fixture
def hashing(settings: Any) -> Any:
    """Search by words and by an encoder that needs no weights."""
    settings.MMSEARCH = with_hashing()
    return settings


@pytest.fixture
def all_spaces(corpus: Corpus, settings: Any) -> Any:
    """Documents are read by an encoder of each kind."""
    settings.MMSEARCH = with_spaces()
    return settings


@pytest.fixture
def corpus(db: None, hashing: Any) -> Corpus:
    """An empty corpus."""
    return Corpus.objects.create(slug="birds", name="Birds")


@pytest.fixture
def other_corpus(db: None, hashing: Any) -> Corpus:
    """Another empty corpus, that a viewer of the first may not see."""
    return Corpus.objects.create(slug="secrets", name="Secrets")
