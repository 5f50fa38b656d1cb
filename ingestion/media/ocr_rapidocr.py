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


def is_installed() -> bool:
    """Whether the wheel is here."""
    return importlib.util.find_spec("rapidocr") is not None


def read(image: Image.Image, language: str) -> OcrResult:
    """The lines of a grey picture in reading order. One model reads every language it knows."""
    import numpy as np

    found: Any = _rapidocr()(np.asarray(image.convert("RGB")), use_cls=False)
    if found.boxes is None or found.txts is None:
        return OcrResult(engine=NAME)
    boxes = [
        fractions(
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
    return OcrResult(tuple(lines), NAME, 270 if lies else 0, mean_confidence(lines))


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
