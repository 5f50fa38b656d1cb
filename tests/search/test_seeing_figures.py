"""Figures of papers: found by the words of their caption, by a photo of them, by encoders."""

import random
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.core.management import call_command

from bench.local_features import photo
from ingestion.services import IncomingFile, accept_files, work_off
from search import backfill, bodies, picture_index, pipeline, services
from search.encoders import miniatures
from search.encoders.local_features import Pixels
from search.material import open_pixels
from search.models import Asset, Corpus, Document, Passage, PictureDetails, Vector
from search.retrieval.pictured import RETRIEVER
from search.store import Store
from search.types import Query, Viewer
from tests.ingestion.parsers.papers import column, pdf, text
from tests.search.library import with_hashing
from tests.search.test_seeing import asked, seen_by

pytestmark = pytest.mark.django_db(transaction=True)
PROSE = [
    "The towers of the coast were drawn by one hand between 1820 and 1840,",
    "and the sheets have lain in the archive of the harbour ever since then.",
    "Nobody knows who drew them, and the paper gives no mark of its maker.",
]
CAPTION = "Figure 4: Plan of the lantern room with its stepped lens."


def drawing(seed: int, x: float, y: float, wide: float, high: float) -> str:
    """PDF operators that draw many small shapes, different for each seed."""
    rng = random.Random(seed)
    operators = f"1 w {x} {y} {wide} {high} re S\n"
    for _ in range(150):
        left, down = x + rng.random() * (wide - 50), y + rng.random() * (high - 50)
        colour = " ".join(f"{rng.random() * 0.8:.2f}" for _ in range(3))
        size = f"{rng.uniform(8, 48):.1f} {rng.uniform(8, 48):.1f}"
        operators += f"{colour} rg {left:.1f} {down:.1f} {size} re {rng.choice('fB')}\n"
    return operators + "0 g\n"


@pytest.fixture
def paper(public_corpus: Corpus, tmp_path: Path) -> Document:
    """Two pages with a figure each, the second without a caption."""
    content = pdf(
        column(72, 740, PROSE) + drawing(1, 100, 300 - 108, 400, 300 + 108)
        + text(100, 170, CAPTION, size=9) + column(72, 130, PROSE),
        column(72, 740, PROSE) + drawing(2, 100, 292, 400, 300) + column(72, 230, PROSE),
    )  # fmt: skip
    path = tmp_path / "towers.pdf"
    path.write_bytes(content)
    [accepted] = accept_files([IncomingFile(path.name, path)], corpus=public_corpus, user_id=None)
    work_off([accepted.job.pk], threads=1)
    return Document.objects.get(pk=accepted.job.document_id)


def pixels_of(sha256: str, settings: Any) -> Pixels:
    return open_pixels(Store(Path(settings.MEDIA_ROOT)).path(sha256))


def test_a_figure_is_found_by_the_words_of_its_caption_and_opens_its_box(paper) -> None:
    found = pipeline.find(Query(text="plan of the lantern room", corpora=seen_by()))
    best = found.candidates[0]
    figure = Passage.objects.get(pk=best.passage_id)
    assert (best.kind, best.text, best.locator.page) == ("image", CAPTION, 1)
    assert Asset.objects.get(sha256=best.thumbnail).kind == Asset.Kind.IMAGE
    x, y, wide, high = best.locator.boxes[0]
    assert np.allclose((x, wide), (100 / 612, 400 / 612), atol=0.02)
    assert np.allclose((y, high), (1 - 600 / 792, 408 / 792), atol=0.02)
    address = bodies.view_url(best)
    assert re.search(rf"passage={figure.pk}&box=0\.1\d*,0\.2\d*,0\.6\d*,0\.5\d*$", address)
    assert sum(CAPTION in passage.text for passage in paper.passages.all()) == 1


@pytest.mark.parametrize("number", [1, 2])
def test_a_photo_of_a_figure_finds_it_rather_than_its_page(
    paper, settings, tmp_path, number
) -> None:
    figure = paper.passages.get(kind="image", page=number)
    shot = photo(pixels_of(figure.picture, settings), random.Random(4))
    found = pipeline.find(asked(shot, seen_by(), tmp_path))
    best = found.candidates[0]
    assert best.passage_id == figure.pk
    assert RETRIEVER in best.signals
    assert not [
        one for one in found.candidates if one.kind == "page" and one.locator.page == number
    ]


def test_a_part_of_a_figure_opens_that_part_of_the_page(paper, settings, tmp_path) -> None:
    figure = paper.passages.get(kind="image", page=2)
    whole = pixels_of(figure.picture, settings)
    half = whole[: whole.shape[0] // 2]
    best = pipeline.find(asked(half, seen_by(), tmp_path)).candidates[0]
    x, y, wide, high = figure.boxes[0]
    assert best.passage_id == figure.pk
    assert np.allclose(best.locator.boxes[0], (x, y, wide, high / 2), atol=0.03)


def test_a_photo_of_the_whole_page_finds_the_page(paper, settings, tmp_path) -> None:
    page = paper.passages.get(kind="page", text="", page=2)
    shot = photo(pixels_of(page.picture, settings), random.Random(4))
    found = pipeline.find(asked(shot, seen_by(), tmp_path))
    assert page.pk in [one.passage_id for one in found.candidates]


def test_figures_are_signed_later_like_pages(paper, public_corpus) -> None:
    figure = paper.passages.get(kind="image", page=1)
    PictureDetails.objects.filter(passage=figure).delete()
    assert picture_index.fill(public_corpus, lambda _: None) == 1
    assert PictureDetails.objects.filter(passage=figure).exists()


@pytest.mark.parametrize("comes_later", [False, True])
def test_an_encoder_that_looks_sees_figures_with_a_caption_too(
    settings, public_corpus, tmp_path, request, comes_later
) -> None:
    own = with_hashing()
    checkpoint = str(miniatures.save("open_clip", tmp_path / "clip"))
    eyes = {"BACKEND": "search.encoders.open_clip_image.OpenClip"}
    looking = own | {
        "ENCODERS": own["ENCODERS"] | {"eyes": eyes | {"OPTIONS": {"checkpoint": checkpoint}}},
        "MEDIA_SPACES": ["eyes"],
    }
    settings.MMSEARCH = own if comes_later else looking
    paper = request.getfixturevalue("paper")
    settings.MMSEARCH = looking
    if comes_later:
        call_command("build_space", "eyes")
    figure = paper.passages.get(kind="image", page=1)
    assert figure.text == CAPTION
    assert Vector.objects.filter(space__alias="eyes", passage=figure).count() == 1
    assert backfill.fill_space("eyes", public_corpus, lambda _: None) == 0
    shot = pixels_of(figure.picture, settings)
    found = pipeline.find(asked(shot, seen_by(), tmp_path))
    assert "image:eyes" in found.candidates[0].signals


def test_more_like_a_figure_looks_and_reads(paper) -> None:
    figure = paper.passages.get(kind="image", page=1)
    body = services.similar_to(figure.pk, Viewer(unrestricted=True)).body
    assert str(figure.pk) not in [hit["passage"] for hit in body["hits"]]
