"""A web process and a real worker, between them a row and a message."""

import subprocess
from typing import Any

import pytest

from search import errands, pipeline
from search.models import Corpus, Errand
from tests.search.library import add, question

pytestmark = pytest.mark.worker


def test_a_real_worker_reranks_for_the_web(
    worker: subprocess.Popen[bytes], settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.PROCESS = "web"
    monkeypatch.setattr(errands, "TAKEN_WITHIN_S", 30.0)  # a busy machine
    settings.MMSEARCH = settings.MMSEARCH | {
        "RECIPES": {"patient": {"extends": "two_stage_maxsim", "budget": {"total_ms": 60_000}}}
    }
    corpus = Corpus.objects.create(slug="birds", name="Birds")
    add(corpus, "The heron waits in shallow water.", "Swifts sleep on the wing.")
    found = pipeline.find(question("a bird that waits in water", corpus, recipe="patient"))
    assert found.degraded == ()
    assert all("maxsim" in candidate.signals for candidate in found.candidates)
    assert found.candidates[0].text.startswith("The heron")
    assert not Errand.objects.exists()
