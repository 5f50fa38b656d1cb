"""A typed letter as it comes from a scanner: two grey pages, a little askew, no text layer."""

import io
import os
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFilter, ImageFont
from reportlab.lib.pagesizes import A4
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas

from .style import TEXT, TYPEWRITER

SIZE = (1654, 2339)  # A4 at 200 dots per inch
LEFT, FIRST_LINE, STEP, PITCH = 218, 270, 42, 20.4
SKEW_DEG = (0.9, -0.6)


def letter_pages() -> list[str]:
    """The text of each page, as typed."""
    return (TEXT / "letter.txt").read_text(encoding="utf-8").split("===\n")


def make_scan(target: Path) -> None:
    """Type the letter, scan it and bind the pages as ``target``."""
    os.environ["SOURCE_DATE_EPOCH"] = "1746090000"  # 2025-05-01, the day of the scan
    canvas = Canvas(str(target), pagesize=A4, invariant=0, lang="en")
    canvas.setTitle("Report on the trial of the fog horn, Wickmouth Light Station, 1931")
    canvas.setAuthor("E. Thornquill")
    canvas.setSubject("Scanned letter and log; written for the MMSearch sample library, CC0 1.0")
    for number, text in enumerate(letter_pages()):
        page = _scan(_type(text, seed=number), seed=number, skew=SKEW_DEG[number])
        jpeg = io.BytesIO()
        page.save(jpeg, "JPEG", quality=58, dpi=(200, 200))
        canvas.drawImage(ImageReader(jpeg), 0, 0, *A4)
        canvas.showPage()
    canvas.save()


def _type(text: str, *, seed: int) -> Image.Image:
    """Black marks on white: each key strikes a little high, low, strong or weak."""
    chance = np.random.default_rng(seed)
    sheet = Image.new("L", SIZE, 255)
    draw = ImageDraw.Draw(sheet)
    font = ImageFont.truetype(str(TYPEWRITER), 34)
    for row, line in enumerate(text.rstrip().splitlines()):
        for column, letter in enumerate(line):
            if letter == " ":
                continue
            dx, dy = chance.normal(0, 0.5), chance.normal(0, 0.9)
            ink = int(np.clip(chance.normal(38, 16), 5, 95))
            place = (LEFT + column * PITCH + dx, FIRST_LINE + row * STEP + dy)
            draw.text(place, letter, fill=ink, font=font)
    return sheet


def _scan(sheet: Image.Image, *, seed: int, skew: float) -> Image.Image:
    """Paper tone, grain, a shadow at the binding edge, and a slight turn."""
    chance = np.random.default_rng(100 + seed)
    turned = sheet.rotate(skew, resample=Image.Resampling.BICUBIC, fillcolor=255)
    ink = np.asarray(turned.filter(ImageFilter.GaussianBlur(0.7)), dtype=float) / 255.0
    clouds = Image.fromarray(chance.normal(128, 40, (40, 28)).clip(0, 255).astype("uint8"))
    tone = np.asarray(clouds.resize(SIZE, Image.Resampling.BICUBIC), dtype=float)
    paper = 233.0 + (tone - 128.0) * 0.06
    edge = np.linspace(0, 1, SIZE[0])
    paper = paper - 42.0 * np.exp(-edge / 0.018)[None, :]
    grain = np.asarray(
        Image.fromarray(chance.normal(128, 30, SIZE[::-1]).clip(0, 255).astype("uint8"))
        .filter(ImageFilter.GaussianBlur(0.8)), dtype=float) - 128.0  # fmt: skip
    return Image.fromarray((paper * ink + grain * 0.35).clip(0, 255).astype("uint8"))
