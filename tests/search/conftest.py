"""What the tests of search share."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from django.conf import settings as django_settings

from search.encoders.late_interaction import TokenStates
from search.encoders.onnx_text import OnnxTextEncoder
from search.models import Corpus
from tests.search.library import with_hashing, with_spaces

if TYPE_CHECKING:
    from search.training.checkpoints import Trained


@pytest.fixture(scope="session")
def minilm(own_data_dir: object) -> OnnxTextEncoder:
    """The bundled text encoder, loaded once."""
    return OnnxTextEncoder("minilm", models_dir=django_settings.MMSEARCH["MODELS_DIR"])


@pytest.fixture(scope="session")
def tokens(minilm: OnnxTextEncoder) -> TokenStates:
    """Its token vectors."""
    return TokenStates(text=minilm)


@pytest.fixture(scope="session")
def trained(
    minilm: OnnxTextEncoder, tmp_path_factory: pytest.TempPathFactory
) -> "tuple[Trained, Trained]":
    """Small towers and their fusion, trained once: what came of each; both name the folder."""
    from tests.search.small_towers import train_small

    return train_small(tmp_path_factory.mktemp("towers"), minilm)


@pytest.fixture(scope="session")
def towers_folder(trained: "tuple[Trained, Trained]") -> Path:
    return Path(trained[0].folder)


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
