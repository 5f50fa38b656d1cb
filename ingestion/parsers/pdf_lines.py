"""The printed lines of a PDF page, each with its box on the page as it is shown."""

import ctypes
import math
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field

import pypdfium2 as pdfium
from pypdfium2 import raw

from ingestion.parsers.cleaning import one_line, with_accents
from search.types import Box

_GRID = 1_000_000
_MOST_CHARACTERS = 200_000  # of one page
_TINY_PT = 2.0  # smaller letters are not meant to be read,
_TINY_SHARE = 0.0035  # unless they are a good part of a small page
_HYPHENS = frozenset({0x02, 0xAD, 0xFFFE})  # what pdfium and typesetters put at a broken word's end
_INVISIBLE_MODE = 3
_BOLD_WEIGHT = 600
_FIXED_PITCH = 1
_MONO_NAMES = ("mono", "courier", "consol", "typewriter", "cmtt", "menlo", "code")
_BOLD_NAMES = ("bold", "black", "heavy", "-medi", "cmbx")


@dataclass(frozen=True, slots=True)
class PrintedLine:
    """Letters that stand on one line. ``turn``: degrees clockwise that make them upright.

    ``broken``: the last word goes on in the next line (its hyphen is not in the text).
    ``hidden``: why no reader can see it ("invisible", "tiny", "outside", "camouflaged"), or "".
    """

    text: str
    box: Box
    size: float  # points
    bold: bool = False
    mono: bool = False
    turn: int = 0
    broken: bool = False
    hidden: str = ""
    fill: tuple[int, int, int, int] = (0, 0, 0, 255)
    unmapped: float = 0.0  # share of characters whose meaning the font does not tell
    derived: bool = False  # read by a machine
    paragraph: int = -1  # lines of one paragraph share the number, where OCR found it


@dataclass(slots=True)
class _Style:
    size: float
    mode: int
    fill: tuple[int, int, int, int]
    bold: bool
    mono: bool
    turn: int


@dataclass(slots=True)
class _Draft:
    """A line while its letters arrive."""

    style: _Style
    letters: list[str] = field(default_factory=list)
    boxes: list[Box] = field(default_factory=list)
    styles: list[_Style] = field(default_factory=list)
    unmapped: int = 0

    def add(self, letter: str, box: Box, style: _Style) -> None:
        self.letters.append(letter)
        self.boxes.append(box)
        self.styles.append(style)
        self.unmapped += letter == "\ufffd"


def printed_lines(page: pdfium.PdfPage) -> list[PrintedLine]:
    """Every line of the page's text layer in the order of the file, hidden ones marked."""
    textpage = page.get_textpage()
    try:
        drafts = list(_drafts(page, textpage))
    finally:
        textpage.close()
    _, height = page.get_size()
    lines = (_finished(draft, height) for draft in drafts)
    return [line for line in lines if line.text]


def shown_as(page: pdfium.PdfPage) -> tuple[float, float, float, float, float, float]:
    """The affine map from the page's own points to fractions of the page as it is shown."""
    device_x, device_y = ctypes.c_int(), ctypes.c_int()

    def at(x: float, y: float) -> tuple[float, float]:
        raw.FPDF_PageToDevice(page, 0, 0, _GRID, _GRID, 0, x, y, device_x, device_y)
        return device_x.value / _GRID, device_y.value / _GRID

    step = 100.0
    (ox, oy), (xx, xy), (yx, yy) = at(0, 0), at(step, 0), at(0, step)
    return ((xx - ox) / step, (yx - ox) / step, ox, (xy - oy) / step, (yy - oy) / step, oy)


def _drafts(page: pdfium.PdfPage, textpage: pdfium.PdfTextPage) -> Iterator[_Draft]:
    shape = shown_as(page)
    size_pt = page.get_size()
    count = min(textpage.count_chars(), _MOST_CHARACTERS)
    styles: dict[int, _Style] = {}
    rect = raw.FS_RECTF()
    draft: _Draft | None = None
    for index in range(count):
        letter = _letter(raw.FPDFText_GetUnicode(textpage, index))
        if letter.isspace():
            if draft and letter == "\n":
                yield draft
                draft = None
            elif draft:
                draft.letters.append(" ")
            continue
        style = _style_at(textpage, index, shape, styles) or (draft.style if draft else None)
        if style is None or not raw.FPDFText_GetLooseCharBox(textpage, index, rect):
            continue
        box = _shown_box(shape, rect)
        if draft and not _goes_on(draft, box, style, size_pt, letter):
            yield draft
            draft = None
        draft = draft or _Draft(style)
        draft.add(letter, box, style)
        draft.unmapped += raw.FPDFText_HasUnicodeMapError(textpage, index) == 1
    if draft:
        yield draft


def _letter(code: int) -> str:
    """The character, a soft hyphen for any mark of a broken word, a newline for any line end."""
    if code in _HYPHENS:
        return "\u00ad"
    if code in {10, 13}:
        return "\n"
    return chr(code) if 0 < code < 0x110000 else "\ufffd"


def _shown_box(shape: tuple[float, ...], rect: raw.FS_RECTF) -> Box:
    a, b, c, d, e, f = shape
    xs = (a * rect.left + b * rect.bottom + c, a * rect.right + b * rect.top + c)
    ys = (d * rect.left + e * rect.bottom + f, d * rect.right + e * rect.top + f)
    return (min(xs), min(ys), abs(xs[1] - xs[0]), abs(ys[1] - ys[0]))


def _goes_on(
    draft: _Draft, box: Box, style: _Style, size_pt: tuple[float, float], letter: str
) -> bool:
    """Whether a letter stands on the same printed line as the letter before it."""
    if style.turn != draft.style.turn or (style.mode == _INVISIBLE_MODE) != (
        draft.style.mode == _INVISIBLE_MODE
    ):
        return False
    last, now = upright(draft.boxes[-1], style.turn), upright(box, style.turn)
    wide, high = size_pt if style.turn in {0, 180} else size_pt[::-1]
    size = max(style.size, draft.styles[-1].size, 1.0)
    drop = abs((now[1] + now[3] / 2) - (last[1] + last[3] / 2)) * high
    if drop > 0.6 * size:
        return False
    gap = (now[0] - last[0] - last[2]) * wide
    if unicodedata.bidirectional(letter) in {"R", "AL", "AN"} or _is_right_to_left(draft):
        return abs(gap) < 12 * size
    return -1.5 * size < gap < 2.2 * size


def _is_right_to_left(draft: _Draft) -> bool:
    return any(unicodedata.bidirectional(letter) in {"R", "AL"} for letter in draft.letters[-6:])


def upright(box: Box, turn: int) -> Box:
    """The box after the page is turned clockwise by ``turn`` degrees."""
    x, y, width, height = box
    if turn == 90:
        return (1 - y - height, x, height, width)
    if turn == 180:
        return (1 - x - width, 1 - y - height, width, height)
    return (y, 1 - x - width, height, width) if turn == 270 else box


def _style_at(
    textpage: pdfium.PdfTextPage, index: int, shape: tuple[float, ...], styles: dict[int, _Style]
) -> _Style | None:
    """The style of a character; characters of one text object share it."""
    pointer = raw.FPDFText_GetTextObject(textpage, index)
    if not pointer:
        return None
    key = ctypes.addressof(pointer.contents)
    if key not in styles:
        matrix, flags = raw.FS_MATRIX(), ctypes.c_int()
        raw.FPDFText_GetMatrix(textpage, index, matrix)
        colours = [ctypes.c_uint(0) for _ in range(3)] + [ctypes.c_uint(255)]
        raw.FPDFText_GetFillColor(textpage, index, *colours)
        red, green, blue, alpha = (colour.value for colour in colours)
        buffer = ctypes.create_string_buffer(128)
        raw.FPDFText_GetFontInfo(textpage, index, buffer, 128, flags)
        name = buffer.value.decode("utf-8", "replace").lower()
        weight = raw.FPDFText_GetFontWeight(textpage, index)
        size = raw.FPDFText_GetFontSize(textpage, index) * math.hypot(matrix.c, matrix.d)
        styles[key] = _Style(
            size=size if math.isfinite(size) else 0.0,
            mode=raw.FPDFTextObj_GetTextRenderMode(pointer),
            fill=(red, green, blue, alpha),
            bold=weight >= _BOLD_WEIGHT or any(part in name for part in _BOLD_NAMES),
            mono=bool(flags.value & _FIXED_PITCH) or any(part in name for part in _MONO_NAMES),
            turn=_turn(matrix, shape),
        )
    return styles[key]


def _turn(matrix: raw.FS_MATRIX, shape: tuple[float, ...]) -> int:
    """The turn that makes letters upright whose direction on their page is (a, b)."""
    a, b, _, d, e, _ = shape
    across = a * matrix.a + b * matrix.b
    down = d * matrix.a + e * matrix.b
    if abs(down) > abs(across):
        return 270 if down > 0 else 90
    return 180 if across < 0 else 0


def _finished(draft: _Draft, page_height: float) -> PrintedLine:
    x0, y0 = min(b[0] for b in draft.boxes), min(b[1] for b in draft.boxes)
    x1 = max(b[0] + b[2] for b in draft.boxes)
    y1 = max(b[1] + b[3] for b in draft.boxes)
    raw_text = "".join(draft.letters).rstrip()
    broken = raw_text.endswith("\u00ad")
    text = with_accents(one_line(raw_text.rstrip("\u00ad").replace("\u00ad", "-")))
    sizes = sorted(style.size for style in draft.styles)
    size = sizes[len(sizes) // 2]
    count = len(draft.styles)
    return PrintedLine(
        text=text,
        box=inside(x0, y0, x1, y1),
        size=size,
        bold=sum(style.bold for style in draft.styles) > 0.8 * count,
        mono=sum(style.mono for style in draft.styles) > 0.8 * count,
        turn=draft.style.turn,
        broken=broken,
        hidden=_hidden(draft, (x0, y0, x1, y1), size, page_height),
        fill=draft.styles[0].fill,
        unmapped=draft.unmapped / count,
    )


def _hidden(
    draft: _Draft, corners: tuple[float, float, float, float], size: float, page_height: float
) -> str:
    x0, y0, x1, y1 = corners
    if draft.style.mode == _INVISIBLE_MODE:
        return "invisible"
    if x1 <= 0 or y1 <= 0 or x0 >= 1 or y0 >= 1:
        return "outside"
    if size < _TINY_PT and size / max(page_height, 1.0) < _TINY_SHARE:
        return "tiny"
    return "camouflaged" if draft.style.fill[3] < 8 else ""


def inside(x0: float, y0: float, x1: float, y1: float) -> Box:
    """Corners as a box, cut at the edges of the page."""
    x0, y0, x1, y1 = (min(1.0, max(0.0, value)) for value in (x0, y0, x1, y1))
    return (x0, y0, max(0.0, x1 - x0), max(0.0, y1 - y0))
