import json
import re
from html import unescape
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from search.models import Answer, Corpus, Document, Feedback, Search
from tests.frontend import shelves
from tests.frontend.conftest import SignIn
from tests.search.library import add, with_hashing

LAMP = "/search?q=How+far+is+the+lamp+of+a+first-order+light+seen"


def page_of(client: Client, address: str, status: int = 200) -> str:
    response = client.get(address)
    assert response.status_code == status
    return str(response.content.decode())


def test_the_first_page_asks_for_a_question(client: Client, paper: Document) -> None:
    page = page_of(client, "/")

    assert '<form class="ask" action="/search" method="get"' in page
    assert "Nothing to search yet" not in page


def test_an_empty_library_says_so_and_leads_to_the_upload(as_reader: SignIn, ada: User) -> None:
    page = page_of(as_reader(ada), "/")

    assert "Nothing to search yet" in page
    assert 'href="/corpora/"' in page


def test_an_answer_cites_the_sentence_and_opens_it_where_it_stands(
    client: Client, paper: Document
) -> None:
    page = page_of(client, LAMP)

    assert "The lamp of a first-order light is seen for twenty miles on a clear night." in page
    assert "Quoted word for word" in page
    chip = re.search(r'<a class="chip" href="([^"]+)"', page)
    assert chip is not None
    address = urlsplit(chip[1].replace("&amp;", "&"))
    assert address.path == f"/documents/{paper.pk}/"
    start, end = map(int, parse_qs(address.query)["chars"][0].split("-"))
    passage = paper.passages.get(pk=parse_qs(address.query)["passage"][0])
    assert passage.text[start:end].startswith("The lamp of a first-order light")


def test_a_question_nothing_answers_is_refused(client: Client, paper: Document) -> None:
    page = page_of(client, "/search?q=Who+moored+the+zeppelin+at+Recife")

    assert "Nothing in your library answers this" in page
    assert 'class="chip"' not in page


def test_results_stand_once_for_each_document_with_marks_and_reasons(
    client: Client, paper: Document, film: Document
) -> None:
    page = page_of(client, "/search?q=horizon+tower+lamp")

    assert page.count(f'<a href="/documents/{film.pk}/?passage=') >= 1
    assert len(re.findall(r'<li class="result ', page)) == 2
    assert "<mark>lamp</mark>" in page
    assert '<meter min="0" max="1" value="' in page
    assert "Matched words:" in page


def test_facets_are_links_that_narrow_and_widen(
    client: Client, paper: Document, film: Document
) -> None:
    page = page_of(client, "/search?q=lamp")
    assert "?q=lamp&amp;kind=video" in page

    narrowed = page_of(client, "/search?q=lamp&kind=video")

    assert f"/documents/{film.pk}/" in narrowed
    assert f"/documents/{paper.pk}/" not in narrowed
    assert 'href="?q=lamp" aria-current="true"' in narrowed


def test_later_pages_go_on_where_the_first_ended(client: Client, public_corpus: Corpus) -> None:
    birds = ("bittern", "crane", "dunlin", "egret", "fulmar", "gannet", "heron", "ibis", "knot",
             "lapwing", "merlin", "nightjar")  # fmt: skip
    for number, bird in enumerate(birds):
        rows = [{"kind": "text", "text": f"The {bird} was seen at the {bird} pool on the marsh."}]
        text = shelves.Shelf(f"Notes of day {number}", "n.txt", "text/plain", bird.encode(), rows)
        shelves.put(public_corpus, text)

    first, second = page_of(client, "/search?q=marsh"), page_of(client, "/search?q=marsh&page=2")

    titles = [set(re.findall(r"Notes of day \d+", page)) for page in (first, second)]
    assert (len(titles[0]), len(titles[1])) == (10, 2)
    assert not titles[0] & titles[1]
    assert 'rel="next" href="?q=marsh&amp;page=2"' in first
    assert 'rel="next"' not in second


def test_a_corpus_that_is_chosen_is_the_only_one_searched(
    as_reader: SignIn, ada: User, paper: Document, secret: Document
) -> None:
    page = page_of(as_reader(ada), f"{LAMP}&corpus=field-notes")

    assert f"/documents/{secret.pk}/" in page
    assert f"/documents/{paper.pk}/" not in page
    assert re.search(r'value="field-notes" ?checked', page)


def test_a_stranger_finds_nothing_of_a_private_corpus(
    as_reader: SignIn, carol: User, secret: Document
) -> None:
    client = as_reader(carol)

    assert "The secret of the lamp" not in page_of(client, LAMP)
    assert client.get(f"{LAMP}&corpus=field-notes").status_code == 404
    assert client.get("/corpora/field-notes/").status_code == 404
    assert client.get(f"/documents/{secret.pk}/").status_code == 404


def test_more_like_this_looks_for_neighbours_of_a_passage(
    client: Client, public_corpus: Corpus
) -> None:
    one = shelves.put(public_corpus, shelves.note("One", passages=1))
    other = shelves.put(public_corpus, shelves.note("Other", passages=2))

    page = page_of(client, f"/search?like={one.passages.get().pk}")

    assert "More like this" in page
    assert f"/documents/{other.pk}/" in page


@pytest.mark.parametrize(
    "address", ["/search?q=lamp&from=yesterday", "/search?q=lamp&recipe=magic", "/search?like=x"]
)
def test_a_question_that_cannot_be_asked_is_explained(
    client: Client, paper: Document, address: str
) -> None:
    page = page_of(client, address, 400)

    assert "This question cannot be asked" in page
    assert "Traceback" not in page


def test_an_empty_question_leads_back_to_the_first_page(client: Client, db: None) -> None:
    assert client.get("/search?q=+").headers["Location"] == "/"


def test_hostile_words_are_shown_and_never_obeyed(
    as_reader: SignIn, ada: User, public_corpus: Corpus
) -> None:
    shelf = shelves.paper(shelves.HOSTILE)
    shelf.passages = [{"kind": "text", "text": f"lamp {shelves.HOSTILE} </script>", "page": 1}]
    shelf.filename = shelves.HOSTILE
    shelf.fields |= {"authors": [shelves.HOSTILE], "url": "javascript:alert(3)", "doi": ""}
    document = shelves.put(public_corpus, shelf)
    client = as_reader(ada)

    for address in (
        "/search?q=lamp", f"/search?q={shelves.HOSTILE}", f"/documents/{document.pk}/",
        f"/corpora/{public_corpus.slug}/", f"/documents/{document.pk}/delete",
    ):  # fmt: skip
        page = page_of(client, address)
        assert "alert" in page, address
        assert "<script>alert" not in page, address
        assert "<img src=x" not in page, address
        assert 'href="javascript:' not in page, address


def test_the_answer_is_described_as_a_qa_page(client: Client, paper: Document) -> None:
    page = page_of(client, LAMP)

    text = re.search(r'<script type="application/ld\+json" nonce="[^"]+">(.+?)</script>', page)
    assert text is not None
    described = json.loads(text[1])
    assert described["@type"] == "QAPage"
    answer = described["mainEntity"]["acceptedAnswer"]
    assert "twenty miles" in answer["text"]
    assert answer["citation"][0]["identifier"] == "https://doi.org/10.1234/lens"


def test_a_picture_is_asked_with_and_read(as_reader: SignIn, ada: User, paper: Document) -> None:
    picture = shelves.picture_of("FRESNEL LENS", (900, 300), "PNG")
    upload = SimpleUploadedFile("lens.png", picture, "image/png")

    response = as_reader(ada).post("/search", {"q": "lamp", "file": upload}, follow=True)

    assert response.status_code == 200
    assert response.redirect_chain[-1][0].startswith("/answers/")
    assert "the words read in it were searched for too: “FRESNEL LENS”" in (
        response.content.decode()
    )


def test_a_picture_that_does_not_decode_is_refused(client: Client, paper: Document) -> None:
    upload = SimpleUploadedFile("lens.png", b"\x89PNG\r\n\x1a\nnothing", "image/png")

    response = client.post("/search", {"image": upload})

    assert response.status_code in {415, 422}
    assert "This question cannot be asked" in response.content.decode()


def test_a_stored_answer_is_read_again_by_its_asker_alone(
    as_reader: SignIn, ada: User, carol: User, paper: Document
) -> None:
    page_of(as_reader(ada), LAMP)
    address = f"/answers/{Answer.objects.get().pk}/"

    assert "twenty miles" in page_of(as_reader(ada), address)
    assert as_reader(carol).get(address).status_code == 404
    assert Client().get(address).status_code == 404


def test_a_vote_is_kept_and_the_next_one_replaces_it(
    as_reader: SignIn, ada: User, paper: Document
) -> None:
    client = as_reader(ada)
    page_of(client, LAMP)
    answer = Answer.objects.get()
    form = {"answer": answer.pk, "value": "1", "next": LAMP}

    assert client.post("/feedback", form).headers["Location"] == LAMP
    fragment = client.post(
        "/feedback", {**form, "value": "-1", "reason": "outdated"}, headers={"HX-Request": "true"}
    )

    assert "Marked as not helpful" in fragment.content.decode()
    assert "<html" not in fragment.content.decode()
    vote = Feedback.objects.get()
    assert (vote.value, vote.reason, vote.answer_id) == (-1, "outdated", answer.pk)


def test_a_result_can_be_voted_on(as_reader: SignIn, ada: User, paper: Document) -> None:
    client = as_reader(ada)
    page_of(client, LAMP)
    search = Search.objects.get()

    client.post("/feedback", {"search": search.pk, "passage": search.passages[0], "value": "1"})

    assert Feedback.objects.get().passage_id == search.passages[0]


@pytest.mark.parametrize(
    "away", ["https://evil.example/", "//evil.example/", "javascript:alert(1)"]
)
def test_a_vote_never_leads_to_another_site(
    as_reader: SignIn, ada: User, paper: Document, away: str
) -> None:
    client = as_reader(ada)
    page_of(client, LAMP)
    form = {"answer": Answer.objects.get().pk, "value": "1", "next": away}

    assert client.post("/feedback", form).headers["Location"] == "/"


def test_nobody_votes_on_the_answer_of_somebody_else(
    as_reader: SignIn, ada: User, carol: User, paper: Document
) -> None:
    page_of(as_reader(ada), LAMP)

    form = {"answer": Answer.objects.get().pk, "value": "1"}

    assert as_reader(carol).post("/feedback", form).status_code == 404
    assert "/login" in Client().post("/feedback", form).headers["Location"]


def test_forms_of_other_sites_are_refused(ada: User, paper: Document) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(ada)

    response = client.post("/feedback", {"answer": 1, "value": "1"})

    assert response.status_code == 403
    assert "Please try again" in response.content.decode()


def test_a_page_of_misses_says_that_nothing_matches_well(
    client: Client, public_corpus: Corpus, settings: Any
) -> None:
    settings.MMSEARCH = with_hashing()
    for n in range(40):
        add(public_corpus, f"Keeper {n * 37} trims wick {n * 91} at light {n * 13}.", title=f"L{n}")
    address = "/search?q=Which+violin+concerto+did+Brahms+dedicate+to+Joachim"

    page = page_of(client, address)
    further = page_of(client, f"{address}&page=2")

    assert ">Nothing here matches well</h2>" in page
    assert "Nothing in your library answers" not in page
    assert '<h2 id="results-title">Closest' in page
    assert "trims wick" in page
    assert "Nothing here matches well. Below is what comes closest." in further


def test_a_result_says_why_it_is_there(client: Client, paper: Document) -> None:
    page = unescape(page_of(client, LAMP))

    why = page.partition('<details class="why">')[2].partition("</details>")[0]
    assert re.search(r"<p>Holds all \d words asked for: .*lamp.* Ranked 1st by words.*</p>", why)
    assert re.search(r"<p>Confidence: \d+ %</p>", why)
    assert "The match stands in" not in why  # it is all text


def test_a_match_that_was_heard_and_read_says_so(
    client: Client, public_corpus: Corpus, paper: Document
) -> None:
    passage = paper.passages.get(ordinal=1)
    middle = len(passage.text) // 2
    passage.views = [
        ["text", "source", 0, middle],
        ["ocr", "derived", middle, len(passage.text)],
    ]
    passage.save()

    page = unescape(page_of(client, "/search?q=lens+light+night"))

    assert re.search(r"The match stands in words read in a picture \(\d+ %\), written text", page)
