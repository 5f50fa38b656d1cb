"""Settings name rerankers by dotted path, and the registry hands them what they need."""

from typing import Any

import pytest

from search import registry
from search.errors import ConfigurationError
from search.rerankers.cascade import Cascade
from search.rerankers.e2rank import E2Rank
from tests.search.library import with_hashing
from tests.search.rerankers.shelf import HERON, ids, shelf

STUB = {"BACKEND": "search.generators.stub.StubLanguageModel", "OPTIONS": {"seed": 3}}
NONE = {"BACKEND": "search.generators.language_model.NoLanguageModel"}
RERANKERS: dict[str, Any] = {
    "words": {"BACKEND": "search.rerankers.term_overlap.TermOverlap"},
    "listwise": {
        "BACKEND": "search.rerankers.rankgpt.RankGpt",
        "OPTIONS": {"generator": "stub", "show_scores": ["bm25"]},
    },
    "careful": {
        "BACKEND": "search.rerankers.cascade.Cascade",
        "OPTIONS": {"stages": ["words", "listwise"], "depths": [20, 5]},
    },
    "embedded": {
        "BACKEND": "search.rerankers.e2rank.E2Rank",
        "OPTIONS": {"encoder": "hashing"},
    },
    "without": {
        "BACKEND": "search.rerankers.rankgpt.RankGpt",
        "OPTIONS": {"generator": "none"},
    },
    "nowhere": {
        "BACKEND": "search.rerankers.cross_encoder.CrossEncoder",
        "OPTIONS": {"checkpoint": "/nowhere/ce"},
    },
}


@pytest.fixture(autouse=True)
def configured(settings: Any) -> None:
    settings.MMSEARCH = {
        **with_hashing(),
        "GENERATORS": {"stub": STUB, "none": NONE},
        "RERANKERS": RERANKERS,
    }


def test_a_cascade_gets_its_stages_and_they_their_model() -> None:
    cascade = registry.reranker("careful")
    assert isinstance(cascade, Cascade)
    assert sorted(ids(cascade.rerank(HERON, shelf()).candidates)) == ids(shelf())


def test_an_encoder_may_take_the_place_of_a_language_model() -> None:
    assert isinstance(registry.reranker("embedded"), E2Rank)


def test_a_reranker_whose_model_cannot_is_refused_when_it_is_built() -> None:
    with pytest.raises(ConfigurationError, match="'none' cannot"):
        registry.reranker("without")


def test_doctor_can_tell_what_is_missing_without_loading() -> None:
    states = {state.alias: state for state in registry.describe_models()}
    assert states["listwise"].present
    assert not states["nowhere"].present
    assert "/nowhere/ce" in states["nowhere"].detail
    assert not registry.is_loaded("RERANKERS", "listwise")
