"""How well and how fast each text recogniser reads, on pages and pictures whose words are known.

    OMP_NUM_THREADS=1 python bench/ocr.py [--json]

Pages: scans of one sheet whose text is known (lying all four ways, skewed, bilevel), a line-wise
scan, and born-digital pages drawn at 200 dots an inch, whose own text layer is the truth. Pictures:
a diagram, a map, a scheme and a typed sheet, their words written down by hand. Recall and precision
are of words (lower case, order ignored). The benchmark files are found by MMSEARCH_BENCH_DATA.
"""

import argparse
import json
import os
import re
import sys
import time
import unicodedata
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from statistics import mean

import pypdfium2 as pdfium
from PIL import Image

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from ingestion.media import ocr_rapidocr, ocr_tesseract  # noqa: E402
from ingestion.media.ocr import read_words  # noqa: E402

DATA = Path(os.environ.get("MMSEARCH_BENCH_DATA") or ROOT.parent / "shared" / "data")
DOTS_PER_POINT = 200 / 72
LINN = ["linn", "skew", "rotated_skew", "jbig2", "ccitt"]
DOCLING = (
    "Docling bundles PDF document conversion to JSON and Markdown in an easy self contained package"
)
BORN_DIGITAL = [
    ("papers/tracemonkey.pdf", 0),
    ("papers/docling_multi_page.pdf", 0),
    ("papers/paperqa_paper.pdf", 4),
    ("office/pypdf_pdflatex-4-pages.pdf", 0),
]
PICTURES = {
    "docling_fig_ModalNet-20.png": (
        "Linear Concat Scaled Dot-Product Attention h Linear Linear Linear V K Q"
    ),
    "paperqa_sf_districts.png": (
        "San Francisco 2 Kilometers 2 Miles Nob Hill - Russian Hill Fisherman's Wharf Chinatown - "
        "North Beach Union Square - Financial District Civic Center - Tenderloin Golden Gate "
        "Western Addition Haight The Avenues Mission - Bernal Heights Castro - Noe Valley "
        "Twin Peaks - Lake Merced Southeast San Francisco N"
    ),
    "vespa_overview.png": (
        "Query Ranked result Vespa Stateless Container Cluster Container Query Parsing Query "
        "Encoding Query Dispatch Ranking Phase 3 Result Merge Scaling Dispatch and Merge Vespa "
        "Content Cluster Scaling"
        + " Content node Ranking phase 2 Ranking phase 1 Retrieval (ANN+WAND) Index"
        * 3
    ),
    "ocrmypdf_typewriter.png": (
        "Linzensoep à la Waterman 4 ons linzen 3 liter water 3 uien bloem, boter 2 kopjes melk "
        "laurier, kruidnagel, kerrie, zout De linzen wassen en in 1 liter kokend wa- ter 1 dag "
        "laten weken. 2 liter water bij de linzen voegen, zonder het water waarin ze geweekt zijn "
        "af te gieten. De helft van de uien bakken met laurier en kruidnagel. Alle uien, kerrie en "
        "zout bij de linzen voegen. Alles aan de kook brengen. Van de bloem met boter en melk een "
        "papje maken en verder afmaken met de soep. Als de linzen gaar zijn is de soep klaar."
    ),
}


def words(text: str) -> Counter[str]:
    """Words in lower case; those broken at a line's end made whole."""
    whole = re.sub(r"(\w)[-\xad\ufffe]\s*\n\s*(\w)", r"\1\2", unicodedata.normalize("NFKC", text))
    return Counter(re.findall(r"\w+", whole.lower()))


def drawn(path: Path, page: int) -> tuple[Image.Image, str]:
    """A page as a picture, and its own text."""
    document = pdfium.PdfDocument(path)
    picture = document[page].render(scale=DOTS_PER_POINT).to_pil().convert("RGB")
    return picture, document[page].get_textpage().get_text_range()


def cases() -> Iterator[tuple[str, str, Image.Image, str]]:
    """Group, name, picture, truth."""
    linn = (DATA / "images/text-in-images/ocrmypdf_linn.txt").read_text(encoding="utf-8")
    scans = DATA / "pdf/scans"
    for name in LINN:
        yield "scan", name, drawn(scans / f"ocrmypdf_{name}.pdf", 0)[0], linn
    for page in range(4):
        picture, _ = drawn(scans / "ocrmypdf_cardinal.pdf", page)
        yield "scan turned" if page else "scan", f"cardinal {90 * page}", picture, linn
    for turn in ("", "_rotated_90", "_rotated_180", "_rotated_270"):
        picture, _ = drawn(scans / f"docling_ocr_test{turn}.pdf", 0)
        yield "short scan", f"docling{turn}", picture, DOCLING
    for name, page in BORN_DIGITAL:
        yield "printed page", name, *drawn(DATA / "pdf" / name, page)
    for name, truth in PICTURES.items():
        with Image.open(DATA / "images/text-in-images" / name) as picture:
            yield "picture", name, picture.copy(), truth


def measured(picture: Image.Image, truth: str, engine: str) -> dict[str, float]:
    """Word recall, word precision and seconds of one reading."""
    wall, cpu = time.perf_counter(), time.process_time()
    found = words(read_words(picture, engine=engine).text)
    seconds = {"wall_s": time.perf_counter() - wall, "cpu_s": time.process_time() - cpu}
    expected = words(truth)
    common = (found & expected).total()
    return {
        "recall": common / expected.total(),
        "precision": common / max(1, found.total()),
        **seconds,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--json", action="store_true", help="every case, as JSON")
    wants_json = parser.parse_args().json
    engines = [part.NAME for part in (ocr_tesseract, ocr_rapidocr) if part.is_installed()]
    names = [*engines, ""] if len(engines) > 1 else engines
    for name in names:
        read_words(Image.new("RGB", (400, 300), "white"), engine=name)  # loads the models
    rows = [
        {"group": group, "case": case, "engine": name or "default"} | measured(picture, truth, name)
        for group, case, picture, truth in cases()
        for name in names
    ]
    if wants_json:
        print(json.dumps(rows, indent=1))
        return
    print("| pages | reader | word recall | word precision | wall s | CPU s |")
    print("|---|---|---|---|---|---|")
    for group in dict.fromkeys(row["group"] for row in rows):
        for name in (engine or "default" for engine in names):
            chosen = [r for r in rows if r["group"] == group and r["engine"] == name]
            recall, precision, wall, cpu = (
                mean(float(row[key]) for row in chosen)
                for key in ("recall", "precision", "wall_s", "cpu_s")
            )
            print(
                f"| {len(chosen)} × {group} | {name} | {recall:.3f} | {precision:.3f} "
                f"| {wall:.1f} | {cpu:.1f} |"
            )


if __name__ == "__main__":
    main()
