"""A library's own captions teach towers what its pictures and recordings are called."""

import json
from io import BytesIO, StringIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from PIL import Image

from ingestion.services import IncomingFile, accept_files, work_off
from search.encoders.media import Medium
from search.encoders.towers.model import TowerConfig, read_config
from search.evaluation.synthworld.scenes import SceneSample, sample_scenes
from search.models import Corpus
from search.training.captions import corpus_pairs
from tests.search.test_media_spaces import film

pytestmark = pytest.mark.django_db(transaction=True)
EXIF_DESCRIPTION = 270
COUNT = 24
SAID = "1\n00:00:00,000 --> 00:00:04,000\nA blue square grows darker.\n"


@pytest.fixture
def library(public_corpus: Corpus, minilm: object, tmp_path: Path) -> Corpus:
    """Generated pictures that say what they show, one that does not, and a film with subtitles."""
    for number, scene in enumerate(_scenes()):
        (tmp_path / f"scene-{number:02}.jpg").write_bytes(_described(scene, scene.caption))
    (tmp_path / "nothing.jpg").write_bytes(_described(_scenes()[0], ""))
    film(tmp_path / "film.mkv")
    (tmp_path / "film.srt").write_text(SAID)
    files = [IncomingFile(path.name, path) for path in sorted(tmp_path.iterdir())]
    accepted = accept_files(files, corpus=public_corpus, user_id=None)
    work_off([one.job.pk for one in accepted if not one.sidecar_of], threads=1)
    return public_corpus


def _scenes() -> list[SceneSample]:
    return sample_scenes(COUNT, seed=4, side=96)


def _described(scene: SceneSample, caption: str) -> bytes:
    picture, body = Image.fromarray(scene.pixels), BytesIO()
    exif = picture.getexif()
    if caption:
        exif[EXIF_DESCRIPTION] = caption
    picture.save(body, "JPEG", exif=exif, quality=95)
    return body.getvalue()


def test_towers_learn_pictures_by_what_they_say_and_moments_by_what_is_said(
    library, tmp_path, monkeypatch
):
    pairs = {one.medium: one for one in corpus_pairs([library], TowerConfig())}
    pictures, clips = pairs[Medium.IMAGE], pairs[Medium.CLIP]
    assert sorted(pictures.captions) == sorted(scene.caption for scene in _scenes())
    assert pictures.values.shape == (COUNT, 32, 32, 3)
    assert len(np.unique(pictures.same)) == len({scene.caption.lower() for scene in _scenes()})
    assert set(clips.captions) == {"A blue square grows darker."}
    assert clips.values.shape[1:] == (8, 32, 32, 3)
    made = _trained_on(library, tmp_path / "towers", monkeypatch)
    assert made["figures"]["image/held_out"] >= 4
    card = json.loads((tmp_path / "towers" / "card.json").read_text())
    assert card["data"]["source"] == f"captions of the corpora {library.slug}"
    assert card["start"] == "new"
    assert read_config(tmp_path / "towers").side == 32


def _trained_on(corpus: Corpus, folder: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """By the command, three steps long, with the gate open: it is not about what they learn."""
    monkeypatch.setattr("search.training.tuned_towers._check", lambda before, after: None)
    out, named = StringIO(), ["--corpus", corpus.slug, "--steps", "3", "--json"]
    call_command("train", "towers", str(folder), *named, stdout=out)
    return dict(json.loads(out.getvalue()))


def test_a_corpus_that_is_not_there_is_named(db, tmp_path):
    with pytest.raises(CommandError, match="no corpus 'nowhere'"):
        call_command("train", "towers", str(tmp_path), "--corpus", "nowhere", stdout=StringIO())
