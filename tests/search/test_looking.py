"""In which manner encoders that look and listen are asked; towers that learned nothing stand in."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ingestion.services import IncomingFile, accept_files, read_question, work_off
from search import looking, pipeline, services
from search.evaluation.synthworld import films, scenes
from search.looking import Manner
from search.models import Corpus
from search.types import Filters, Query, Step, Viewer
from tests.ingestion.media.clips import write_sound
from tests.search.library import with_hashing
from tests.search.small_towers import save_random

pytestmark = pytest.mark.django_db(transaction=True)
VIEWER = Viewer(unrestricted=True)
SCENES = scenes.sample_scenes(3, seed=4, side=96, things=1, views=2)


@pytest.fixture
def with_towers(settings: Any, minilm: Any, tmp_path: Path) -> Iterator[Any]:
    own = with_hashing()
    text = settings.MMSEARCH["ENCODERS"]["minilm"]
    folder = save_random(tmp_path / "towers", minilm)
    towers = {
        "BACKEND": "search.encoders.towers.encoder.Towers",
        "OPTIONS": {"checkpoint": str(folder), "text": "minilm"},
    }
    settings.MMSEARCH = own | {
        "ENCODERS": own["ENCODERS"] | {"minilm": text, "towers": towers},
        "MEDIA_SPACES": ["towers"],
    }
    yield settings


@pytest.fixture
def library(with_towers: Any, public_corpus: Corpus, tmp_path: Path) -> Path:
    """Three things, each pictured twice, and a sound."""
    for n, one in enumerate(SCENES):
        (tmp_path / f"{n}.png").write_bytes(films.png(one.pixels))
    write_sound(tmp_path / "a.wav", [(2, 0.7)])
    paths = [*sorted(tmp_path.glob("*.png")), tmp_path / "a.wav"]
    files = [IncomingFile(path.name, path) for path in paths]
    accepted = accept_files(files, corpus=public_corpus, user_id=None)
    work_off([one.job.pk for one in accepted], threads=1)
    return tmp_path


def picture(folder: Path, name: str, **fields: Any) -> Query:
    one, _ = read_question(folder / name, name, medium="image")
    return Query(corpora=services.visible_corpora(VIEWER), media=(one,), **fields)


def refined(seconds: float = 60.0, **options: Any) -> Manner:
    return Manner((Step("superglobal", options),), time.monotonic() + seconds)


def scores(query: Query, manner: Manner) -> dict[int, float]:
    run, _ = looking.by_encoder("towers", query, Filters(), manner)
    assert run is not None
    assert [hit.score for hit in run.hits] == sorted((h.score for h in run.hits), reverse=True)
    return {hit.passage_id: hit.score for hit in run.hits}


def test_a_recipe_refines_what_looks_like_a_picture_and_without_neighbours_nothing(library) -> None:
    query = picture(library, "0.png")
    plain = scores(query, looking.AS_IT_IS)
    assert len(plain) == 7
    assert scores(query, refined(neighbours=0)) == pytest.approx(plain, abs=5e-5)
    again = scores(query, refined())
    assert again.keys() == plain.keys()
    assert again != pytest.approx(plain, abs=1e-4)
    found = pipeline.find(picture(library, "0.png", recipe="image_superglobal"))
    assert found.candidates[0].source.filename == "0.png"
    assert not found.degraded


def test_a_question_in_words_and_a_sound_are_never_refined(library) -> None:
    words = Query(text="a red circle", corpora=services.visible_corpora(VIEWER))
    assert scores(words, refined()) == scores(words, looking.AS_IT_IS)
    one, _ = read_question(library / "a.wav", "a.wav", medium="audio")
    sound = Query(corpora=services.visible_corpora(VIEWER), media=(one,))
    assert scores(sound, refined()) == scores(sound, looking.AS_IT_IS)


def test_without_time_the_list_stays_and_a_sentence_says_so(library) -> None:
    query = picture(library, "0.png")
    run, notes = looking.by_encoder("towers", query, Filters(), refined(seconds=0.0))
    assert run is not None
    assert {h.passage_id: h.score for h in run.hits} == scores(query, looking.AS_IT_IS)
    assert notes == [looking.NOT_REFINED.format("towers")]


def test_a_manner_reaches_a_worker_as_it_was_meant() -> None:
    sent = refined(seconds=30.0, neighbours=3)
    arrived = Manner.read(sent.written())
    assert arrived.refiners == sent.refiners
    assert 29.0 < arrived.left_s <= 30.0
