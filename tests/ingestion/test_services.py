"""What is handed in is kept once; what is removed is gone."""

import io
import threading
import zipfile

import pytest
from django.db import connection

from ingestion.errors import IngestError
from ingestion.models import Job
from ingestion.services import IncomingFile, accept_files, remove_documents, work_off
from ingestion.sources.files import NewFile, pair_sidecars
from search import pipeline
from search.errors import NotVisibleError
from search.models import (
    Asset,
    Document,
    Passage,
    SparseVector,
    TermFrequency,
    TokenVectors,
    Vector,
)
from search.store import Store
from search.types import Query, Viewer
from tests.people import viewer

pytestmark = pytest.mark.django_db(transaction=True)
OPERATOR = Viewer(unrestricted=True)
VTT = "WEBVTT\n\n00:01.000 --> 00:02.000\nHello heron.\n"


@pytest.fixture
def store(settings) -> Store:
    return Store(settings.MEDIA_ROOT)


def test_the_same_bytes_twice_in_a_corpus_are_one_document(put_in, public_corpus):
    first = put_in(public_corpus, a__txt="heron")[0]
    again = put_in(public_corpus, b__txt="heron")[0]
    assert (again.document, again.created) == (first.document, False)


def test_the_same_bytes_in_two_corpora_are_two_documents(put_in, public_corpus, private_corpus):
    put_in(public_corpus, a__txt="heron")
    put_in(private_corpus, a__txt="heron")
    assert Document.objects.count() == 2


def test_twenty_uploads_of_one_file_at_once_are_one_document(tmp_path, public_corpus):
    path = tmp_path / "note.txt"
    path.write_text("heron")

    def upload():
        accept_files([IncomingFile("note.txt", path)], corpus=public_corpus, user_id=None)
        connection.close()

    threads = [threading.Thread(target=upload) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (Document.objects.count(), Job.objects.count()) == (1, 1)


def test_an_empty_file_is_refused_by_name(put_in, public_corpus):
    with pytest.raises(IngestError, match=r"nothing\.txt is empty"):
        put_in(public_corpus, nothing__txt="")
    assert not Document.objects.exists()


def test_a_disk_is_refused_before_it_is_full(put_in, public_corpus, settings):
    settings.MIN_FREE_BYTES = 1 << 62
    with pytest.raises(IngestError, match="make room"):
        put_in(public_corpus, a__txt="heron")


@pytest.mark.parametrize(
    ("subtitle", "recording"),
    [("talk.vtt", "talk.mp4"), ("talk.en.srt", "talk.mp3"), ("a/talk.vtt", "a/talk.webm")],
)
def test_subtitles_go_with_the_recording_of_their_name(subtitle, recording):
    files = [NewFile(subtitle, "0", 1), NewFile(recording, "1", 1)]
    assert pair_sidecars(files) == [(files[1], [files[0]])]


def test_subtitles_of_another_folder_stay_alone():
    files = [NewFile("a/talk.vtt", "0", 1), NewFile("b/talk.mp4", "1", 1)]
    assert [sidecars for _, sidecars in pair_sidecars(files)] == [[], []]


def test_an_archive_brings_its_files_along_as_documents(put_in, public_corpus):
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("notes/heron.txt", "A heron eats fish.")
        file.writestr("../../escape.txt", "A stork eats frogs.")
    (accepted,) = put_in(public_corpus, all__zip=archive.getvalue())
    work_off([accepted.job.pk], threads=1)
    work_off(Job.objects.unfinished().values_list("pk", flat=True), threads=1)
    names = set(Document.objects.values_list("filename", flat=True))
    assert names == {"all.zip", "heron.txt", "escape.txt"}
    assert Passage.objects.filter(text__contains="frogs").count() == 1


def test_a_removed_document_leaves_no_row_no_file_and_no_word(note, walked, store):
    walked(note)
    document = note.document
    (certificate,) = remove_documents([document.pk], OPERATOR)
    assert not any(
        model.objects.exists() for model in (Document, Passage, Vector, TermFrequency, Asset, Job)
    )
    assert not store.has(document.sha256)
    assert certificate["rows"]["search_passage"] == 1
    assert certificate["probe"] == {"queries": certificate["probe"]["queries"], "found": False}
    assert certificate["probe"]["queries"]


def test_the_certificate_counts_the_rows_of_every_space(note, walked, store, settings):
    settings.MMSEARCH = settings.MMSEARCH | {"SPACES": ["tokens", "wordpieces"]}
    walked(note)
    (certificate,) = remove_documents([note.document.pk], OPERATOR)
    tables = ("search_vector", "search_tokenvectors", "search_sparsevector")
    assert [certificate["rows"][table] for table in tables] == [1, 1, 1]
    assert not TokenVectors.objects.exists() and not SparseVector.objects.exists()


def test_the_probe_finds_a_document_that_is_still_there(note, walked):
    walked(note)
    corpora = (note.document.corpus_id,)
    found = pipeline.find(Query(text="heron twenty minutes", corpora=corpora))
    assert [c.source.id for c in found.candidates] == [note.document_id]


def test_bytes_that_another_document_shares_stay(note, put_in, private_corpus, walked, store):
    from tests.ingestion.conftest import NOTE

    twin = put_in(private_corpus, heron__md=NOTE)[0].document
    walked(note)
    (certificate,) = remove_documents([note.document_id], OPERATOR)
    assert store.has(twin.sha256)
    assert certificate["files_shared_with_others"] >= 1


def test_a_reader_cannot_remove(note, bob):
    with pytest.raises(NotVisibleError):
        remove_documents([note.document_id], viewer(bob))
    assert Document.objects.exists()


def test_subtitles_beside_a_sound_become_its_passages(put_in, public_corpus, walked):
    wav = _silence()
    accepted = put_in(public_corpus, talk__wav=wav, talk__vtt=VTT)
    assert [a.sidecar_of for a in accepted] == ["", "talk.wav"]
    walked(accepted[0].job)
    (passage,) = Passage.objects.filter(document=accepted[0].document).exclude(text="")
    assert (passage.kind, passage.text, passage.start_s) == ("audio", "Hello heron.", 1.0)


def _silence() -> bytes:
    import wave

    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(8000)
        file.writeframes(bytes(2 * 8000 * 3))
    return buffer.getvalue()


def test_a_document_that_never_became_searchable_can_be_removed(
    note, put_in, public_corpus, walked
):
    (failed,) = walked(put_in(public_corpus, broken__pdf=b"%PDF-1.7\nnothing of a PDF")[0].job)
    assert failed.status == "failed"
    waiting = note
    certificates = remove_documents([failed.document_id, waiting.document_id], OPERATOR)
    assert not Document.objects.exists()
    assert [c["rows"]["search_passage"] for c in certificates] == [0, 0]
