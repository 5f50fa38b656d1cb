"""Figures of a PDF cut out of their pages, as pictures of their own."""

from collections.abc import Callable, Sequence
from itertools import groupby
from pathlib import Path

import numpy as np
import pypdfium2 as pdfium
from PIL import Image

from ingestion.parsers.pdf_layout import Figure
from ingestion.types import Media

_DOTS = 200  # an inch: what is read on paper at arm's length
_LONGEST_SIDE = 1400
_SHORTEST_SIDE = 24
_QUALITY = 82
_OFTEN = 3  # pages: what looks the same on so many, without a caption, is an ornament
_ALIKE = 3  # of 64 signs of brightness, so many may differ


def crops(
    document: pdfium.PdfDocument,
    found: Sequence[Figure],
    folder: str,
    may_go_on: Callable[[], bool],
) -> tuple[Media, ...]:
    """The picture of each figure, ``NAME.webp``, on white, at 200 dots an inch or 1,400 pixels.

    A page that cannot be drawn again gives none; ornaments that come back on page after page
    are left out. ``may_go_on`` says before each page whether there is time and room.
    """
    made: list[tuple[Figure, Media, int]] = []
    for number, group in groupby(found, key=lambda figure: figure.page):
        if not may_go_on():
            break
        try:
            page = document[number - 1]
            made += [
                (figure, *kept)
                for figure in group
                if (kept := _kept(page, figure, folder)) is not None
            ]
            page.close()
        except (pdfium.PdfiumError, ValueError, OSError, MemoryError):
            continue
    return tuple(media for media in _without_ornaments(made, folder))


def _kept(page: pdfium.PdfPage, figure: Figure, folder: str) -> tuple[Media, int] | None:
    """The picture of a figure as a file, and 64 signs of its brightness."""
    picture = _cut_out(page, figure)
    if min(picture.size) < _SHORTEST_SIDE:
        return None
    name = f"{figure.name}.webp"
    picture.save(Path(folder) / name, "WEBP", quality=_QUALITY, method=2)
    media = Media(
        "image", name, picture.width, picture.height,
        page=figure.page, box=figure.box, caption=figure.caption[:2000],
    )  # fmt: skip
    return media, _signs(picture)


def _cut_out(page: pdfium.PdfPage, figure: Figure) -> Image.Image:
    width, height = page.get_size()
    x, y, wide, tall = figure.box
    edges = (x * width, (1 - y - tall) * height, (1 - x - wide) * width, y * height)
    longest = max(width - edges[0] - edges[2], height - edges[1] - edges[3], 1.0)
    scale = min(_DOTS / 72, _LONGEST_SIDE / longest)
    bitmap = page.render(scale=scale, crop=edges, may_draw_forms=False)
    try:
        return bitmap.to_pil().convert("RGB")
    finally:
        bitmap.close()


def _signs(picture: Image.Image) -> int:
    grey = np.asarray(picture.convert("L").resize((9, 8), Image.Resampling.BOX), np.int16)
    brighter = (grey[:, 1:] > grey[:, :-1]).ravel()
    return int.from_bytes(np.packbits(brighter).tobytes())


def _without_ornaments(made: Sequence[tuple[Figure, Media, int]], folder: str) -> list[Media]:
    """Those with a caption, and those that do not come back on several pages."""
    kept = []
    for figure, media, signs in made:
        pages = {
            other.page
            for other, _, theirs in made
            if not other.caption and (signs ^ theirs).bit_count() <= _ALIKE
        }
        if figure.caption or len(pages) < _OFTEN:
            kept.append(media)
        else:
            (Path(folder) / media.file).unlink(missing_ok=True)
    return kept
