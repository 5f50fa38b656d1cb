import pytest
from django.contrib.auth.models import User
from django.test import Client

from ingestion.models import Job, State
from search.models import Corpus, Document, Feedback, Search
from tests.frontend.conftest import SignIn


@pytest.fixture
def site_admin(db: None, as_reader: SignIn) -> Client:
    """A site administrator's client."""
    return as_reader(User.objects.create_superuser("root", "root@example.org", "r heron at dawn"))


@pytest.mark.parametrize(
    "address",
    ["search/corpus/", "search/document/", "search/feedback/", "search/token/", "ingestion/job/",
     *(f"ingestion/job/?standing={word}" for word in ("failed", "moving", "partial"))],
)  # fmt: skip
def test_site_administrators_curate(site_admin: Client, paper: Document, address: str) -> None:
    search = Search.objects.create(text="lamp", recipe="default")
    user = User.objects.get(username="root")
    Feedback.objects.create(search=search, passage_id=1, value=-1, user=user)

    assert site_admin.get(f"/admin/{address}").status_code == 200


def test_nobody_else_enters_the_administration(
    as_reader: SignIn, ada: User, paper: Document
) -> None:
    response = as_reader(ada).get("/admin/search/document/")

    assert response.status_code == 302
    assert response["Location"].startswith("/admin/login/")


def test_failed_jobs_are_tried_again_from_the_list(site_admin: Client, paper: Document) -> None:
    Job.objects.update(
        state=State.PARSED, failed_at="2026-11-21T10:00Z", error="It ends too early."
    )
    form = {"action": "try_again", "_selected_action": [Job.objects.get().pk]}

    page = site_admin.post("/admin/ingestion/job/", form, follow=True)

    assert "1 failed jobs are tried again." in page.content.decode()
    assert Job.objects.get().status == State.PARSED


def test_rows_that_have_files_are_not_deleted_behind_the_store(
    site_admin: Client, paper: Document, public_corpus: Corpus
) -> None:
    for address in (f"search/document/{paper.pk}", f"search/corpus/{public_corpus.pk}"):
        assert site_admin.post(f"/admin/{address}/delete/", {"post": "yes"}).status_code == 403

    assert Document.objects.filter(pk=paper.pk).exists()


def test_a_corrected_title_is_found_by_its_words(site_admin: Client, paper: Document) -> None:
    form = {"title": "Rings of glass", "authors": "A. Heron", "issued": "2009", "doi": "",
            "url": "", "language": "en", "licence": ""}  # fmt: skip

    response = site_admin.post(f"/admin/search/document/{paper.pk}/change/", form)

    assert response.status_code == 302
    paper.refresh_from_db()
    assert (paper.title, paper.authors) == ("Rings of glass", ["A. Heron"])
    assert f"/documents/{paper.pk}/" in site_admin.get("/search?q=rings").content.decode()
