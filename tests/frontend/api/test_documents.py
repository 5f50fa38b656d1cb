"""Documents: brought in, read, corrected, removed."""

import io
import zipfile
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as site
from django.core.files.uploadedfile import SimpleUploadedFile
from rest_framework.test import APIClient

from ingestion.models import Job
from ingestion.services import work_off
from search.models import Corpus, Document
from tests.frontend.api.conftest import CANARY, SECRET_TEXTS, Shelf, problem

UPLOAD = "/api/v1/corpora/field-notes/documents/"
NOTE = b"# Storks\n\nThe white stork clatters with its bill because it has no voice.\n"


def _send(client: APIClient, *files: tuple[str, bytes]) -> Any:
    uploads = [SimpleUploadedFile(name, content) for name, content in files]
    return client.post(UPLOAD, {"file": uploads}, format="multipart")


def test_a_document_is_described_as_the_contract_says(as_bob: APIClient, secret: Shelf) -> None:
    body = as_bob.get(f"/api/v1/documents/{secret.document.pk}/").json()
    assert body.keys() >= {
        "id", "corpus", "title", "authors", "published", "doi", "url", "media_type", "sha256",
        "state", "progress", "error", "passages", "language", "licence", "file_url",
    }  # fmt: skip
    assert body["id"] == str(secret.document.pk)
    assert body["corpus"] == "field-notes"
    assert body["state"] == "searchable"
    assert body["passages"] == {"text": 2, "page": 0, "image": 0, "video": 0, "audio": 0}
    assert body["file_url"] == f"/documents/{secret.document.pk}/file"


@pytest.mark.django_db(transaction=True)
def test_an_upload_becomes_searchable(as_ada: APIClient, private_corpus: Corpus) -> None:
    sent = _send(as_ada, ("storks.md", NOTE))
    assert sent.status_code == 202
    (accepted,) = sent.json()["documents"]
    assert accepted["state"] == "received"
    assert as_ada.get(accepted["status_url"]).json()["state"] == "received"
    work_off([Job.objects.get(document=int(accepted["id"])).pk], threads=1)
    body = as_ada.get(accepted["status_url"]).json()
    assert (body["state"], body["progress"], body["error"]) == ("searchable", 1.0, "")
    found = as_ada.post("/api/v1/search/", {"text": "stork clatters"}, format="json").json()
    assert [hit["document"]["id"] for hit in found["hits"]] == [accepted["id"]]


def test_the_same_bytes_twice_are_one_document(as_ada: APIClient, private_corpus: Corpus) -> None:
    first = _send(as_ada, ("storks.md", NOTE)).json()["documents"][0]
    again = _send(as_ada, ("other-name.md", NOTE)).json()["documents"][0]
    assert again["id"] == first["id"]
    assert (first["created"], again["created"]) == (True, False)
    assert Document.objects.count() == 1


def test_several_files_come_in_one_request(as_ada: APIClient, private_corpus: Corpus) -> None:
    sent = _send(as_ada, ("a.md", NOTE), ("b.txt", b"A heron is not a stork.")).json()
    assert [entry["title"] for entry in sent["documents"]] == ["a.md", "b.txt"]
    listed = as_ada.get(UPLOAD).json()["results"]
    assert [row["title"] for row in listed] == ["b.txt", "a.md"]


def test_a_format_that_is_not_read_is_refused_with_the_whole_upload(
    as_ada: APIClient, private_corpus: Corpus
) -> None:
    found = problem(_send(as_ada, ("good.md", NOTE), ("bad.bin", bytes(range(256)) * 9)), 415)
    assert "bad.bin" in found["errors"]["file"][0]
    assert not Document.objects.exists()


@pytest.mark.parametrize(
    "content", [b"", b"PK\x03\x04 not really a zip"], ids=["empty", "damaged archive"]
)
def test_a_file_that_cannot_be_used_is_unprocessable(
    content: bytes, as_ada: APIClient, private_corpus: Corpus
) -> None:
    problem(_send(as_ada, ("file.zip", content)), 422)
    assert not Document.objects.exists()


@pytest.mark.parametrize(
    "name",
    ["../../etc/passwd.md", "..\\..\\boot.md", "/a.md", "..", ".", "", "a\0b.md", "CON.md",
     "\u202egpj.md", "ä" * 4000, "a%00.md", "-rf.md", "; rm.md", ".htaccess"],
)  # fmt: skip
def test_names_are_words_and_never_paths(
    name: str, as_ada: APIClient, private_corpus: Corpus
) -> None:
    head = f'--x\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n\r\n'
    body = head.encode() + NOTE + b"\r\n--x--\r\n"
    response = as_ada.generic("POST", UPLOAD, body, "multipart/form-data; boundary=x")
    assert response.status_code in {202, 400}, response.content
    for document in Document.objects.all():
        assert not {"/", "\\", "\r", "\n", "\0"} & set(document.filename)
        assert len(document.filename) <= 255


def test_too_much_stops_while_it_streams(
    as_ada: APIClient, private_corpus: Corpus, settings: Any
) -> None:
    settings.MAX_UPLOAD_BYTES = 200_000
    found = problem(_send(as_ada, ("big.txt", b"a heron " * 100_000)), 413)
    assert "MMSEARCH_MAX_UPLOAD_MB" in found["detail"]
    assert not list(Path(site.FILE_UPLOAD_TEMP_DIR).glob("*"))


def test_too_much_is_refused_by_its_announced_length(
    as_ada: APIClient, private_corpus: Corpus, settings: Any
) -> None:
    settings.MAX_UPLOAD_BYTES = 200_000
    body = b"--x\r\nContent-Disposition: form-data"
    response = as_ada.generic(
        "POST", UPLOAD, body, "multipart/form-data; boundary=x", CONTENT_LENGTH="5000000000"
    )
    problem(response, 413)


def test_a_full_disk_is_a_sentence(
    as_ada: APIClient, private_corpus: Corpus, settings: Any
) -> None:
    settings.MIN_FREE_BYTES = 1 << 60
    assert "disk" in problem(_send(as_ada, ("a.md", NOTE)), 507)["detail"]
    assert as_ada.get(UPLOAD).status_code == 200


def test_a_reader_is_refused_before_a_byte_is_read(
    as_bob: APIClient, private_corpus: Corpus, settings: Any
) -> None:
    settings.MAX_UPLOAD_BYTES = 1
    problem(_send(as_bob, ("a.md", NOTE)), 403)


def test_an_upload_without_a_file_is_told_what_to_send(
    as_ada: APIClient, private_corpus: Corpus
) -> None:
    bodies: list[Any] = [{}, {"url": ""}, []]
    for body in bodies:
        found = problem(as_ada.post(UPLOAD, body, format="json"), 400)
        assert list(found["errors"]) == ["file"]


def test_a_private_address_is_not_fetched(
    as_ada: APIClient, private_corpus: Corpus, settings: Any
) -> None:
    settings.MMSEARCH = settings.MMSEARCH | {"URL_INGESTION": True}
    for address in ("http://127.0.0.1/a", "file:///etc/passwd", "http://[::1]/", "gopher://x"):
        problem(as_ada.post(UPLOAD, {"url": address}, format="json"), 422)


def test_another_kind_of_body_is_refused(as_ada: APIClient, private_corpus: Corpus) -> None:
    problem(as_ada.generic("POST", UPLOAD, "<a/>", "application/xml"), 415)


def test_subtitles_go_with_their_recording(as_ada: APIClient, private_corpus: Corpus) -> None:
    cues = b"WEBVTT\n\n00:00.000 --> 00:02.000\nThe heron waits.\n"
    sent = _send(as_ada, ("talk.wav", _wav()), ("talk.vtt", cues)).json()["documents"]
    assert sent[0]["id"] == sent[1]["id"]
    assert sent[1]["subtitles_of"] == "talk.wav"


def test_an_archive_is_taken(as_ada: APIClient, private_corpus: Corpus) -> None:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("a.md", NOTE)
    assert _send(as_ada, ("notes.zip", content.getvalue())).status_code == 202


def test_passages_come_in_the_order_of_the_document(as_bob: APIClient, secret: Shelf) -> None:
    address, seen = f"/api/v1/documents/{secret.document.pk}/passages/?limit=1", []
    while address:
        page = as_bob.get(address).json()
        seen += page["results"]
        address = page["next"]
    assert [row["text"] for row in seen] == list(SECRET_TEXTS)
    assert [row["id"] for row in seen] == [str(passage.pk) for passage in secret.passages]
    assert seen[0]["view_url"].endswith(f"?passage={seen[0]['id']}")


def test_a_correction_is_found_and_shown(as_ada: APIClient, secret: Shelf) -> None:
    address = f"/api/v1/documents/{secret.document.pk}/"
    fields = {"title": "Pterosaur diary", "authors": ["Ada", "Bob"], "published": "2009-06"}
    changed = as_ada.patch(address, {**fields, "sha256": "0", "state": "failed"}, format="json")
    assert changed.status_code == 200
    assert changed.json().items() >= {**fields, "state": "searchable"}.items()
    assert changed.json()["sha256"] == secret.document.sha256
    found = as_ada.post("/api/v1/search/", {"text": "pterosaur", "recipe": "bm25"}, format="json")
    assert found.json()["hits"][0]["document"]["title"] == "Pterosaur diary"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("title", ""),
        ("title", "x" * 501),
        ("published", "June 2009"),
        ("published", "2009-13"),
        ("url", "javascript:alert(1)"),
        ("authors", "Ada"),
        ("doi", "a\x00b"),
    ],
)
def test_a_wrong_correction_is_named(
    field: str, value: str, as_ada: APIClient, secret: Shelf
) -> None:
    address = f"/api/v1/documents/{secret.document.pk}/"
    found = problem(as_ada.patch(address, {field: value}, format="json"), 400)
    assert list(found["errors"]) == [field]


def test_a_removal_is_certified_and_nothing_is_found_after_it(
    as_ada: APIClient, as_bob: APIClient, secret: Shelf
) -> None:
    removed = as_ada.delete(f"/api/v1/documents/{secret.document.pk}/")
    assert removed.status_code == 200
    certificate = removed.json()
    assert certificate["document"] == str(secret.document.pk)
    assert certificate["probe"]["found"] is False
    problem(as_bob.get(f"/api/v1/documents/{secret.document.pk}/"), 404)
    assert as_bob.post("/api/v1/search/", {"text": CANARY}, format="json").json()["hits"] == []


def _wav() -> bytes:
    size = 16_000
    header = b"RIFF" + (36 + size).to_bytes(4, "little") + b"WAVEfmt "
    shape = (16).to_bytes(4, "little") + b"\1\0\1\0" + (8000).to_bytes(4, "little")
    rest = (16_000).to_bytes(4, "little") + b"\2\0\x10\0data" + size.to_bytes(4, "little")
    return header + shape + rest + bytes(size)
