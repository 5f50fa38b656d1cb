"""Tesseract inside the process: the tesserocr wheel with the language files of the system."""

import importlib.util
from collections import Counter
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from PIL import Image

from ingestion.media.ocr_result import OcrLine, OcrResult, fractions, mean_confidence

if TYPE_CHECKING:
    from tesserocr import PyTessBaseAPI

NAME = "tesseract"

_TESSDATA = (
    "/usr/share/tesseract-ocr/*/tessdata",
    "/usr/share/tessdata",
    "/usr/local/share/tessdata",
    "/usr/share/tesseract/tessdata",
    "/opt/homebrew/share/tessdata",
)
_SECONDS = 60
_LANGUAGES = {
    "ar": "ara", "cs": "ces", "da": "dan", "de": "deu", "el": "ell", "en": "eng", "es": "spa",
    "fi": "fin", "fr": "fra", "he": "heb", "hi": "hin", "hu": "hun", "it": "ita", "ja": "jpn",
    "ko": "kor", "nl": "nld", "no": "nor", "pl": "pol", "pt": "por", "ro": "ron", "ru": "rus",
    "sv": "swe", "tr": "tur", "uk": "ukr", "vi": "vie", "zh": "chi_sim",
}  # fmt: skip


def is_installed() -> bool:
    """Whether the wheel and at least one language file are here."""
    return tessdata() is not None and importlib.util.find_spec("tesserocr") is not None


def languages() -> frozenset[str]:
    """Tesseract's language codes that are installed: eng, deu … Empty without Tesseract."""
    folder = tessdata()
    if folder is None:
        return frozenset()
    return frozenset(path.stem for path in folder.glob("*.traineddata")) - {"osd"}


def reads(language: str) -> bool:
    """Whether a model for this ISO 639-1 language is installed."""
    return _LANGUAGES.get(language, "-") in languages()


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


def read(image: Image.Image, language: str) -> OcrResult:
    """The lines of a grey picture, in Tesseract's own order."""
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
    return OcrResult(tuple(lines), NAME, _direction(grouped.values()), mean_confidence(lines))


def _tesseract_line(words: list[list[str]], size: tuple[int, int], paragraph: int) -> OcrLine:
    corners = [[int(value) for value in word[6:10]] for word in words]
    left, top = min(c[0] for c in corners), min(c[1] for c in corners)
    right, bottom = max(c[0] + c[2] for c in corners), max(c[1] + c[3] for c in corners)
    length = sum(len(word[11]) for word in words)
    sure = sum(float(word[10]) * len(word[11]) for word in words) / length / 100
    text = " ".join(word[11] for word in words)
    return OcrLine(text, fractions(left, top, right, bottom, size), max(0.0, sure), paragraph)


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
    installed = languages()
    wanted = _LANGUAGES.get(language, "")
    base = "eng" if "eng" in installed else min(installed)
    return f"{wanted}+{base}" if wanted in installed - {base} else base


@cache
def _tesseract(languages: str) -> "PyTessBaseAPI":
    from tesserocr import PSM, PyTessBaseAPI

    return PyTessBaseAPI(path=f"{tessdata()}/", lang=languages, psm=PSM.AUTO)
