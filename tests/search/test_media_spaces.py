"""Encoders that look and listen, from a user's settings to the hit; tiny random models stand in."""

import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

from ingestion.services import IncomingFile, accept_files, read_question, work_off
from search import pipeline, services
from search.encoders import miniatures
from search.models import Corpus, Passage, TokenVectors, Vector, VectorSpace
from search.types import Query, Viewer
from tests.ingestion.media.clips import write_sound, write_video
from tests.search.library import with_hashing
from tests.search.test_seeing import page, png

pytestmark = pytest.mark.django_db(transaction=True)
VIEWER = Viewer(unrestricted=True)
CLASSES = {
    "open_clip": "search.encoders.open_clip_image.OpenClip",
    "x_clip": "search.encoders.video_models.XClip",
    "clap": "search.encoders.sentence_media.SentenceMedia",
    "col_qwen2": "search.encoders.page_images.PageImages",
    "qwen3_vl": "search.encoders.sentence_media.SentenceMedia",
}


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """settings' ENCODERS, as a user would write them."""
    home = tmp_path_factory.mktemp("models")
    return {
        kind: {
            "BACKEND": path,
            "OPTIONS": {"checkpoint": str(miniatures.save(kind, home / kind))},
        }
        for kind, path in CLASSES.items()
    }


@pytest.fixture
def with_models(settings: Any, models: dict[str, Any]) -> Iterator[Any]:
    own = with_hashing()
    settings.MMSEARCH = own | {
        "ENCODERS": own["ENCODERS"] | models,
        "MEDIA_SPACES": list(CLASSES),
    }
    yield settings


@pytest.fixture
def library(public_corpus: Corpus, tmp_path: Path) -> dict[str, Path]:
    """Two pictures, a moving one and two sounds, put in and walked to their end."""
    files = {name: tmp_path / name for name in ("one.png", "two.png", "film.mkv", "a.wav", "b.wav")}
    files["one.png"].write_bytes(png(page(1)))
    files["two.png"].write_bytes(png(page(2)))
    film(files["film.mkv"])
    write_sound(files["a.wav"], [(2, 0.7)])
    write_sound(files["b.wav"], [(1, 0.1), (1, 0.9)])
    accepted = accept_files(
        [IncomingFile(name, path) for name, path in files.items()],
        corpus=public_corpus,
        user_id=None,
    )
    work_off([one.job.pk for one in accepted], threads=1)
    return files


def film(path: Path) -> None:
    from PIL import Image

    rng = random.Random(3)
    pictures = [Image.new("RGB", (160, 120), (rng.randrange(60), 6 * n, 200)) for n in range(40)]
    write_video(path, [(100 * n, one) for n, one in enumerate(pictures)], size=(160, 120))


def asked(path: Path, medium: str, text: str = "") -> Query:
    one, _ = read_question(path, path.name, medium=medium)
    corpora = services.visible_corpora(VIEWER)
    return Query(text=text, corpora=corpora, media=(one,))


def test_each_encoder_reads_what_it_is_made_for_and_finds_it_again(with_models, library) -> None:
    kinds: dict[str, set[str]] = {}
    for table in (Vector, TokenVectors):
        for alias, kind in table.objects.values_list("space__alias", "passage__kind"):
            kinds.setdefault(alias, set()).add(kind)
    assert kinds["open_clip"] == kinds["qwen3_vl"] == {"image", "video"}
    assert (kinds["x_clip"], kinds["clap"], kinds["col_qwen2"]) == ({"video"}, {"audio"}, {"image"})

    for name, medium, runs in (
        ("two.png", "image", {"image:open_clip", "image:col_qwen2", "image:qwen3_vl"}),
        ("film.mkv", "clip", {"video:open_clip", "video:x_clip", "video:qwen3_vl"}),
        ("b.wav", "audio", {"audio:clap"}),
    ):
        found = pipeline.find(asked(library[name], medium))
        best = found.candidates[0]
        assert best.source.filename == name
        assert runs <= best.signals.keys()
        assert not found.degraded

    corpora = services.visible_corpora(VIEWER)
    body = services.open_search(Query(text="a blue heron", corpora=corpora), VIEWER).body
    assert any("image:open_clip" in hit["signals"] for hit in body["hits"])
    both = pipeline.find(asked(library["one.png"], "image", "by night"))
    assert "image:open_clip" in both.candidates[0].signals


def test_an_encoder_that_comes_later_reads_what_is_there(settings, models, library) -> None:
    assert not VectorSpace.objects.filter(alias="open_clip").exists()
    own = with_hashing()
    settings.MMSEARCH = own | {
        "ENCODERS": own["ENCODERS"] | models,
        "MEDIA_SPACES": ["open_clip", "clap"],
    }
    before = pipeline.find(asked(library["one.png"], "image"))
    assert any("build_space open_clip" in sentence for sentence in before.degraded)
    for alias in ("open_clip", "clap"):
        call_command("build_space", alias)
        call_command("build_space", alias)
    seen = Passage.objects.filter(text="", kind__in=["image", "video"]).count()
    assert Vector.objects.filter(space__alias="open_clip").count() == seen
    heard = pipeline.find(asked(library["a.wav"], "audio"))
    assert heard.candidates[0].source.filename == "a.wav"


def test_a_missing_encoder_costs_only_itself_and_is_named(settings, models, library) -> None:
    sound = pipeline.find(asked(library["a.wav"], "audio"))
    assert sound.candidates == ()
    assert any("MMSEARCH_SOUND_MODEL" in sentence for sentence in sound.degraded)

    own = with_hashing()
    gone = {"BACKEND": CLASSES["open_clip"], "OPTIONS": {"checkpoint": "/no-such-folder"}}
    settings.MMSEARCH = own | {
        "ENCODERS": own["ENCODERS"] | {"eyes": gone},
        "MEDIA_SPACES": ["eyes"],
    }
    found = pipeline.find(asked(library["one.png"], "image"))
    assert found.candidates[0].source.filename == "one.png"  # by its details
    assert any("'eyes'" in s and "/no-such-folder" in s for s in found.degraded)
