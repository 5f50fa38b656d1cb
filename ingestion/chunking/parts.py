"""Figures and tables of a document: passages of their own, each with its caption and its box.

A figure with a caption is one passage: the words of the caption, and the picture that is looked
at. A table is words: its caption and its rows.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import PurePath

from ingestion.types import Block, Media, Parsed, PassageDraft
from search.types import Box, Modality

FIGURE = "figure"
MOST_CONTEXT = 120  # characters of a caption above the further rows of its table


def figure_of(parsed: Parsed, block: Block) -> Media | None:
    """The picture of the figure that a block is the caption of; None if it captions none."""
    if not block.part.startswith(FIGURE):
        return None
    return next((one for one in parsed.media if _part_of(one) == block.part), None)


def captioned(blocks: Iterable[Block], media: Iterable[Media]) -> frozenset[str]:
    """The files of pictures that are shown by a passage with their caption's words."""
    parts = {block.part for block in blocks if block.text.strip()}
    return frozenset(one.file for one in media if _part_of(one) in parts)


def as_figure(draft: PassageDraft, picture: Media) -> PassageDraft:
    """A caption's passage made the figure's: its box first, then those of the words."""
    boxes = (picture.box, *draft.boxes) if picture.box else draft.boxes
    return replace(draft, kind=str(Modality.IMAGE), boxes=boxes, picture=picture.file)


def as_rows(draft: PassageDraft, above: str) -> PassageDraft:
    """A passage of a table with one box around its cells.

    ``above``: the caption, where this is not the passage that begins with it; it becomes context.
    """
    boxes = (_around(draft.boxes),) if draft.boxes else ()
    titles = (draft.heading, " ".join(above.split())[:MOST_CONTEXT])
    return replace(draft, boxes=boxes, heading=" › ".join(filter(None, titles)))


def _part_of(picture: Media) -> str:
    return PurePath(picture.file).stem if picture.kind == "image" else ""


def _around(boxes: Sequence[Box]) -> Box:
    x, y = min(box[0] for box in boxes), min(box[1] for box in boxes)
    right = max(box[0] + box[2] for box in boxes)
    bottom = max(box[1] + box[3] for box in boxes)
    return (x, y, round(right - x, 5), round(bottom - y, 5))
