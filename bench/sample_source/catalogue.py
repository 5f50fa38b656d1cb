"""Which files the library has, and where in them each question is answered."""

import json
import re
from pathlib import Path
from typing import Any

import pypdfium2
from pptx import Presentation

from .scan import letter_pages
from .speech import Cue
from .style import LIBRARY, SAMPLE, TEXT

FILES = {
    "fresnel-lens.pdf": ("Paper, two columns, pages 41 to 43", "How a Fresnel lens saves glass"),
    "sound-channel.pdf": ("Paper, two columns, pages S1 to S3", "Why sound crosses an ocean"),
    "clocks-and-longitude.pdf": ("Paper, pages T-1 to T-3", "Pendulums, H4 and longitude"),
    "fog-horn-report-1931.pdf": ("Scanned letter, no text layer", "A fog horn on trial"),
    "tides.pptx": ("Slides with notes, a chart and a table", "Why the tide comes twice, and late"),
    "reading-a-light.docx": ("Handbook", "Characters and ranges of lighthouses"),
    "tide-tables.xlsx": ("Workbook of two sheets", "Constituents; high and low waters"),
    "sound-speeds.csv": ("Table", "Speed of sound in gases, liquids and solids"),
    "longitude-with-a-stick.md": ("Guide in Markdown", "Longitude from two equal shadows"),
    "counting-the-seconds.html": ("Article in HTML", "Thunder, bells and echoes"),
    "records.bib": ("BibTeX", "Records of the papers and the article"),
    "tide_prediction.py": ("Python", "The tide as a sum of cosines"),
    "lens-diagram.png": ("Diagram with words", "Inside a lighthouse lens"),
    "sound-absorption-chart.png": ("Chart", "Absorption of sound by frequency"),
    "lighthouse-at-dusk.jpg": ("Picture without words", "A lighthouse at dusk"),
    "how-far-a-light-is-seen.mp4": ("Film with speech", "Horizon, height, lens and rhythm"),
    "how-far-a-light-is-seen.vtt": ("Subtitles of the film", ""),
    "sound-in-the-sea.mp3": ("Talk", "Sound in the sea, with a bell and a sonar ping"),
    "sound-in-the-sea.srt": ("Subtitles of the talk", ""),
}


def quotes() -> list[str]:
    """Every sentence that answers a question."""
    return [expected["quote"] for topic in _topics() for expected in topic["expects"]]


def write_catalogue(cues: dict[str, list[Cue]]) -> None:
    """Write ``questions.json`` and ``README.md``, with pages and seconds found in the files."""
    topics = _topics()
    for topic in topics:
        for expected in topic["expects"]:
            expected.update(_place(expected["file"], expected["quote"], cues))
    text = json.dumps(topics, indent=1, ensure_ascii=False)
    (SAMPLE / "questions.json").write_text(text + "\n", encoding="utf-8")
    files = [f"| `library/{name}` | {kind} | {about} | {(LIBRARY / name).stat().st_size} |"
             for name, (kind, about) in FILES.items()]  # fmt: skip
    page = (TEXT / "README.md").read_text(encoding="utf-8").format(
        first_question=topics[0]["question"], files="\n".join(files), questions=_table(topics)
    )  # fmt: skip
    (SAMPLE / "README.md").write_text(page, encoding="utf-8")


def _topics() -> list[dict[str, Any]]:
    topics: list[dict[str, Any]] = json.loads((TEXT / "questions.json").read_text(encoding="utf-8"))
    return topics


def flat(text: str) -> str:
    """``text`` with every run of white space as one space."""
    return re.sub(r"\s+", " ", text)


def _place(name: str, quote: str, cues: dict[str, list[Cue]]) -> dict[str, Any]:
    if name in cues:
        cue = next(cue for cue in cues[name] if quote in cue.text)
        return {"start_s": cue.start_s, "end_s": cue.end_s}
    if name.endswith(".pptx"):
        return {"page": _first(_slide_texts(LIBRARY / name), quote)}
    if name == "fog-horn-report-1931.pdf":
        return {"page": _first(letter_pages(), quote)}
    if name.endswith(".pdf"):
        with pypdfium2.PdfDocument(LIBRARY / name) as document:
            number = _first([page.get_textpage().get_text_range() for page in document], quote)
            return {"page": number, "page_label": document.get_page_label(number - 1)}
    return {}


def _first(texts: list[str], quote: str) -> int:
    for number, text in enumerate(texts, start=1):
        if quote in flat(text):
            return number
    raise ValueError(f"No page holds the quote {quote!r}; keep quote and text alike.")


def _slide_texts(path: Path) -> list[str]:
    return [" ".join(shape.text_frame.text for shape in slide.shapes if shape.has_text_frame)
            for slide in Presentation(str(path)).slides]  # fmt: skip


def _table(topics: list[dict[str, Any]]) -> str:
    rows = ["| Question | Document | Where | Words that answer it |", "|---|---|---|---|"]
    for topic in topics:
        question = topic["question"]
        if not topic["expects"]:
            rows.append(f"| {question} | none | | Nothing here answers it; MMSearch must say so. |")
        for expected in topic["expects"]:
            where = _where(expected)
            rows.append(f"| {question} | `{expected['file']}` | {where} | {expected['quote']} |")
            question = ""
    return "\n".join(rows)


def _where(expected: dict[str, Any]) -> str:
    if "start_s" in expected:
        return f"second {expected['start_s']:.1f}"
    if "page" not in expected:
        return ""
    word = "slide" if expected["file"].endswith(".pptx") else "page"
    label = expected.get("page_label")
    return f"{word} {expected['page']}" + (f" (printed {label})" if label else "")
