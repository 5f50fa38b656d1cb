"""Words that a machine reads from a picture: Tesseract where its language files are installed,
else the ONNX models that come inside the rapidocr wheel.

Both run inside the process (the parsing child may not start programs), on one thread.
Measurements: docs/adr/0002-ocr-engine.md.
"""

import importlib.util
import logging
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PIL import Image

from ingestion.media.reading_order import reading_order
from search.types import Box

if TYPE_CHECKING:
    from rapidocr import RapidOCR
    from tesserocr import PyTessBaseAPI

TESSERACT = "tesseract"
RAPIDOCR = "rapidocr"

_TESSDATA = (
    "/usr/share/tesseract-ocr/*/tessdata",
    "/usr/share/tessdata",
    "/usr/local/share/tessdata",
    "/usr/share/tesseract/tessdata",
    "/opt/homebrew/share/tessdata",
)
_POOR = {"tesseract": 0.70, "rapidocr": 0.90}  # below: the page may stand on its head
_KEEP = 0.50  # a line below this is noise: ornaments, hair, leaves
_KEEP_SHORT = 0.80  # the same for a line of one or two characters
_MAX_PIXELS = 12_000_000
_SMALL_SIDE = 1400  # pictures below this are enlarged for Tesseract, which wants tall letters
_SECONDS = 60
_LANGUAGES = {
    "ar": "ara", "cs": "ces", "da": "dan", "de": "deu", "el": "ell", "en": "eng", "es": "spa",
    "fi": "fin", "fr": "fra", "he": "heb", "hi": "hin", "hu": "hun", "it": "ita", "ja": "jpn",
    "ko": "kor", "nl": "nld", "no": "nor", "pl": "pol", "pt": "por", "ro": "ron", "ru": "rus",
    "sv": "swe", "tr": "tur", "uk": "ukr", "vi": "vie", "zh": "chi_sim",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class OcrLine:
    """One printed line. ``box`` in fractions of the picture as given; ``confidence`` 0..1."""

    text: str
    box: Box
    confidence: float
    paragraph: int = 0  # lines of one paragraph share the number


@dataclass(frozen=True, slots=True)
class OcrResult:
    """The lines of a picture in reading order.

    ``rotation``: degrees clockwise (0, 90, 180, 270) by which the picture has to be turned to be
    read upright; boxes are always of the picture as given. ``engine`` is "" when none is installed.
    """

    lines: tuple[OcrLine, ...] = ()
    engine: str = ""
    rotation: int = 0
    confidence: float = 0.0

    @property
    def text(self) -> str:
        """All lines, one below the other."""
        return "\n".join(line.text for line in self.lines)


def ocr_engine() -> str | None:
    """Name of the reader that ``read_words`` will use, None if there is none."""
    if tessdata() is not None and importlib.util.find_spec("tesserocr"):
        return TESSERACT
    return RAPIDOCR if importlib.util.find_spec("rapidocr") else None


def ocr_missing() -> str:
    """The sentence that says why pictures cannot be read and what helps; "" if they can."""
    if ocr_engine():
        return ""
    return (
        "The words in this picture were not read, because no text recognition is installed: "
        "install the Python package rapidocr, or tesserocr with Debian's tesseract-ocr."
    )


def ocr_languages() -> frozenset[str]:
    """Tesseract's language codes that are installed: eng, deu … Empty without Tesseract."""
    folder = tessdata()
    if folder is None:
        return frozenset()
    return frozenset(path.stem for path in folder.glob("*.traineddata")) - {"osd"}


def reads_language(language: str) -> bool:
    """Whether the reader has a model of its own for this ISO 639-1 language."""
    return _LANGUAGES.get(language, "-") in ocr_languages()


def read_words(image: Image.Image, *, language: str = "", engine: str = "") -> OcrResult:
    """Read the words of a picture.

    A page that lies on its side or stands on its head is read as well: when the confidence is
    poor it is turned by 180 degrees and the better reading is kept (both readers recognise lines
    that run downwards, so two readings cover all four directions). Lines that are probably no
    text are left out.

    ``language``: ISO 639-1, a hint. ``engine``: force one reader; "" takes ``ocr_engine()``.
    """
    chosen = engine or ocr_engine()
    if chosen is None:
        return OcrResult()
    read = _READERS[chosen]
    picture = _prepared(image, enlarge=chosen == TESSERACT)
    best = read(picture, language)
    if best.lines and best.confidence < _POOR[chosen]:
        turned = read(picture.transpose(Image.Transpose.ROTATE_180), language)
        if _weight(turned) > _weight(best):
            best = _turned_back(turned)
    lines = tuple(line for line in best.lines if _is_text(line))
    return replace(best, lines=lines, confidence=_mean_confidence(lines))


@cache
def tessdata() -> Path | None:
    """The folder with Tesseract's language files, None if there is none."""
    for pattern in _TESSDATA:
        root = Path(pattern[: pattern.index("*")] if "*" in pattern else pattern)
        tail = pattern[pattern.index("*") :] if "*" in pattern else "."
        for folder in sorted(root.glob(tail), reverse=True) if root.is_dir() else ():
            if any(path.stem != "osd" for path in folder.glob("*.traineddata")):
                return folder
    return None


def _prepared(image: Image.Image, *, enlarge: bool) -> Image.Image:
    """Grey on white, neither tiny nor huge."""
    if image.mode in {"RGBA", "LA", "PA"} or "transparency" in image.info:
        layer = image.convert("RGBA")
        image = Image.new("RGBA", layer.size, "white")
        image.alpha_composite(layer)
    grey = image.convert("L")
    width, height = grey.size
    scale = min(1.0, (_MAX_PIXELS / (width * height)) ** 0.5)
    if enlarge and max(width, height) < _SMALL_SIDE:
        scale = 2.0
    if scale != 1.0:
        size = (max(1, round(width * scale)), max(1, round(height * scale)))
        grey = grey.resize(size, Image.Resampling.LANCZOS)
    return grey


def _read_tesseract(image: Image.Image, language: str) -> OcrResult:
    api = _tesseract(_tesseract_languages(language))
    api.SetImage(image)
    api.SetSourceResolution(200)
    try:
        api.Recognize(_SECONDS * 1000)
        table = api.GetTSVText(0)
    finally:
        api.Clear()
    rows = [row.split("\t") for row in table.splitlines()]
    words = [row for row in rows if len(row) == 12 and row[0] == "5" and row[11].strip()]
    grouped: dict[tuple[str, ...], list[list[str]]] = {}
    for row in words:
        grouped.setdefault(tuple(row[1:5]), []).append(row)
    paragraphs = {key: n for n, key in enumerate(dict.fromkeys(k[:3] for k in grouped))}
    lines = [_tesseract_line(row, image.size, paragraphs[key[:3]]) for key, row in grouped.items()]
    return OcrResult(tuple(lines), TESSERACT, _direction(grouped.values()), _mean_confidence(lines))


def _tesseract_line(words: list[list[str]], size: tuple[int, int], paragraph: int) -> OcrLine:
    corners = [[int(value) for value in word[6:10]] for word in words]
    left, top = min(c[0] for c in corners), min(c[1] for c in corners)
    right, bottom = max(c[0] + c[2] for c in corners), max(c[1] + c[3] for c in corners)
    length = sum(len(word[11]) for word in words)
    sure = sum(float(word[10]) * len(word[11]) for word in words) / length / 100
    text = " ".join(word[11] for word in words)
    return OcrLine(text, _fractions(left, top, right, bottom, size), max(0.0, sure), paragraph)


def _direction(lines: Iterable[list[list[str]]]) -> int:
    """The turn that makes the lines run to the right, by the way from first to last word."""
    votes: Counter[int] = Counter({0: 1})
    for words in lines:
        first, last = ([int(value) for value in words[at][6:10]] for at in (0, -1))
        across = (last[0] + last[2] / 2) - (first[0] + first[2] / 2)
        down = (last[1] + last[3] / 2) - (first[1] + first[3] / 2)
        if abs(down) > abs(across):
            votes[270 if down > 0 else 90] += len(words)
        else:
            votes[180 if across < 0 else 0] += len(words)
    return votes.most_common(1)[0][0]


def _tesseract_languages(language: str) -> str:
    installed = ocr_languages()
    wanted = _LANGUAGES.get(language, "")
    base = "eng" if "eng" in installed else min(installed)
    return f"{wanted}+{base}" if wanted in installed - {base} else base


@cache
def _tesseract(languages: str) -> "PyTessBaseAPI":
    from tesserocr import PSM, PyTessBaseAPI

    return PyTessBaseAPI(path=f"{tessdata()}/", lang=languages, psm=PSM.AUTO)


def _read_rapidocr(image: Image.Image, language: str) -> OcrResult:
    import numpy as np

    found: Any = _rapidocr()(np.asarray(image.convert("RGB")), use_cls=False)
    if found.boxes is None or found.txts is None:
        return OcrResult(engine=RAPIDOCR)
    boxes = [
        _fractions(
            quad[:, 0].min(), quad[:, 1].min(), quad[:, 0].max(), quad[:, 1].max(), image.size
        )
        for quad in found.boxes
    ]
    width, height = image.size
    tall = sum(
        len(t) for t, b in zip(found.txts, boxes, strict=True) if b[3] * height > b[2] * width
    )
    lies = tall > sum(len(text) for text in found.txts) / 2
    order = reading_order([_quarter_turned(box) for box in boxes] if lies else boxes)
    lines = [OcrLine(str(found.txts[i]), boxes[i], float(found.scores[i])) for i in order]
    return OcrResult(tuple(lines), RAPIDOCR, 270 if lies else 0, _mean_confidence(lines))


@cache
def _rapidocr() -> "RapidOCR":
    from rapidocr import RapidOCR

    logging.getLogger("RapidOCR").setLevel(logging.ERROR)
    runtime = "EngineConfig.onnxruntime"
    threads = {f"{runtime}.intra_op_num_threads": 1, f"{runtime}.inter_op_num_threads": 1}
    return RapidOCR(params={"Global.log_level": "error", **threads})


_READERS: dict[str, Callable[[Image.Image, str], OcrResult]] = {
    TESSERACT: _read_tesseract,
    RAPIDOCR: _read_rapidocr,
}


def _fractions(left: float, top: float, right: float, bottom: float, size: tuple[int, int]) -> Box:
    width, height = size
    x0, x1 = (min(1.0, max(0.0, float(value) / width)) for value in (left, right))
    y0, y1 = (min(1.0, max(0.0, float(value) / height)) for value in (top, bottom))
    return (x0, y0, x1 - x0, y1 - y0)


def _quarter_turned(box: Box) -> Box:
    """The box after the page is turned by a quarter against the clock."""
    x, y, width, height = box
    return (y, 1 - x - width, height, width)


def _turned_back(result: OcrResult) -> OcrResult:
    lines = tuple(
        replace(line, box=(1 - x - width, 1 - y - height, width, height))
        for line in result.lines
        for x, y, width, height in [line.box]
    )
    return replace(result, lines=lines, rotation=(result.rotation + 180) % 360)


def _mean_confidence(lines: Iterable[OcrLine]) -> float:
    """Mean over characters, so that specks weigh little."""
    pairs = [(len(line.text), line.confidence) for line in lines]
    total = sum(length for length, _ in pairs)
    return sum(length * sure for length, sure in pairs) / total if total else 0.0


def _weight(result: OcrResult) -> float:
    return sum(len(line.text) * line.confidence**2 for line in result.lines)


def _is_text(line: OcrLine) -> bool:
    letters = sum(character.isalnum() for character in line.text)
    return letters > 0 and line.confidence >= (_KEEP if letters > 2 else _KEEP_SHORT)
