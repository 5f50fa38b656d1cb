"""What every scene of the film shares: sizes, colours, and how things move and are written."""

from PIL import Image, ImageDraw

from .style import lato

Colour = tuple[int, int, int]

SIZE = (1280, 720)
BIG = (2560, 1440)  # drawn twice as large, then reduced: smooth edges
NIGHT = (12, 20, 44)
INK, SEA, GOLD, WARM, SOFT = (
    (29, 36, 51),
    (31, 104, 133),
    (226, 164, 32),
    (160, 62, 24),
    (96, 104, 120),
)
LAMP = (255, 236, 180)


def ease(value: float, start: float, end: float) -> float:
    """0 before ``start``, 1 after ``end``, a smooth climb between."""
    share = min(max((value - start) / (end - start), 0.0), 1.0)
    return share * share * (3 - 2 * share)


def reduced(image: Image.Image) -> Image.Image:
    """The large picture at the size of the film."""
    return image.reduce(2)


def label(
    draw: ImageDraw.ImageDraw,
    at: tuple[float, float],
    text: str,
    size: float,
    *,
    colour: Colour = INK,
    anchor: str = "mm",
    bold: bool = False,
) -> None:
    """Write ``text`` at a point of the large picture; ``anchor`` as in Pillow, mm is the middle."""
    draw.text(at, text, font=lato(size, bold=bold), fill=colour, anchor=anchor)
