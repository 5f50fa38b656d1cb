"""A moment's frames, sound and subtitles as one vector, from the file to the hit."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.core.management import call_command

from ingestion.services import IncomingFile, accept_files, work_off
from search import pipeline, services
from search.evaluation.synthworld import films, motions, sounds
from search.models import Corpus, Vector
from search.types import Query, Viewer
from tests.search.library import with_hashing
from tests.search.small_towers import save_random

pytestmark = pytest.mark.django_db(transaction=True)
VIEWER = Viewer(unrestricted=True)
CUE = b"WEBVTT\n\n00:00.000 --> 00:02.000\nThe keeper lit the lamp.\n"


@pytest.fixture
def spaces(settings: Any, minilm: Any, tmp_path: Path) -> dict[str, Any]:
    own, folder = with_hashing(), str(save_random(tmp_path / "towers", minilm))
    towers = {"checkpoint": folder, "text": "minilm"}
    return own | {
        "ENCODERS": {
            **own["ENCODERS"],
            "minilm": settings.MMSEARCH["ENCODERS"]["minilm"],
            "towers": {"BACKEND": "search.encoders.towers.encoder.Towers", "OPTIONS": towers},
            "fused": {
                "BACKEND": "search.encoders.fused_media.FusedMedia",
                "OPTIONS": {"media": "towers", "checkpoint": folder, "weights": {"clip": 2.0}},
            },
        },
        "MEDIA_SPACES": ["fused", "towers"],  # in any order
    }


def put(corpus: Corpus, folder: Path) -> None:
    """A film with sound and subtitles, and a silent one."""
    clips = motions.sample_clips(2, seed=0, side=96)
    sound = np.tile(sounds.sample_sounds(1, seed=0)[0].samples, 2)
    (folder / "talk.mp4").write_bytes(films.film([clips[0].frames], 0.25, sound=sound))
    (folder / "talk.vtt").write_bytes(CUE)
    (folder / "silent.mp4").write_bytes(films.film([clips[1].frames], 0.25))
    paths = [folder / name for name in ("talk.mp4", "talk.vtt", "silent.mp4")]
    files = [IncomingFile(path.name, path) for path in paths]
    accepted = accept_files(files, corpus=corpus, user_id=None)
    work_off([one.job.pk for one in accepted if not one.sidecar_of], threads=1)


def stored(alias: str) -> dict[tuple[str, str], Vector]:
    rows = Vector.objects.filter(space__alias=alias).select_related("passage__document")
    return {(row.passage.document.filename, row.passage.kind): row for row in rows}


def test_a_moment_is_stored_as_one_vector_with_what_each_medium_weighs(
    settings, spaces, public_corpus, tmp_path
) -> None:
    settings.MMSEARCH = spaces
    put(public_corpus, tmp_path)
    fused, parts = stored("fused"), stored("towers")
    assert fused.keys() == parts.keys()
    assert fused["talk.mp4", "video"].weights == {"text": 0.25, "clip": 0.5, "sound": 0.25}
    assert fused["talk.mp4", "audio"].weights == {"text": 0.5, "sound": 0.5}
    assert fused["silent.mp4", "video"].weights == {"clip": 1.0}
    alone = [row["silent.mp4", "video"].values for row in (fused, parts)]
    assert np.allclose(*alone, atol=1e-3)
    assert all(row.weights is None for row in parts.values())

    body = services.open_search(
        Query(text="the keeper", corpora=(public_corpus.pk,), recipe="default"), VIEWER
    ).body
    talk = next(h for h in body["hits"] if h["kind"] == "video" and "video:fused" in h["signals"])
    assert {"video:fused", "text:fused", "audio:fused"} <= talk["signals"].keys()
    assert sum(one["share"] for one in talk["signals"].values()) == pytest.approx(1, abs=1e-4)
    shares = talk["modality_shares"]
    assert sum(shares.values()) == pytest.approx(1, abs=1e-4)
    assert shares["text"] > 0
    assert shares["audio"] > 0


def test_each_condition_is_told_for_each_medium(settings, spaces, public_corpus, tmp_path) -> None:
    settings.MMSEARCH = spaces | {"MEDIA_SPACES": ["fused"]}
    put(public_corpus, tmp_path)
    query = Query("a lamp and a rising tone", (public_corpus.pk,), recipe="multi_condition")
    found = pipeline.find(query)
    talk = next(one for one in found.candidates if "video:fused" in one.signals)
    assert "audio:fused by condition 2: a rising tone" in talk.signals
    assert sum(s.part for s in talk.signals.values()) == pytest.approx(talk.score, rel=1e-5)


def test_what_comes_later_is_joined_from_what_is_stored_and_is_the_same(
    settings, spaces, public_corpus, tmp_path
) -> None:
    settings.MMSEARCH = spaces | {"MEDIA_SPACES": ["towers"]}
    put(public_corpus, tmp_path)
    assert not stored("fused")  # nobody asked for it
    settings.MMSEARCH = spaces
    call_command("build_space", "fused")
    later = stored("fused")
    Vector.objects.filter(space__alias__in=["fused", "towers"]).delete()
    call_command("build_space", "fused")  # without what the towers had made
    again = stored("fused")
    assert later.keys() == again.keys()
    for key, row in later.items():
        assert row.weights == again[key].weights
        vectors = [one.values for one in (row, again[key])]
        assert np.allclose(*vectors, atol=2e-3)
