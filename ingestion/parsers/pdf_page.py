"""One PDF page: which of its text a reader sees, and whether a machine must read its picture."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import islice

import pypdfium2 as pdfium
from PIL import Image
from pypdfium2 import raw

from ingestion.parsers import pdf_picture
from ingestion.parsers.pdf_drawn import Drawing, drawing_of
from ingestion.parsers.pdf_lines import PrintedLine, printed_lines, shown_as
from ingestion.parsers.pdf_rejoin import rejoined
from ingestion.parsers.pdf_typography import PageLines
from search.types import Box

_FEW = 16  # characters: less is no text layer
_LITTLE = 250  # characters beside a large picture: the picture may hold the text
_LARGE = 0.4  # of the page
_SOME = 0.05
_MOST_OBJECTS = 300
_MENTIONED = 12  # hidden characters: fewer are no message


@dataclass(frozen=True, slots=True)
class ReadPage:
    """What one page gave: its lines by origin, its picture's file, what was left out.

    ``drawing`` is None where no figures are looked for: on pages that a machine read.
    """

    texts: tuple[PageLines, ...]
    drawing: Drawing | None = None
    image: str = ""
    was_hidden: bool = False
    wants_ocr: bool = False  # it has no text of its own and was not read by a machine


def read_page(
    page: pdfium.PdfPage, number: int, folder: str, *, language: str, draws: bool, reads: bool
) -> ReadPage:
    """Read a page. ``draws``: keep its picture; ``reads``: a machine may read it."""
    width, height = page.get_size()
    lines = rejoined(printed_lines(page), width, height)
    visible = [line for line in lines if not line.hidden]
    layer = _scan_layer(lines, page)
    wants = not layer and _wants_ocr(visible, page)
    picture = pdf_picture.render(page, for_ocr=wants) if draws or (wants and reads) else None
    if picture is not None:
        visible = pdf_picture.without_camouflage(visible, picture)
    seen = [line for line in visible if not line.hidden]
    if wants and is_garbage(seen):
        seen = []
    read: list[PrintedLine] = layer
    if wants and reads and picture is not None and not pdf_picture.is_blank(picture):
        read = _beside(pdf_picture.ocr_lines(picture, language, height), seen)
    aspect = width / max(height, 1e-6)
    texts = [
        PageLines(number, tuple(part), aspect, height, derived=derived)
        for part, derived in ((seen, False), (read, True))
        if part
    ]
    return ReadPage(
        texts=tuple(texts),
        drawing=drawing_of(page, picture) if draws and not read else None,
        image=pdf_picture.keep(picture, folder, number) if draws and picture else "",
        was_hidden=not wants and _hides(lines, visible, layer),
        wants_ocr=wants and not reads and _is_drawn(picture),
    )


def _hides(
    lines: Sequence[PrintedLine], visible: Sequence[PrintedLine], layer: Sequence[PrintedLine]
) -> bool:
    """Whether somebody put words on the page that nobody sees; print marks beside it are none."""
    covert = [line for line in lines if line.hidden in {"invisible", "tiny"}]
    if layer:
        covert = [line for line in covert if line.hidden == "tiny"]
    covert += [line for line in visible if line.hidden]
    return sum(len(line.text) for line in covert) >= _MENTIONED


def _is_drawn(picture: Image.Image | None) -> bool:
    return picture is None or not pdf_picture.is_blank(picture)


def _scan_layer(lines: Sequence[PrintedLine], page: pdfium.PdfPage) -> list[PrintedLine]:
    """Invisible text that lies over a picture, as scanners write it, if it reads sensibly."""
    invisible = [line for line in lines if line.hidden == "invisible"]
    if not invisible:
        return []
    pictures = picture_boxes(page)
    over = [line for line in invisible if any(_covers(box, line.box) for box in pictures)]
    if len(over) < 0.5 * len(invisible) or not is_sensible(over):
        return []
    return [replace(line, hidden="", derived=True) for line in over]


def _wants_ocr(visible: Sequence[PrintedLine], page: pdfium.PdfPage) -> bool:
    length = sum(len(line.text) for line in visible)
    if not length or is_garbage(visible):
        return True
    largest = max((box[2] * box[3] for box in picture_boxes(page)), default=0.0)
    return (length < _FEW and largest > _SOME) or (length < _LITTLE and largest > _LARGE)


def picture_boxes(page: pdfium.PdfPage) -> list[Box]:
    """Where pictures stand on the page, as fractions of the page as shown."""
    a, b, c, d, e, f = shown_as(page)
    found: list[Box] = []
    pictures = page.get_objects(filter=[raw.FPDF_PAGEOBJ_IMAGE], max_depth=3)
    for item in islice(pictures, _MOST_OBJECTS):
        try:
            left, bottom, right, top = item.get_bounds()
        except pdfium.PdfiumError:
            continue
        xs = sorted((a * left + b * bottom + c, a * right + b * top + c))
        ys = sorted((d * left + e * bottom + f, d * right + e * top + f))
        x0, x1 = (min(1.0, max(0.0, x)) for x in xs)
        y0, y1 = (min(1.0, max(0.0, y)) for y in ys)
        found.append((x0, y0, x1 - x0, y1 - y0))
    return found


def _covers(outer: Box, inner: Box) -> bool:
    x, y = inner[0] + inner[2] / 2, inner[1] + inner[3] / 2
    return outer[0] <= x <= outer[0] + outer[2] and outer[1] <= y <= outer[1] + outer[3]


def _beside(read: list[PrintedLine], seen: Sequence[PrintedLine]) -> list[PrintedLine]:
    """The read lines that are not printed text already known."""
    return [line for line in read if not any(_covers(known.box, line.box) for known in seen)]


def is_garbage(lines: Sequence[PrintedLine]) -> bool:
    """Whether a font hides what its letters mean: the text differs from what is seen."""
    text = "".join(line.text for line in lines).replace(" ", "")
    if not text:
        return False
    unmapped = sum(len(line.text) * line.unmapped for line in lines)
    private = sum("\ue000" <= letter <= "\uf8ff" or letter == "\ufffd" for letter in text)
    swapped = sum(ord(letter) > 0xFF and ord(letter) & 0xFF == 0 for letter in text)
    return unmapped > 0.4 * len(text) or private > 0.3 * len(text) or swapped > 0.5 * len(text)


def is_sensible(lines: Sequence[PrintedLine]) -> bool:
    """Whether a machine's text looks like words rather than specks."""
    words = " ".join(line.text for line in lines).split()
    if not words or is_garbage(lines):
        return False
    good = [word for word in words if sum(c.isalnum() for c in word) > max(1, 0.6 * len(word))]
    return len(good) >= 3 and len(good) > 0.65 * len(words)
