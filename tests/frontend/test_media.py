from pathlib import Path

import pytest
from django.conf import settings as site
from django.contrib.auth.models import User
from django.http import HttpResponse
from django.test import Client

from search.models import Asset, Corpus, Document, Membership
from tests.frontend import shelves
from tests.frontend.conftest import SignIn

MP4 = shelves.mp4()


def file_of(document: Document) -> str:
    return f"/documents/{document.pk}/file"


def content(response: HttpResponse) -> bytes:
    return b"".join(response)  # streamed or not


def asset_of(document: Document) -> str:
    picture = Asset.objects.filter(document=document).first()
    assert picture is not None
    return f"/documents/{document.pk}/assets/{picture.sha256}"


@pytest.mark.parametrize(
    ("asked", "first", "last"),
    [
        ("bytes=0-99", 0, 99),
        ("bytes=500-999", 500, 999),
        ("bytes=-100", len(MP4) - 100, len(MP4) - 1),
        ("bytes=1000-", 1000, len(MP4) - 1),
    ],
)
def test_a_range_of_a_film_is_sent_alone(
    client: Client, film: Document, asked: str, first: int, last: int
) -> None:
    response = client.get(file_of(film), headers={"Range": asked})

    assert response.status_code == 206
    assert response["Content-Range"] == f"bytes {first}-{last}/{len(MP4)}"
    assert response["Content-Length"] == str(last - first + 1)
    assert content(response) == MP4[first : last + 1]


def test_a_range_behind_the_end_is_refused_with_the_size(client: Client, film: Document) -> None:
    response = client.get(file_of(film), headers={"Range": f"bytes={len(MP4)}-"})

    assert response.status_code == 416
    assert response["Content-Range"] == f"bytes */{len(MP4)}"


@pytest.mark.parametrize("asked", ["bytes=0-9,20-29", "bytes=x-y", ""])
def test_several_or_malformed_ranges_get_the_whole_film(
    client: Client, film: Document, asked: str
) -> None:
    response = client.get(file_of(film), headers={"Range": asked} if asked else {})

    assert response.status_code == 200
    assert content(response) == MP4


def test_if_range_with_the_same_tag_keeps_the_range(client: Client, film: Document) -> None:
    tag = client.head(file_of(film))["ETag"]

    response = client.get(file_of(film), headers={"Range": "bytes=0-9", "If-Range": tag})

    assert response.status_code == 206


@pytest.mark.parametrize("condition", ['"another"', "Sat, 21 Nov 2026 10:00:00 GMT"])
def test_if_range_with_anything_else_gets_the_whole_film(
    client: Client, film: Document, condition: str
) -> None:
    response = client.get(file_of(film), headers={"Range": "bytes=0-9", "If-Range": condition})

    assert response.status_code == 200
    assert len(content(response)) == len(MP4)


def test_head_tells_size_and_type_and_sends_nothing(client: Client, film: Document) -> None:
    response = client.head(file_of(film), headers={"Range": "bytes=0-9"})

    assert (response.status_code, content(response)) == (200, b"")
    assert response["Content-Length"] == str(len(MP4))
    assert (response["Content-Type"], response["Accept-Ranges"]) == ("video/mp4", "bytes")


def test_a_film_is_shown_in_place_behind_every_guard(client: Client, film: Document) -> None:
    response = client.get(file_of(film))

    assert response["Content-Disposition"].startswith("inline")
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert response["Cross-Origin-Resource-Policy"] == "same-origin"
    assert response["Cache-Control"] == "private, no-store"


@pytest.mark.parametrize(
    "media_type",
    [
        "image/svg+xml",
        "text/html",
        "application/xhtml+xml",
        "application/pdf",
        "text/xml",
        "",
        "text/plain",
    ],
)
def test_whatever_a_browser_might_run_is_a_download_of_plain_bytes(
    client: Client, public_corpus: Corpus, media_type: str
) -> None:
    shelf = shelves.Shelf("Page", "page.html", media_type, b"<svg onload=alert(1)>")
    document = shelves.put(public_corpus, shelf)

    response = client.get(file_of(document))

    assert response["Content-Type"] == "application/octet-stream"
    assert response["Content-Disposition"].startswith("attachment")
    assert response["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize(
    "name", ['a"\r\nSet-Cookie: x=1\r\n.pdf', "Flußhöhe „Jörg“.pdf", "a;b=c.pdf"]
)
def test_a_file_name_cannot_leave_its_header(
    client: Client, public_corpus: Corpus, name: str
) -> None:
    shelf = shelves.Shelf("Page", name, "application/pdf", b"%PDF-1.4")
    document = shelves.put(public_corpus, shelf)

    response = client.get(file_of(document))

    header = response["Content-Disposition"]
    assert "\r" not in header
    assert "\n" not in header
    assert "Set-Cookie" not in response
    assert header.startswith("attachment; filename")


def test_a_stranger_finds_neither_file_nor_picture_nor_subtitles(
    as_reader: SignIn, carol: User, secret: Document
) -> None:
    client = as_reader(carol)

    for address in (file_of(secret), asset_of(secret), f"/documents/{secret.pk}/subtitles.vtt"):
        assert client.get(address).status_code == 404
        assert Client().get(address).status_code == 404


def test_who_loses_a_role_loses_the_file_at_the_next_request(
    as_reader: SignIn, bob: User, secret: Document, private_corpus: Corpus
) -> None:
    client = as_reader(bob)
    tag = client.get(file_of(secret))["ETag"]

    Membership.objects.filter(corpus=private_corpus, user=bob).delete()

    assert client.get(file_of(secret), headers={"Range": "bytes=0-1"}).status_code == 404
    assert client.get(file_of(secret), headers={"If-None-Match": tag}).status_code == 404


def test_a_picture_of_ours_is_webp_and_asked_about_each_time(
    client: Client, paper: Document
) -> None:
    response = client.get(asset_of(paper))

    assert (response.status_code, response["Content-Type"]) == (200, "image/webp")
    assert response["Cache-Control"] == "private, no-cache"
    again = client.get(asset_of(paper), headers={"If-None-Match": response["ETag"]})
    assert (again.status_code, content(again)) == (304, b"")


def test_only_pictures_of_the_same_document_are_served(
    client: Client, paper: Document, secret: Document
) -> None:
    theirs = Asset.objects.filter(document=secret).first()
    assert theirs is not None
    Asset.objects.filter(document=paper, sha256=theirs.sha256).delete()

    assert client.get(f"/documents/{paper.pk}/assets/{theirs.sha256}").status_code == 404
    assert client.get(f"/documents/{paper.pk}/assets/{paper.sha256}").status_code == 404


def test_another_site_cannot_embed_a_file_but_may_link_to_it(
    client: Client, film: Document
) -> None:
    embedded = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors"}
    followed = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"}

    assert client.get(file_of(film), headers=embedded).status_code == 403
    assert client.get(file_of(film), headers=followed).status_code == 200


def test_a_file_missing_from_the_store_is_not_found(client: Client, film: Document) -> None:
    path = Path(site.MEDIA_ROOT) / film.sha256[:2] / film.sha256
    path.unlink()

    assert client.get(file_of(film)).status_code == 404


def test_subtitles_are_the_spoken_lines_in_web_vtt(client: Client, film: Document) -> None:
    response = client.get(f"/documents/{film.pk}/subtitles.vtt")

    text = response.content.decode()
    assert response["Content-Type"].startswith("text/vtt")
    assert text.startswith("WEBVTT\n\n00:00:00.000 --> 00:00:04.000\nThe horizon is nearer")
    assert text.count("-->") == 3


def test_words_in_subtitles_cannot_become_markup(client: Client, public_corpus: Corpus) -> None:
    said = "<v Bob>hi</v> 00:01 --> 00:02\n\nNOTE x"
    rows = [{"kind": "video", "text": said, "start_s": 1.0, "end_s": 2.0}]
    shelf = shelves.Shelf("Film", "f.mp4", "video/mp4", b"x", rows, (), {"duration_s": 3.0})
    document = shelves.put(public_corpus, shelf)

    text = client.get(f"/documents/{document.pk}/subtitles.vtt").content.decode()

    assert "<v" not in text
    assert text.count("-->") == 1


def test_unsigned_readers_go_to_the_sign_in_page_where_reading_needs_an_account(
    client: Client, film: Document, settings: object
) -> None:
    settings.MMSEARCH = {**site.MMSEARCH, "ANONYMOUS_READING": False}  # type: ignore[attr-defined]

    response = client.get(file_of(film))

    assert response.status_code == 302
    assert response["Location"].startswith("/login?next=")
