"""The sample library that the repository ships: complete, small, and true to its own catalogue."""

import importlib.util
import json
import re
import sys
from datetime import UTC, datetime
from difflib import SequenceMatcher
from itertools import pairwise
from pathlib import Path
from types import ModuleType
from typing import Any

import av
import numpy as np
import pypdfium2
import pytest
from docx import Document
from openpyxl import load_workbook
from PIL import Image
from pptx import Presentation

SAMPLE = Path(__file__).resolve().parents[1] / "sample"
LIBRARY = SAMPLE / "library"
TOPICS: list[dict[str, Any]] = json.loads((SAMPLE / "questions.json").read_text(encoding="utf-8"))
EXPECTED = [(topic["question"], entry) for topic in TOPICS for entry in topic["expects"]]
SIDECARS = {".mp4": ".vtt", ".mp3": ".srt"}
TIME = re.compile(r"(\d+):(\d+):(\d+)[.,](\d+) --> (\d+):(\d+):(\d+)[.,](\d+)")


def flat(text: str) -> str:
    return re.sub(r"\s+", " ", text)


def cues(recording: Path) -> list[tuple[float, float, str]]:
    """Start, end and text of each cue in the sidecar of ``recording``."""
    sidecar = recording.with_suffix(SIDECARS[recording.suffix])
    found = []
    for block in sidecar.read_text(encoding="utf-8").split("\n\n"):
        if match := TIME.search(block):
            h1, m1, s1, ms1, h2, m2, s2, ms2 = map(int, match.groups())
            start = h1 * 3600 + m1 * 60 + s1 + ms1 / 1000
            end = h2 * 3600 + m2 * 60 + s2 + ms2 / 1000
            found.append((start, end, block[match.end() :].strip()))
    return found


def page_texts(path: Path) -> list[str]:
    if path.suffix == ".pptx":
        slides = Presentation(str(path)).slides
        return [" ".join(s.text_frame.text for s in slide.shapes if s.has_text_frame)
                for slide in slides]  # fmt: skip
    with pypdfium2.PdfDocument(path) as document:
        return [page.get_textpage().get_text_range() for page in document]


def whole_text(path: Path) -> str:
    if path.suffix == ".docx":
        return "\n".join(paragraph.text for paragraph in Document(str(path)).paragraphs)
    return path.read_text(encoding="utf-8")


def module_from(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[path.stem] = module
    spec.loader.exec_module(module)
    return module


def test_the_readme_lists_every_file_with_its_size_and_no_other() -> None:
    listed = re.findall(r"^\| `library/([^`]+)` .*\| (\d+) \|$", (SAMPLE / "README.md").read_text(),
                        re.MULTILINE)  # fmt: skip
    held = {path.name: path.stat().st_size for path in LIBRARY.iterdir()}
    assert {name: int(size) for name, size in listed} == held


def test_the_readme_shows_every_question() -> None:
    readme = (SAMPLE / "README.md").read_text(encoding="utf-8")
    assert [topic["question"] for topic in TOPICS if topic["question"] not in readme] == []


def test_the_whole_library_stays_under_fifteen_megabytes() -> None:
    assert sum(path.stat().st_size for path in SAMPLE.rglob("*") if path.is_file()) <= 15_000_000


def test_it_holds_documents_of_every_kind() -> None:
    kinds = {path.suffix for path in LIBRARY.iterdir()}
    assert kinds >= {".pdf", ".pptx", ".docx", ".xlsx", ".csv", ".md", ".html", ".bib", ".py",
                     ".png", ".jpg", ".mp4", ".mp3"}  # fmt: skip
    documents = [path for path in LIBRARY.iterdir() if path.suffix not in SIDECARS.values()]
    assert len(documents) >= 14


def test_the_first_question_needs_a_page_and_a_recording() -> None:
    first = TOPICS[0]["expects"]
    assert any("page" in entry for entry in first)
    assert any("start_s" in entry for entry in first)


def test_one_question_is_answered_by_nothing() -> None:
    assert [topic["question"] for topic in TOPICS if not topic["expects"]] == [
        "How do honeybees choose a new nest site?"
    ]


@pytest.mark.parametrize(
    ("question", "entry"),
    [pair for pair in EXPECTED if pair[1].get("read_by") != "ocr"],  # the scan has its own test
)
def test_the_words_that_answer_stand_where_the_catalogue_says(
    question: str, entry: dict[str, Any]
) -> None:
    path = LIBRARY / entry["file"]
    if "start_s" in entry:
        there = [text for start, end, text in cues(path)
                 if (start, end) == (entry["start_s"], entry["end_s"])]  # fmt: skip
        assert len(there) == 1 and entry["quote"] in there[0]
    elif "page" in entry:
        assert entry["quote"] in flat(page_texts(path)[entry["page"] - 1])
    else:
        assert entry["quote"] in flat(whole_text(path))


def test_page_labels_are_the_printed_page_numbers() -> None:
    first = {"fresnel-lens.pdf": "41", "sound-channel.pdf": "S1", "clocks-and-longitude.pdf": "T-1"}
    for name, label in first.items():
        with pypdfium2.PdfDocument(LIBRARY / name) as document:
            assert document.get_page_label(0) == label
    for _, entry in EXPECTED:
        if "page_label" in entry:
            with pypdfium2.PdfDocument(LIBRARY / entry["file"]) as document:
                assert document.get_page_label(entry["page"] - 1) == entry["page_label"]


def test_every_doi_has_the_test_prefix() -> None:
    texts = [path.read_text(encoding="utf-8") for path in LIBRARY.iterdir()
             if path.suffix in {".md", ".html", ".bib", ".csv", ".py"}]  # fmt: skip
    texts += ["\n".join(page_texts(path)) for path in LIBRARY.glob("*.pdf")]
    dois = re.findall(r"\b10\.\d{4,9}/\S+", "\n".join(texts))
    assert len(set(dois)) >= 4
    assert [doi for doi in dois if not doi.startswith("10.5555/")] == []


def test_the_bibtex_records_agree_with_the_papers() -> None:
    records = (LIBRARY / "records.bib").read_text(encoding="utf-8")
    for name in ("fresnel-lens.pdf", "sound-channel.pdf", "clocks-and-longitude.pdf"):
        with pypdfium2.PdfDocument(LIBRARY / name) as document:
            facts = document.get_metadata_dict()
            labels = (document.get_page_label(0), document.get_page_label(len(document) - 1))
        doi = facts["Subject"].split("doi:")[1]
        record = next(part for part in records.split("\n@") if doi in part)
        assert facts["Title"] in record
        assert f"{labels[0]}--{labels[1]}" in record
        assert all(author.split()[-1] in record for author in facts["Author"].split(", "))


def test_the_scan_has_no_text_layer_but_a_machine_can_read_it() -> None:
    rapidocr = pytest.importorskip("rapidocr", reason="needs RapidOCR to read the scanned letter")
    path = LIBRARY / "fog-horn-report-1931.pdf"
    assert [text for text in page_texts(path) if text.strip()] == []
    quote = next(entry["quote"] for _, entry in EXPECTED if entry.get("read_by") == "ocr")
    with pypdfium2.PdfDocument(path) as document:
        picture = document[0].render(scale=150 / 72).to_pil().crop((0, 600, 1240, 1500))
    try:
        result = rapidocr.RapidOCR()(np.asarray(picture.convert("RGB")))
    except Exception as error:
        pytest.skip(f"RapidOCR cannot start here: {error}")
    read = flat(" ".join(result.txts or ()))
    pieces = SequenceMatcher(None, quote, read, autojunk=False).get_matching_blocks()
    assert sum(piece.size for piece in pieces if piece.size > 2) >= 0.9 * len(quote)


@pytest.mark.parametrize("name", ["how-far-a-light-is-seen.mp4", "sound-in-the-sea.mp3"])
def test_each_cue_begins_where_its_sentence_is_heard(name: str) -> None:
    with av.open(str(LIBRARY / name)) as container:
        resampler = av.AudioResampler("flt", "mono", 16000)
        pieces = [piece.to_ndarray()[0] for frame in container.decode(container.streams.audio[0])
                  for piece in resampler.resample(frame)]  # fmt: skip
    sound = np.concatenate(pieces)

    def loudness(start: float, end: float) -> float:
        return float(np.sqrt(np.mean(sound[int(start * 16000) : int(end * 16000)] ** 2)))

    for start, end, text in cues(LIBRARY / name):
        assert loudness(start, end) > 0.03, text
        assert loudness(start, start + 0.2) > 0.003, text
        assert loudness(max(start - 0.25, 0), start - 0.02) < 0.005, text
        assert loudness(end + 0.15, end + 0.4) < 0.005, text


def test_the_film_plays_in_browsers_and_shows_several_shots() -> None:
    with av.open(str(LIBRARY / "how-far-a-light-is-seen.mp4")) as film:
        assert film.streams.video[0].codec.name == "h264"
        assert film.streams.video[0].pix_fmt == "yuv420p"
        assert film.streams.audio[0].codec.name == "aac"
        assert 30 <= (film.duration or 0) / av.time_base <= 60
        small = [np.asarray(frame.to_image().resize((64, 36)), dtype=float)
                 for number, frame in enumerate(film.decode(film.streams.video[0]))
                 if number % 6 == 0]  # fmt: skip
    changes = [np.abs(a - b).mean() for a, b in pairwise(small)]
    assert sum(change > 8 for change in changes) >= 4


def test_the_tide_table_is_what_the_python_file_computes() -> None:
    tides = module_from(LIBRARY / "tide_prediction.py")
    turns = tides.high_and_low_waters(datetime(2026, 6, 1, tzinfo=UTC), 7)
    sheet = load_workbook(LIBRARY / "tide-tables.xlsx")["High and low water"]
    rows = [row[:4] for row in sheet.iter_rows(min_row=2, values_only=True) if row[0]]
    assert rows == [(f"{at:%Y-%m-%d}", f"{at:%H:%M}", kind, round(height, 2))
                    for at, height, kind in turns]  # fmt: skip


def test_the_slides_have_a_chart_a_table_and_notes_on_every_slide() -> None:
    slides = list(Presentation(str(LIBRARY / "tides.pptx")).slides)
    assert len(slides) == 6
    assert any(shape.has_chart for slide in slides for shape in slide.shapes)
    assert any(shape.has_table for slide in slides for shape in slide.shapes)
    assert all(slide.notes_slide.notes_text_frame.text.strip() for slide in slides)


@pytest.mark.parametrize(
    "name", ["lens-diagram.png", "sound-absorption-chart.png", "lighthouse-at-dusk.jpg"]
)
def test_pictures_are_large_enough_to_look_at(name: str) -> None:
    with Image.open(LIBRARY / name) as picture:
        picture.load()
        assert min(picture.size) >= 800
