"""Words in pictures and frames, as blocks that say where and when they are seen.

The words of a query picture are read like any picture's: parse it, and join the texts of its
blocks of kind ``ocr``. In a service, do so through ``ingestion.sandbox.client.sandbox().run``.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from difflib import SequenceMatcher
from itertools import groupby

from PIL import Image

from ingestion.media.ocr import read_words
from ingestion.media.ocr_result import OcrLine
from ingestion.media.plain import plain_line
from ingestion.types import Block
from search.types import Anchor

SAME = 0.85  # of the letters
MOST_COMPARED = 2000
LEAST_SIDE = 16  # pixels; nothing smaller holds a letter


def warm() -> None:
    """Load the models that read words, so that a fork of this process need not."""
    read_words(Image.new("L", (64, 64), 255))


def picture_words(
    picture: Image.Image, *, page: int | None = None, language: str = ""
) -> tuple[Block, ...]:
    """One block per printed paragraph, in reading order, with a box per line."""
    lines = _lines(picture, language)
    paragraphs = groupby(lines, key=lambda line: line.paragraph)
    return tuple(block_of(list(group), page=page) for _, group in paragraphs)


def frame_words(
    picture: Image.Image, *, start_s: float, end_s: float, language: str = ""
) -> Block | None:
    """The text on a frame, seen from ``start_s`` to ``end_s``; None if there is none."""
    lines = _lines(picture, language)
    return block_of(lines, start_s=start_s, end_s=end_s) if lines else None


def _lines(picture: Image.Image, language: str) -> tuple[OcrLine, ...]:
    if min(picture.size) < LEAST_SIDE:
        return ()
    return read_words(picture, language=language).lines


def block_of(
    lines: Sequence[OcrLine],
    *,
    page: int | None = None,
    start_s: float | None = None,
    end_s: float | None = None,
) -> Block:
    """Lines below each other, each anchored to its box and, in a video, to its time."""
    anchors: list[Anchor] = []
    texts: list[str] = []
    at = 0
    for line in lines:
        text = plain_line(line.text)
        if text:
            anchors.append(Anchor(at, at + len(text), line.box, start_s, end_s))
            texts.append(text)
            at += len(text) + 1
    return Block(
        "\n".join(texts),
        kind="ocr",
        origin="derived",
        page=page,
        anchors=tuple(anchors),
        start_s=start_s,
        end_s=end_s,
    )


def merged(blocks: Iterable[Block]) -> tuple[Block, ...]:
    """Text that stays on screen over successive shots as one block over their whole time."""
    kept: list[Block] = []
    for block in blocks:
        if kept and _is_same(kept[-1].text, block.text):
            kept[-1] = _until(kept[-1], block.end_s)
        else:
            kept.append(block)
    return tuple(kept)


def _is_same(one: str, other: str) -> bool:
    first, second = (re.sub(r"\W+", "", text).casefold()[:MOST_COMPARED] for text in (one, other))
    if first == second:
        return True
    matcher = SequenceMatcher(None, first, second, autojunk=False)
    return matcher.quick_ratio() >= SAME and matcher.ratio() >= SAME


def _until(block: Block, end_s: float | None) -> Block:
    anchors = tuple(replace(anchor, end_s=end_s) for anchor in block.anchors)
    return replace(block, end_s=end_s, anchors=anchors)
