"""A PDF page as a picture: kept as WebP, read by OCR, and asked whether its text can be seen."""

from dataclasses import replace
from pathlib import Path
from statistics import median

import numpy as np
import pypdfium2 as pdfium
from PIL import Image

from ingestion.media.ocr import read_words
from ingestion.parsers.cleaning import one_line
from ingestion.parsers.pdf_lines import PrintedLine

_MOST_PIXELS = 4_000_000
_OCR_PIXELS = 6_000_000
_KEPT_HEIGHT = 1500
_OCR_LONG_SIDE = 2340  # A4 at 200 dots an inch
_LONGEST_SIDE = 8000
_QUALITY = 80
_FLAT = 28  # a region whose brightness varies by less shows no letters
_SAME = 48  # letters whose colour is nearer than this to the paper cannot be told from it


def render(page: pdfium.PdfPage, *, for_ocr: bool = False) -> Image.Image:
    """The page as it is shown, on white, at most 4 (for OCR 6) million pixels."""
    width, height = (max(side, 1e-3) for side in page.get_size())
    scale = _OCR_LONG_SIDE / max(width, height) if for_ocr else _KEPT_HEIGHT / height
    most = _OCR_PIXELS if for_ocr else _MOST_PIXELS
    scale = min(scale, (most / (width * height)) ** 0.5, _LONGEST_SIDE / max(width, height))
    bitmap = page.render(scale=scale, may_draw_forms=True)
    try:
        return bitmap.to_pil().convert("RGB")
    finally:
        bitmap.close()


def keep(picture: Image.Image, folder: str, number: int) -> str:
    """Write the page picture and give its file name."""
    name = f"page-{number:04d}.webp"
    width, height = picture.size
    scale = min(1.0, _KEPT_HEIGHT / height if height > 1.2 * _KEPT_HEIGHT else 1.0)
    scale = min(scale, (_MOST_PIXELS / (width * height)) ** 0.5)
    if scale < 1.0:
        size = (max(1, round(width * scale)), max(1, round(height * scale)))
        picture = picture.resize(size, Image.Resampling.LANCZOS)
    picture.save(Path(folder) / name, "WEBP", quality=_QUALITY, method=2)
    return name


def without_camouflage(lines: list[PrintedLine], picture: Image.Image) -> list[PrintedLine]:
    """The same lines; those printed in the colour of the paper behind them are marked hidden."""
    grey = np.asarray(picture.convert("L"))
    return [
        replace(line, hidden="camouflaged") if not line.hidden and _melts(line, grey) else line
        for line in lines
    ]


def _melts(line: PrintedLine, grey: np.ndarray) -> bool:
    x, y, width, height = line.box
    tall, wide = grey.shape
    region = grey[
        int(y * tall) : max(int((y + height) * tall), int(y * tall) + 1),
        int(x * wide) : max(int((x + width) * wide), int(x * wide) + 1),
    ]
    if region.size < 12 or int(region.max()) - int(region.min()) >= _FLAT:
        return False
    red, green, blue, _ = line.fill
    letter = 0.299 * red + 0.587 * green + 0.114 * blue
    return abs(letter - float(region.mean())) < _SAME


def is_blank(picture: Image.Image) -> bool:
    """Whether nothing at all is drawn on the page."""
    low, high = picture.convert("L").resize((300, 400)).getextrema()
    return bool(float(high) - float(low) < 24)  # type: ignore[arg-type]


def ocr_lines(picture: Image.Image, language: str, height_pt: float) -> list[PrintedLine]:
    """The words of the picture as printed lines, all of the page's usual letter size."""
    result = read_words(picture, language=language)
    lies = result.rotation in {90, 270}
    tall = [
        line.box[2] * picture.width / picture.height if lies else line.box[3]
        for line in result.lines
    ]
    size = 0.75 * median(tall) * height_pt if tall else 0.0
    return [
        PrintedLine(
            text=one_line(line.text.rstrip("-¬") if _is_broken(line.text) else line.text),
            box=line.box,
            size=size,
            turn=result.rotation,
            broken=_is_broken(line.text),
            derived=True,
            paragraph=line.paragraph,
        )
        for line in result.lines
    ]


def _is_broken(text: str) -> bool:
    return len(text) > 2 and text[-1] in "-¬" and text[-2].isalpha()
