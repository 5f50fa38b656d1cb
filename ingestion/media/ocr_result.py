"""What a text recogniser gives back: lines with their place and how sure it is."""

from collections.abc import Iterable
from dataclasses import dataclass

from search.types import Box


@dataclass(frozen=True, slots=True)
class OcrLine:
    """One printed line. ``box`` in fractions of the picture as given; ``confidence`` 0..1."""

    text: str
    box: Box
    confidence: float
    paragraph: int = -1  # lines of one paragraph share the number; -1: the reader does not say


@dataclass(frozen=True, slots=True)
class OcrResult:
    """The lines of a picture in reading order.

    ``rotation``: degrees clockwise (0, 90, 180, 270) by which the picture has to be turned to be
    read upright; boxes are always of the picture as given. ``engine`` is "" when none is installed.
    """

    lines: tuple[OcrLine, ...] = ()
    engine: str = ""
    rotation: int = 0
    confidence: float = 0.0

    @property
    def text(self) -> str:
        """All lines, one below the other."""
        return "\n".join(line.text for line in self.lines)


def mean_confidence(lines: Iterable[OcrLine]) -> float:
    """Mean over characters, so that specks weigh little."""
    pairs = [(len(line.text), line.confidence) for line in lines]
    total = sum(length for length, _ in pairs)
    return sum(length * sure for length, sure in pairs) / total if total else 0.0


def fractions(left: float, top: float, right: float, bottom: float, size: tuple[int, int]) -> Box:
    width, height = size
    x0, x1 = (min(1.0, max(0.0, float(value) / width)) for value in (left, right))
    y0, y1 = (min(1.0, max(0.0, float(value) / height)) for value in (top, bottom))
    return (x0, y0, x1 - x0, y1 - y0)
