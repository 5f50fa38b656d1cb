"""The PP-OCR models that come inside the rapidocr wheel, on one thread."""

import importlib.util
import logging
from functools import cache
from typing import TYPE_CHECKING, Any

from PIL import Image

from ingestion.media.ocr_result import OcrLine, OcrResult, fractions, mean_confidence
from ingestion.media.reading_order import reading_order
from search.types import Box

if TYPE_CHECKING:
    from rapidocr import RapidOCR

NAME = "rapidocr"

_SLIMMEST = 5  # times as long as wide


def is_installed() -> bool:
    """Whether the wheel is here."""
    return importlib.util.find_spec("rapidocr") is not None


def read(image: Image.Image, language: str) -> OcrResult:
    """The lines of a grey picture in reading order. One model reads every language it knows."""
    import numpy as np

    picture = _padded(image)
    found: Any = _rapidocr()(np.asarray(picture.convert("RGB")), use_cls=False)
    if found.boxes is None or found.txts is None:
        return OcrResult(engine=NAME)
    boxes = [
        fractions(
            quad[:, 0].min(), quad[:, 1].min(), quad[:, 0].max(), quad[:, 1].max(), image.size
        )
        for quad in found.boxes
    ]
    width, height = image.size
    texts = [str(text) for text in found.txts]
    tall = sum(len(t) for t, b in zip(texts, boxes, strict=True) if b[3] * height > b[2] * width)
    lies = tall > sum(map(len, texts)) / 2
    order = reading_order([_quarter_turned(box) for box in boxes] if lies else boxes)
    lines = [OcrLine(texts[i], boxes[i], float(found.scores[i])) for i in order]
    return OcrResult(tuple(lines), NAME, 270 if lies else 0, mean_confidence(lines))


def _padded(image: Image.Image) -> Image.Image:
    """The picture with white beside or below it, so that it is no thread.

    The model enlarges a picture until its shorter side has 736 pixels: one of 3 by 900 pixels
    would become 163 million and take seven minutes.
    """
    width, height = image.size
    least = max(width, height) // _SLIMMEST
    if min(width, height) >= least:
        return image
    padded = Image.new("L", (max(width, least), max(height, least)), "white")
    padded.paste(image)
    return padded


@cache
def _rapidocr() -> "RapidOCR":
    from rapidocr import RapidOCR

    logging.getLogger("RapidOCR").setLevel(logging.ERROR)
    runtime = "EngineConfig.onnxruntime"
    threads = {f"{runtime}.intra_op_num_threads": 1, f"{runtime}.inter_op_num_threads": 1}
    # One line at a time and 1600 pixels: half the memory at the same accuracy.
    small = {"Global.max_side_len": 1600, "Rec.rec_batch_num": 1}
    return RapidOCR(params={"Global.log_level": "error", **small, **threads})


def _quarter_turned(box: Box) -> Box:
    """The box after the page is turned by a quarter against the clock."""
    x, y, width, height = box
    return (y, 1 - x - width, height, width)
