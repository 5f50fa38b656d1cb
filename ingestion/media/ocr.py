"""Words that a machine reads from a picture.

Two readers, both inside the process (the parsing child may not start programs) and on one thread:
Tesseract where its language files are installed, and the ONNX models inside the rapidocr wheel.
Tesseract is as good on printed pages and several times as fast; RapidOCR finds words in figures,
maps and photographs that Tesseract misses. Measured in docs/adr/0002-ocr-engine.md.
"""

from collections.abc import Callable
from dataclasses import replace

from PIL import Image

from ingestion.media import ocr_rapidocr, ocr_tesseract
from ingestion.media.ocr_result import OcrLine, OcrResult, mean_confidence

__all__ = ["OcrLine", "OcrResult", "ocr_engine", "ocr_missing", "read_words", "reads_language"]

_READERS: dict[str, Callable[[Image.Image, str], OcrResult]] = {
    ocr_tesseract.NAME: ocr_tesseract.read,
    ocr_rapidocr.NAME: ocr_rapidocr.read,
}
_POOR = {ocr_tesseract.NAME: 0.70, ocr_rapidocr.NAME: 0.90}  # below: may stand on its head
_PAGE_CONFIDENCE = 0.88  # Tesseract's reading of a printed page is at least this sure,
_PAGE_CHARACTERS = 600  # at least this long,
_PAGE_LINE = 20  # and its lines are no labels; what falls short gets a second reading
_KEEP = 0.50  # a line below this is noise: ornaments, hair, leaves
_KEEP_SHORT = 0.80  # the same for a line of one or two characters
_SMALLEST = 10  # pixels: a lower or narrower picture holds no letter
_MAX_PIXELS = 12_000_000
_SMALL_SIDE = 1400  # pictures below this are enlarged for Tesseract, which wants tall letters


def ocr_engine() -> str | None:
    """Name of the reader of printed pages, None if no reader is installed."""
    if ocr_tesseract.is_installed():
        return ocr_tesseract.NAME
    return ocr_rapidocr.NAME if ocr_rapidocr.is_installed() else None


def ocr_missing() -> str:
    """The sentence that says why pictures cannot be read and what helps; "" if they can."""
    if ocr_engine():
        return ""
    return (
        "The words in this picture were not read, because no text recognition is installed: "
        "install the Python package rapidocr, or tesserocr with Debian's tesseract-ocr."
    )


def reads_language(language: str) -> bool:
    """Whether Tesseract has a model of its own for this ISO 639-1 language."""
    return ocr_tesseract.is_installed() and ocr_tesseract.reads(language)


def read_words(image: Image.Image, *, language: str = "", engine: str = "") -> OcrResult:
    """Read the words of a picture: a scanned page, a figure, a photograph.

    A page that lies on its side or stands on its head is read as well: when the confidence is
    poor it is turned by 180 degrees and the better reading is kept (both readers recognise lines
    that run downwards, so two readings cover all four directions). Lines that are probably no
    text are left out.

    ``language``: ISO 639-1, a hint. ``engine``: force one reader, "tesseract" or "rapidocr"; ""
    takes Tesseract's reading where it is surely a printed page, else the fuller of both.
    """
    names = [engine] if engine else _installed()
    if min(image.size) < _SMALLEST:
        return OcrResult(engine=names[0] if names else "")
    best = OcrResult()
    for name in names:
        result = _upright(image, name, language)
        best = result if _weight(result) > _weight(best) or not best.engine else best
        if len(names) > 1 and _is_printed_page(result):
            break
    return best


def _installed() -> list[str]:
    return [part.NAME for part in (ocr_tesseract, ocr_rapidocr) if part.is_installed()]


def _is_printed_page(result: OcrResult) -> bool:
    length = len(result.text)
    long_enough = length >= max(_PAGE_CHARACTERS, _PAGE_LINE * len(result.lines))
    return long_enough and result.confidence >= _PAGE_CONFIDENCE


def _upright(image: Image.Image, name: str, language: str) -> OcrResult:
    """One reader's lines, whichever way the page lies, without those that are no text."""
    read = _READERS[name]
    picture = _prepared(image, enlarge=name == ocr_tesseract.NAME)
    best = read(picture, language)
    if best.lines and best.confidence < _POOR[name]:
        turned = read(picture.transpose(Image.Transpose.ROTATE_180), language)
        if _weight(turned) > _weight(best):
            best = _turned_back(turned)
    lines = tuple(line for line in best.lines if _is_text(line))
    return replace(best, lines=lines, confidence=mean_confidence(lines))


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


def _turned_back(result: OcrResult) -> OcrResult:
    lines = tuple(
        replace(line, box=(1 - x - width, 1 - y - height, width, height))
        for line in result.lines
        for x, y, width, height in [line.box]
    )
    return replace(result, lines=lines, rotation=(result.rotation + 180) % 360)


def _weight(result: OcrResult) -> float:
    return sum(len(line.text) * line.confidence**4 for line in result.lines)


def _is_text(line: OcrLine) -> bool:
    letters = sum(character.isalnum() for character in line.text)
    return letters > 0 and line.confidence >= (_KEEP if letters > 2 else _KEEP_SHORT)
