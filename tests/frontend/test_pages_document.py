import json
import re

import pytest
from django.contrib.auth.models import User
from django.db import transaction
from django.test import Client

from ingestion.models import Job
from search import indexing
from search.models import Corpus, Document, Passage
from tests.frontend import shelves
from tests.frontend.conftest import SignIn


def page_of(client: Client, address: str) -> str:
    response = client.get(address)
    assert response.status_code == 200
    return str(response.content.decode())


def passage_with(document: Document, words: str) -> Passage:
    return Passage.objects.get(document=document, text__contains=words)


def outlines(page: str) -> list[tuple[str, ...]]:
    pattern = r'<rect class="(\w+)" x="([\d.]+)" y="([\d.]+)" width="([\d.]+)" height="([\d.]+)"'
    return re.findall(pattern, page)


def test_a_cited_passage_opens_its_page_with_its_box(client: Client, paper: Document) -> None:
    passage = passage_with(paper, "stepped lens")

    page = page_of(client, f"/documents/{paper.pk}/?passage={passage.pk}")

    assert 'alt="Page 42 of How a Fresnel lens saves glass"' in page
    assert outlines(page) == [("cited", "0.1", "0.3", "0.8", "0.08")]
    assert re.search(r"<mark>A stepped lens.+clear night\.</mark>", page, re.DOTALL)


def test_quoted_characters_are_framed_and_marked_alone(client: Client, paper: Document) -> None:
    passage = passage_with(paper, "stepped lens")
    start = passage.text.index("The lamp")
    quote = f"{start}-{len(passage.text)}"

    for name in ("chars", "quote"):
        page = page_of(client, f"/documents/{paper.pk}/?passage={passage.pk}&{name}={quote}")

        assert outlines(page) == [("cited", "0.1", "0.34", "0.8", "0.04")]
        assert "<mark>The lamp of a first-order light" in page


def test_a_figure_is_framed_with_the_words_of_its_caption_that_are_quoted(
    client: Client, paper: Document
) -> None:
    words = "Figure 2: The lantern room from above."
    line = [0, len(words), 0.2, 0.6, 0.4, 0.02]
    figure = Passage(
        document=paper, corpus=paper.corpus, ordinal=90, kind="image", text=words, page=2,
        boxes=[[0.2, 0.3, 0.5, 0.25], [0.2, 0.6, 0.4, 0.02]], anchors=[line],
    )  # fmt: skip
    with transaction.atomic():
        indexing.append(paper, [figure])
    whole, caption = ("cited", "0.2", "0.3", "0.5", "0.25"), ("cited", "0.2", "0.6", "0.4", "0.02")
    address = f"/documents/{paper.pk}/?passage={figure.pk}"

    assert outlines(page_of(client, address)) == [whole, caption]
    assert outlines(page_of(client, f"{address}&box=0.2,0.3,0.5,0.25")) == [whole]
    quote = f"{address}&box=0.2,0.3,0.5,0.25&chars=0-{len(words)}"
    first, line_of_caption = outlines(page_of(client, quote))
    assert first == whole
    assert [float(side) for side in line_of_caption[1:]] == pytest.approx([0.2, 0.6, 0.4, 0.02])


def test_other_found_passages_are_drawn_listed_and_dotted(client: Client, paper: Document) -> None:
    here, there = passage_with(paper, "stepped lens"), passage_with(paper, "Mercury")

    page = page_of(client, f"/documents/{paper.pk}/?passage={here.pk}&also={there.pk}&page=3")

    assert 'alt="Page 43 of' in page
    assert [kind for kind, *_ in outlines(page)] == ["found"]
    assert "Evidence in this document" in page
    assert page.count("with evidence") == 2


def test_pages_are_turned_by_links(client: Client, paper: Document) -> None:
    page = page_of(client, f"/documents/{paper.pk}/?page=2")

    assert 'rel="prev" href="?page=1"' in page
    assert 'rel="next" href="?page=3"' in page


@pytest.mark.parametrize(
    "address",
    ["?passage=x", "?passage=99", "?chars=3-1", "?page=900", "?also=,,x", "?t=-1", "?part=0",
     f"?passage={2**70}", "?passage=9223372036854775807&chars=0-99999999999"],
)  # fmt: skip
def test_an_address_that_makes_no_sense_opens_the_document_anyway(
    client: Client, paper: Document, address: str
) -> None:
    assert "How a Fresnel lens saves glass" in page_of(client, f"/documents/{paper.pk}/{address}")


def test_a_passage_of_another_document_shows_nothing_of_it(
    client: Client, paper: Document, private_corpus: Corpus
) -> None:
    secret = shelves.put(private_corpus, shelves.note("Secret notes"))
    first, second = secret.passages.order_by("ordinal")[:2]

    page = page_of(client, f"/documents/{paper.pk}/?passage={first.pk}&also={second.pk}")

    assert "heron" not in page
    assert "Evidence in this document" not in page


def test_a_film_opens_at_the_cited_second_with_its_transcript(
    client: Client, film: Document
) -> None:
    passage = passage_with(film, "gallery")
    start = passage.text.index("From the gallery")

    page = page_of(client, f"/documents/{film.pk}/?passage={passage.pk}&chars={start}-{start + 8}")

    assert f'src="/documents/{film.pk}/file#t=4.00"' in page
    assert f'<track kind="captions" src="/documents/{film.pk}/subtitles.vtt"' in page
    assert "<mark>From the</mark> gallery it lies eleven miles away." in page
    assert "<mark>The horizon" not in page
    assert 'aria-label="Evidence 1, at 0:04"' in page


def test_lines_of_the_transcript_are_links_to_their_second(client: Client, film: Document) -> None:
    page = page_of(client, f"/documents/{film.pk}/?t=8.5")

    assert f'src="/documents/{film.pk}/file#t=8.50"' in page
    assert f'href="/documents/{film.pk}/?t=8.00" data-second="8.00"' in page


def test_words_read_on_the_screen_are_one_line_that_is_not_spoken(
    client: Client, public_corpus: Corpus
) -> None:
    shelf = shelves.film()
    words = {"kind": "video", "text": "10 km\n20 km", "start_s": 2.0, "end_s": 6.0,
             "views": [["ocr", "derived", 0, 11]],
             "anchors": [[0, 5, 0.1, 0.1, 0.2, 0.1, 2.0, 6.0],
                         [6, 11, 0.1, 0.3, 0.2, 0.1, 2.0, 6.0]]}  # fmt: skip
    shelf.passages = [*shelf.passages, words]
    film = shelves.put(public_corpus, shelf)

    page = page_of(client, f"/documents/{film.pk}/")

    assert page.count("on screen") == 1
    assert "10 km" not in client.get(f"/documents/{film.pk}/subtitles.vtt").content.decode()


def test_a_talk_has_an_audio_player(client: Client, public_corpus: Corpus) -> None:
    shelf = shelves.film("A talk")
    shelf.media_type, shelf.assets, shelf.content = "audio/mpeg", (), b"talk"
    talk = shelves.put(public_corpus, shelf)

    page = page_of(client, f"/documents/{talk.pk}/")

    assert '<audio id="player" controls preload="metadata"' in page
    assert "<video" not in page


def test_a_picture_shows_our_own_copy_with_its_boxes(client: Client, public_corpus: Corpus) -> None:
    photo = shelves.put(public_corpus, shelves.photograph())
    passage = photo.passages.get()

    page = page_of(client, f"/documents/{photo.pk}/?passage={passage.pk}")

    assert re.search(
        rf'<img class="page-image" src="/documents/{photo.pk}/assets/[0-9a-f]{{64}}"', page
    )
    assert outlines(page) == [("cited", "0.2", "0.4", "0.5", "0.1")]
    assert "<mark>FRESNEL LENS</mark>" in page


def test_a_long_text_opens_at_the_part_that_is_cited(client: Client, public_corpus: Corpus) -> None:
    long = shelves.put(public_corpus, shelves.note("Long notes", passages=200))
    passage = Passage.objects.get(document=long, ordinal=150)

    page = page_of(client, f"/documents/{long.pk}/?passage={passage.pk}")

    assert "Part 2 of 3" in page
    assert "<mark>Note 150: a heron" in page
    assert "Note 10:" not in page


def test_how_to_cite_names_authors_year_place_and_doi(client: Client, paper: Document) -> None:
    passage = passage_with(paper, "stepped lens")

    page = page_of(client, f"/documents/{paper.pk}/?passage={passage.pk}")

    cited = "Ada Heron and Bo Plover (2009). How a Fresnel lens saves glass. P. 2. https://doi.org/10.1234/lens"
    assert cited in page


@pytest.mark.parametrize(
    ("make", "kind"),
    [(shelves.paper, "ScholarlyArticle"), (shelves.photograph, "ImageObject"),
     (shelves.film, "VideoObject")],
)  # fmt: skip
def test_documents_are_described_for_machines(
    client: Client, public_corpus: Corpus, make: object, kind: str
) -> None:
    document = shelves.put(public_corpus, make("</script><script>alert(1)</script>"))  # type: ignore[operator]
    passage = document.passages.order_by("ordinal").first()
    assert passage is not None

    page = page_of(client, f"/documents/{document.pk}/?passage={passage.pk}")

    text = re.search(r'<script type="application/ld\+json" nonce="[^"]+">(.+?)</script>', page)
    assert text is not None
    described = json.loads(text[1])
    assert (described["@type"], described["name"]) == (kind, document.title)
    if kind == "VideoObject":
        assert described["hasPart"][0]["@type"] == "Clip"
        assert described["hasPart"][0]["startOffset"] == 0.0


def test_a_failed_document_says_why(client: Client, paper: Document) -> None:
    Job.objects.filter(document=paper).update(
        failed_at="2026-11-21T10:00Z", error="The file ends in the middle of page 2."
    )

    page = page_of(client, f"/documents/{paper.pk}/")

    assert "could not be read. The file ends in the middle of page 2." in page


def test_a_partly_read_document_says_what_is_missing(client: Client, paper: Document) -> None:
    Job.objects.filter(document=paper).update(error="Page 3 is empty.")

    assert "Some of this document could not be read. Page 3 is empty." in page_of(
        client, f"/documents/{paper.pk}/"
    )


def test_the_panel_beside_an_answer_gets_the_evidence_alone(
    client: Client, paper: Document
) -> None:
    passage = passage_with(paper, "stepped lens")

    response = client.get(
        f"/documents/{paper.pk}/?passage={passage.pk}", headers={"HX-Request": "true"}
    )

    part = response.content.decode()
    assert "<html" not in part
    assert outlines(part) == [("cited", "0.1", "0.3", "0.8", "0.08")]
    assert "data-close" in part


def test_only_curators_see_and_may_use_the_delete_button(
    as_reader: SignIn, bob: User, curator: User, secret: Document
) -> None:
    address = f"/documents/{secret.pk}/delete"

    assert address not in page_of(as_reader(bob), f"/documents/{secret.pk}/")
    assert as_reader(bob).post(address).status_code == 403
    assert address in page_of(as_reader(curator), f"/documents/{secret.pk}/")
    assert Document.objects.filter(pk=secret.pk).exists()


def test_deleting_asks_once_and_then_certifies(
    as_reader: SignIn, curator: User, secret: Document
) -> None:
    client = as_reader(curator)

    assert "Delete this document?" in page_of(client, f"/documents/{secret.pk}/delete")
    response = client.post(f"/documents/{secret.pk}/delete")

    assert "Removed for good" in response.content.decode()
    assert "Its own best questions no longer find it." in response.content.decode()
    assert not Document.objects.filter(pk=secret.pk).exists()
    assert client.get(f"/documents/{secret.pk}/").status_code == 404
