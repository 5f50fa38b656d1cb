import re

import pytest
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from ingestion.models import Job, State
from search.models import Corpus, Document, EvaluationRun, Membership, Role
from tests.frontend.conftest import SignIn


def page_of(client: Client, address: str) -> str:
    response = client.get(address)
    assert response.status_code == 200
    return str(response.content.decode())


def text_file(
    name: str = "herons.md", words: str = "# Herons\n\nThey stand still."
) -> SimpleUploadedFile:
    return SimpleUploadedFile(name, words.encode(), "text/markdown")


def stand(document: Document, **fields: object) -> None:
    Job.objects.filter(document=document).update(**fields)


def test_the_library_lists_what_one_may_see_with_counts(
    as_reader: SignIn, carol: User, paper: Document, secret: Document
) -> None:
    page = page_of(as_reader(carol), "/corpora/")

    assert "Lighthouses" in page
    assert "1 document<" in page
    assert "3 passages" in page
    assert "Field notes" not in page


def test_a_new_corpus_belongs_to_who_made_it(as_reader: SignIn, carol: User) -> None:
    client = as_reader(carol)

    for _ in range(2):
        response = client.post("/corpora/create", {"name": "Tide tables", "visibility": "private"})

    assert response.headers["Location"] == "/corpora/tide-tables-2/"
    made = Corpus.objects.get(slug="tide-tables")
    assert Membership.objects.get(corpus=made).user == carol
    assert Membership.objects.get(corpus=made).role == Role.OWNER


def test_an_uploaded_file_is_on_its_way(
    as_reader: SignIn, curator: User, private_corpus: Corpus
) -> None:
    client = as_reader(curator)

    response = client.post(
        "/corpora/field-notes/upload", {"file": [text_file(), text_file("b.txt", "b")]}
    )

    assert response.headers["Location"] == "/corpora/field-notes/"
    assert Job.objects.filter(document__corpus=private_corpus, state=State.RECEIVED).count() == 2
    page = page_of(client, "/corpora/field-notes/")
    assert "2 files were taken in." in page
    assert 'hx-trigger="every 2s"' in page
    assert page.count("<progress") == 2


def test_the_script_that_uploads_gets_a_sentence(
    as_reader: SignIn, curator: User, private_corpus: Corpus
) -> None:
    client, asked = as_reader(curator), {"Accept": "application/json"}
    address = "/corpora/field-notes/upload"

    first = client.post(address, {"file": text_file()}, headers=asked)
    again = client.post(address, {"file": text_file()}, headers=asked)
    empty = client.post(address, {"file": text_file("empty.md", "")}, headers=asked)
    nothing = client.post(address, {}, headers=asked)

    assert (first.status_code, first.json()) == (202, {"detail": "1 file was taken in."})
    assert again.json() == {"detail": "1 was already here."}
    assert empty.status_code == 422
    assert "empty.md" in empty.json()["detail"]
    assert nothing.status_code == 400
    assert Document.objects.filter(corpus=private_corpus).count() == 1


def test_readers_and_guests_cannot_upload(
    as_reader: SignIn, bob: User, carol: User, private_corpus: Corpus, public_corpus: Corpus
) -> None:
    form = {"file": text_file()}

    assert as_reader(bob).post("/corpora/field-notes/upload", form).status_code == 403
    assert as_reader(carol).post("/corpora/field-notes/upload", form).status_code == 404
    assert as_reader(carol).post("/corpora/lighthouses/upload", form).status_code == 403
    assert "/login" in Client().post("/corpora/lighthouses/upload", form).headers["Location"]
    assert not Document.objects.exists()
    assert "Add documents" not in page_of(as_reader(bob), "/corpora/field-notes/")


def test_the_table_is_asked_for_again_only_while_something_moves(
    client: Client, paper: Document
) -> None:
    asked = {"HX-Request": "true"}
    assert "hx-trigger" not in client.get("/corpora/lighthouses/", headers=asked).content.decode()

    stand(paper, state=State.PARSED, progress=0.42)
    part = client.get("/corpora/lighthouses/", headers=asked).content.decode()

    assert "<html" not in part
    assert 'hx-trigger="every 2s"' in part
    assert '<progress max="1" value="0.420"' in part
    assert "0 of 1 documents can be searched." in part


def test_a_failed_document_says_why_and_is_tried_again(
    as_reader: SignIn, curator: User, bob: User, secret: Document
) -> None:
    stand(secret, state=State.RECEIVED, failed_at="2026-11-21T10:00Z", error="It ends too early.")
    client, form = as_reader(curator), {"document": secret.pk}

    page = page_of(client, "/corpora/field-notes/")
    assert "It ends too early." in page
    assert "Try again" in page
    assert as_reader(bob).post("/corpora/field-notes/retry", form).status_code == 403
    client.post("/corpora/field-notes/retry", form)

    assert Job.objects.get(document=secret).status == State.RECEIVED


def test_retrying_here_touches_no_other_corpus(
    as_reader: SignIn, curator: User, secret: Document, paper: Document
) -> None:
    stand(paper, failed_at="2026-11-21T10:00Z")

    as_reader(curator).post("/corpora/field-notes/retry", {"document": paper.pk})

    assert Job.objects.get(document=paper).status == "failed"


def test_an_owner_shares_and_takes_back(
    as_reader: SignIn, ada: User, carol: User, secret: Document, private_corpus: Corpus
) -> None:
    client, guest = as_reader(ada), as_reader(carol)
    private_corpus.refresh_from_db()
    before = private_corpus.generation

    client.post("/corpora/field-notes/members", {"username": "carol", "role": "reader"})
    assert guest.get("/corpora/field-notes/").status_code == 200
    client.post("/corpora/field-notes/members", {"username": "carol", "remove": "1"})

    assert guest.get("/corpora/field-notes/").status_code == 404
    private_corpus.refresh_from_db()
    assert private_corpus.generation >= before + 2


def test_the_last_owner_stays(as_reader: SignIn, ada: User, private_corpus: Corpus) -> None:
    client = as_reader(ada)

    for form in ({"remove": "1"}, {"role": "reader"}):
        page = client.post("/corpora/field-notes/members", {"username": "ada", **form}, follow=True)
        assert "ada is the only owner" in page.content.decode()

    assert Membership.objects.get(corpus=private_corpus, user=ada).role == Role.OWNER


@pytest.mark.parametrize(
    "form", [{"username": "nobody", "role": "reader"}, {"username": "carol", "remove": "1"}]
)
def test_members_that_do_not_exist_are_named(
    as_reader: SignIn, ada: User, private_corpus: Corpus, form: dict[str, str]
) -> None:
    page = as_reader(ada).post("/corpora/field-notes/members", form, follow=True)

    assert form["username"] in page.content.decode()


def test_only_owners_see_and_change_members(
    as_reader: SignIn, curator: User, private_corpus: Corpus
) -> None:
    client = as_reader(curator)

    assert "Members</h2>" not in page_of(client, "/corpora/field-notes/")
    form = {"username": "cora", "role": "owner"}
    assert client.post("/corpora/field-notes/members", form).status_code == 403


def test_the_evaluation_page_says_how_to_measure_and_claims_no_runs(
    client: Client, db: None
) -> None:
    page = page_of(client, "/evaluation/")

    assert "manage.py evaluate" in page
    assert "No runs to show" in page


def test_kept_runs_are_shown_to_those_who_signed_in_without_their_questions(
    client: Client, as_reader: SignIn, ada: User
) -> None:
    figures = {"recall@100": 0.7, "p95_ms": 31.0, "queries": 30}
    for recipe, ndcg in (("bm25", 0.6), ("bm25", 0.712), ("hybrid", 0.811)):
        EvaluationRun.objects.create(
            recipe=recipe,
            collection="med",
            figures={**figures, "ndcg@10": ndcg},
            intervals={"ndcg@10": [ndcg - 0.1, ndcg + 0.1]},
            per_query={"q1": {"text": "a question of somebody", "ndcg@10": 1.0}},
        )
    assert "0.811" not in page_of(client, "/evaluation/")
    page = page_of(as_reader(ada), "/evaluation/")
    assert page.index("0.811") < page.index("0.712")  # the best first
    assert "0.600" not in page  # the newest of each recipe
    assert "0.711–0.911" in page
    assert "somebody" not in page


def test_signing_in_leads_back_to_where_one_was(client: Client, ada: User) -> None:
    page = page_of(client, "/login?next=/corpora/")
    assert re.search(r'name="next" value="/corpora/"', page)

    form = {"username": "ada", "password": "a heron at dawn", "next": "/corpora/"}

    assert client.post("/login", form).headers["Location"] == "/corpora/"
    assert "Sign out" in page_of(client, "/corpora/")
    assert client.post("/logout").headers["Location"] == "/"


def test_a_wrong_password_says_so_and_not_which_part_is_wrong(client: Client, ada: User) -> None:
    page = client.post("/login", {"username": "ada", "password": "wrong"}).content.decode()

    assert 'role="alert"' in page
    assert "correct username and password" in page
