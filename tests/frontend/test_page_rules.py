"""What holds for every page: policy, weight, errors."""

import re
from pathlib import Path

import pytest
from django.conf import settings as site
from django.contrib.auth.models import User
from django.db import OperationalError, connection
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext
from django.views.defaults import server_error

from search import services
from search.models import Corpus, Document
from tests.frontend import shelves
from tests.frontend.conftest import SignIn

TEMPLATES = sorted((site.BASE_DIR / "templates").rglob("*.html"))
SCRIPTS = sorted((site.BASE_DIR / "static").rglob("*.js"))
MOST_QUERIES = 15


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: path.name)
def test_no_template_holds_inline_style_or_script(template: Path) -> None:
    text = template.read_text(encoding="utf-8")

    assert not re.search(r"\sstyle\s*=", text)
    assert "<style" not in text
    assert not re.search(r"\son[a-z]+\s*=\s*[\"']", text)
    assert "javascript:" not in text
    assert "hx-on" not in text
    for tag in re.findall(r"<script[^>]*>", text):
        assert 'nonce="{{ csp_nonce }}"' in tag
        assert "src=" in tag or "application/ld+json" in tag


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: path.name)
def test_no_template_trusts_text_on_its_own(template: Path) -> None:
    text = template.read_text(encoding="utf-8")

    assert "|safe" not in text
    assert "autoescape off" not in text


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_no_script_writes_markup(script: Path) -> None:
    text = script.read_text(encoding="utf-8")

    for word in ("innerHTML", "outerHTML =", "insertAdjacentHTML", "document.write", "eval("):
        assert word not in text.replace('swap: "innerHTML"', "")


def test_mark_safe_is_used_in_one_place() -> None:
    users = [
        path.name
        for path in (site.BASE_DIR / "frontend").rglob("*.py")
        if re.search(r"\bmark_safe\b|SafeString\(", path.read_text(encoding="utf-8"))
    ]

    assert users == ["evidence.py"]


@pytest.mark.parametrize(
    "address", ["/", "/corpora/", "/evaluation/", "/login", "/search?q=lamp", "/nowhere"]
)
def test_every_page_carries_the_policy(client: Client, paper: Document, address: str) -> None:
    response = client.get(address)

    policy = response["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert re.search(r"script-src 'self' 'nonce-[\w-]+'", policy)
    assert "unsafe" not in policy
    nonce = re.search(r"'nonce-([\w-]+)'", policy)
    assert nonce is not None
    assert f'nonce="{nonce[1]}"' in response.content.decode()


def test_pages_of_one_reader_are_kept_by_no_proxy(as_reader: SignIn, ada: User) -> None:
    for address in ("/", "/corpora/"):
        assert as_reader(ada).get(address)["Cache-Control"] == "private, no-cache"


def test_pages_stay_light(
    as_reader: SignIn, ada: User, public_corpus: Corpus, paper: Document, film: Document
) -> None:
    for number in range(20):
        shelves.put(public_corpus, shelves.note(f"Note {number}"))
    client = as_reader(ada)
    passage = film.passages.order_by("ordinal").first()
    assert passage is not None

    for address in (
        "/", "/corpora/", "/corpora/lighthouses/", f"/documents/{paper.pk}/",
        f"/documents/{film.pk}/?passage={passage.pk}", f"/documents/{film.pk}/file",
    ):  # fmt: skip
        with CaptureQueriesContext(
            connection,
        ) as queries:
            assert client.get(address).status_code == 200
        assert len(queries) <= MOST_QUERIES, (address, [q["sql"][:120] for q in queries])


def test_a_results_page_asks_the_database_no_more_for_more_results(
    client: Client, public_corpus: Corpus, paper: Document
) -> None:
    client.get("/search?q=lamp")  # the encoder and the plan are ready
    with CaptureQueriesContext(connection) as few:
        client.get("/search?q=lamp")
    for number in range(8):
        shelves.put(public_corpus, shelves.paper(f"Lamp {number}"))

    with CaptureQueriesContext(connection) as many:
        client.get("/search?q=lamp")

    assert len(many) <= len(few) + 2


def test_what_is_not_there_has_a_page_of_its_own(client: Client, db: None) -> None:
    response = client.get("/documents/1/")

    assert response.status_code == 404
    assert "There is nothing here" in response.content.decode()


def test_a_database_that_does_not_answer_is_said_with_when_to_come_again(
    client: Client, paper: Document, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: object, **__: object) -> None:
        raise OperationalError("the server closed the connection")

    monkeypatch.setattr(services, "open_answer", away)
    response = client.get("/search?q=lamp")
    assert response.status_code == 503
    assert int(response.headers["Retry-After"]) > 0
    page = response.content.decode()
    assert "load the page again" in page
    assert "closed the connection" not in page


def test_a_failure_of_ours_shows_no_trace(rf: RequestFactory) -> None:
    response = server_error(rf.get("/"))

    page = response.content.decode()
    assert response.status_code == 500
    assert "Something broke on our side" in page
    assert "Traceback" not in page


def test_pages_ask_for_an_account_where_reading_needs_one(
    client: Client, paper: Document, settings: object
) -> None:
    settings.MMSEARCH = {**site.MMSEARCH, "ANONYMOUS_READING": False}  # type: ignore[attr-defined]

    for address in ("/", "/search?q=lamp", "/corpora/", f"/documents/{paper.pk}/", "/evaluation/"):
        response = client.get(address)
        assert response.status_code == 302
        assert response["Location"].startswith("/login?next=")
        assert address.split("?")[0] in response["Location"]


@pytest.mark.parametrize("method", ["post", "put", "delete"])
def test_pages_for_reading_take_no_other_method(
    client: Client, paper: Document, method: str
) -> None:
    for address in ("/", f"/documents/{paper.pk}/", f"/documents/{paper.pk}/file"):
        assert getattr(client, method)(address).status_code == 405
