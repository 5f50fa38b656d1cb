"""In which manner encoders that look and listen are asked; towers that learned nothing stand in."""

import json
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ingestion.services import IncomingFile, accept_files, read_question, work_off
from search import looking, pipeline, seeing, services
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
    return Manner((Step("superglobal", options),), ends=time.monotonic() + seconds)


EACH = Step("multi_condition", {"share": 0.5, "sharpness": 10.0})


def scores(query: Query, manner: Manner) -> dict[int, float]:
    looked = looking.by_encoder("towers", query, Filters(), manner)
    assert looked is not None
    run = looked.run
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
    looked = looking.by_encoder("towers", query, Filters(), refined(seconds=0.0))
    assert looked is not None
    assert {h.passage_id: h.score for h in looked.run.hits} == scores(query, looking.AS_IT_IS)
    assert looked.notes == (looking.NOT_REFINED.format("towers"),)


def test_a_manner_reaches_a_worker_as_it_was_meant() -> None:
    sent = replace(refined(seconds=30.0, neighbours=3), conditions=EACH)
    arrived = Manner.read(json.loads(json.dumps(sent.written())))
    assert (arrived.refiners, arrived.conditions) == (sent.refiners, EACH)
    assert 29.0 < arrived.left_s <= 30.0


def test_each_condition_of_a_question_counts_and_is_told(library) -> None:
    query = picture(library, "0.png", text="a red circle and a rising tone")
    body = services.open_search(replace(query, recipe="multi_condition"), VIEWER).body
    best = body["hits"][0]
    told = best["signals"]["image:towers"]["conditions"]
    assert [one["condition"] for one in told] == ["the picture", "a red circle", "a rising tone"]
    assert sum(one["share"] for one in best["signals"].values()) == pytest.approx(1.0, abs=1e-4)
    assert sum(one["share"] for one in told) <= best["signals"]["image:towers"]["share"]
    assert best["signals"]["image:towers"]["added"] == 0.0
    assert "for “a red circle”" in best["explanation"]
    assert sum(best["modality_shares"].values()) == pytest.approx(1.0, abs=1e-4)


def test_one_condition_is_asked_as_without_the_recipe(library) -> None:
    manner = Manner(conditions=EACH)
    for query in (
        picture(library, "0.png"),
        Query("a red circle", picture(library, "0.png").corpora),
    ):
        looked = looking.by_encoder("towers", query, Filters(), manner)
        plain = looking.by_encoder("towers", query, Filters(), looking.AS_IT_IS)
        assert looked is not None
        assert looked == plain
        assert not looked.portions


def test_what_conditions_gave_comes_back_from_a_worker_as_it_was(library) -> None:
    query = picture(library, "0.png", text="a red circle and a rising tone")
    seen = seeing.see_here(query, Filters(), Manner(conditions=EACH))
    assert seen.portions["image:towers"]
    assert seeing._read(json.loads(json.dumps(seeing._written(seen)))) == seen
