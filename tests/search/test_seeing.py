"""Questions that are pictures: known again by their details, and by nobody who may not see."""

import io
import random
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from django.core.management import call_command
from PIL import Image, ImageDraw, ImageFont

from bench.local_features import crop, photo
from ingestion.management.asking import query_from
from ingestion.services import Accepted, IncomingFile, accept_files, read_question, work_off
from search import picture_index, pipeline, seeing, services
from search.asked_media import asked_store
from search.encoders.local_features import Pixels
from search.models import Corpus, Passage, PictureDetails, Vector
from search.retrieval.pictured import RETRIEVER
from search.types import Query, Viewer

pytestmark = pytest.mark.django_db(transaction=True)


def page(seed: int) -> Pixels:
    """A drawing of many small shapes, different for each seed; without words, which take long."""
    rng = random.Random(seed)
    picture = Image.new("RGB", (480, 640), "white")
    pen = ImageDraw.Draw(picture)
    for _ in range(140):
        x, y = rng.randrange(440), rng.randrange(600)
        shape = (x, y, x + rng.randrange(12, 60), y + rng.randrange(12, 60))
        colour = rng.choice(["navy", "teal", "maroon", "olive", "black", "orange"])
        draw = rng.choice([pen.rectangle, pen.ellipse])
        draw(shape, outline=colour, width=3, fill=rng.choice([None, colour, "white"]))
    return np.asarray(picture)


def png(pixels: Pixels) -> bytes:
    body = io.BytesIO()
    Image.fromarray(pixels).save(body, "PNG")
    return body.getvalue()


@pytest.fixture
def shelve(tmp_path: Path) -> Callable[..., list[Accepted]]:
    """Put pages into a corpus, as pictures, and walk them to their end."""

    def put(corpus: Corpus, *seeds: int) -> list[Accepted]:
        files = []
        for seed in seeds:
            path = tmp_path / f"page-{seed}.png"
            path.write_bytes(png(page(seed)))
            files.append(IncomingFile(path.name, path))
        accepted = accept_files(files, corpus=corpus, user_id=None)
        work_off([one.job.pk for one in accepted], threads=1)
        return accepted

    return put


def asked(pixels: Pixels, corpora: tuple[int, ...], tmp_path: Path, **fields: object) -> Query:
    path = tmp_path / "asked.jpg"
    Image.fromarray(pixels).save(path, "JPEG", quality=40)
    one, _ = read_question(path, "asked.jpg", medium="image", **fields)  # type: ignore[arg-type]
    return Query(corpora=corpora, media=(one,))


def seen_by(viewer_id: int | None = None) -> tuple[int, ...]:
    return services.visible_corpora(Viewer(viewer_id))


def test_a_photo_finds_its_page_among_others(public_corpus, shelve, tmp_path) -> None:
    shelve(public_corpus, 1, 2, 3)
    found = pipeline.find(asked(photo(page(2), random.Random(5)), seen_by(), tmp_path))
    best = found.candidates[0]
    assert best.source.filename == "page-2.png"
    assert RETRIEVER in best.signals
    assert best.confidence > 0.5
    assert found.matching


def test_a_crop_opens_the_part_it_was_cut_from(public_corpus, shelve, tmp_path) -> None:
    shelve(public_corpus, 1, 2)
    whole = page(1)
    query = asked(whole, seen_by(), tmp_path, crop=(0.0, 0.5, 1.0, 0.5))
    best = pipeline.find(query).candidates[0]
    (box,) = best.locator.boxes
    assert best.source.filename == "page-1.png"
    assert np.allclose(box, (0.0, 0.5, 1.0, 0.5), atol=0.03)


def test_the_words_outside_a_crop_are_not_read(public_corpus, tmp_path) -> None:
    picture = Image.new("RGB", (800, 400), "white")
    pen, font = ImageDraw.Draw(picture), ImageFont.load_default(size=60)
    pen.text((40, 60), "heron lake", "black", font=font)
    pen.text((40, 270), "tide moon", "black", font=font)
    query = asked(np.asarray(picture), seen_by(), tmp_path, crop=(0.0, 0.5, 1.0, 0.5))
    assert query.media[0].words == "tide moon"


def test_a_page_of_no_library_finds_nothing(public_corpus, shelve, tmp_path) -> None:
    shelve(public_corpus, 1, 2)
    found = seeing.see_here(
        asked(photo(page(9), random.Random(1)), seen_by(), tmp_path), filters=Query().filters
    )
    assert found.runs == []
    assert found.notes == ["No page, picture or frame of the library shows what the picture shows."]


def test_what_one_may_not_see_is_not_known_again(
    private_corpus, ada, carol, shelve, tmp_path
) -> None:
    shelve(private_corpus, 4)
    picture = photo(page(4), random.Random(2))
    mine = pipeline.find(asked(picture, seen_by(ada.pk), tmp_path))
    theirs = pipeline.find(asked(picture, seen_by(carol.pk), tmp_path))
    assert RETRIEVER in mine.candidates[0].signals
    assert theirs.candidates == ()


def test_a_library_of_an_older_release_is_signed_by_one_command(public_corpus, tmp_path) -> None:
    from tests.frontend import shelves

    document = shelves.put(public_corpus, shelves.paper())
    assert not PictureDetails.objects.exists()
    pages = document.assets.filter(kind="page").values("sha256").distinct().count()
    call_command("sign_pictures")
    call_command("sign_pictures")
    assert document.passages.filter(text="", kind="page").count() == pages
    assert PictureDetails.objects.count() == pages
    public_corpus.refresh_from_db()
    assert public_corpus.passage_count == document.passages.count()


def test_nothing_is_left_of_a_removed_picture(public_corpus, shelve) -> None:
    from ingestion.services import remove_documents

    (one,) = shelve(public_corpus, 1)
    assert PictureDetails.objects.count() == 1
    remove_documents([one.document.pk], Viewer(unrestricted=True))
    assert PictureDetails.objects.count() == 0
    assert not Vector.objects.filter(space=picture_index.space()).exists()


def test_pictures_that_came_before_are_signed_later_and_once(public_corpus, shelve) -> None:
    shelve(public_corpus, 1, 2)
    PictureDetails.objects.all().delete()
    Vector.objects.filter(space=picture_index.space()).delete()
    assert picture_index.fill(public_corpus, lambda count: None) == 2
    assert picture_index.fill(public_corpus, lambda count: None) == 0
    assert PictureDetails.objects.count() == 2
    assert Vector.objects.filter(space=picture_index.space()).count() == 4


def test_an_answer_to_a_picture_names_and_opens_its_source(public_corpus, shelve, tmp_path) -> None:
    shelve(public_corpus, 1, 2)
    query = asked(photo(page(2), random.Random(5)), seen_by(), tmp_path)
    body = services.open_answer(query, Viewer(unrestricted=True)).body
    assert body["text"].startswith("This is the picture “")
    assert not body["refused"]
    (citation,) = body["citations"]
    assert "box" not in citation["view_url"]  # all of it was asked with
    assert citation["document"]["filename"] == "page-2.png"
    assert body["query"]["media"][0]["medium"] == "image"


def test_a_crop_is_asked_from_the_command_line(public_corpus, shelve, tmp_path) -> None:
    shelve(public_corpus, 1, 2)
    path = tmp_path / "crop.png"
    path.write_bytes(png(crop(page(2), random.Random(3))))
    options = {"text": "", "image": path, "crop": None, "clip": None, "audio": None}
    query = query_from(options | {"corpus": [], "recipe": "default", "limit": 5})
    assert pipeline.find(query).candidates[0].source.filename == "page-2.png"


def test_more_like_a_picture_finds_where_else_it_is_shown(public_corpus, shelve, tmp_path) -> None:
    shelve(public_corpus, 1, 2)
    path = tmp_path / "again.png"
    path.write_bytes(png(np.asarray(Image.fromarray(page(2)).resize((400, 533)))))
    accepted = accept_files([IncomingFile("again.png", path)], corpus=public_corpus, user_id=None)
    work_off([accepted[0].job.pk], threads=1)
    like = Passage.objects.get(document=accepted[0].document, text="")
    found = pipeline.find(Query(corpora=seen_by(), like_passage=like.pk))
    assert found.candidates[0].source.filename == "page-2.png"
    assert RETRIEVER in found.candidates[0].signals


def test_files_of_old_questions_are_forgotten(public_corpus, tmp_path) -> None:
    asked(page(1), (), tmp_path)
    kept = asked_store().path(asked(page(1), (), tmp_path).media[0].files[0])
    seeing.forget_asked()
    assert kept.exists()
    assert seeing.forget_asked(older_than_s=-1) >= 1
    assert not kept.exists()
    assert seeing.forget_asked(older_than_s=-1) == 0
