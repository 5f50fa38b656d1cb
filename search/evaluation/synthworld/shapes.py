"""Six shapes in eight colours, drawn with soft edges, and which pairs no training sees."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

Pixels = NDArray[np.uint8]  # (side, side, 3), RGB
Colour = tuple[int, int, int]

COLOURS: Mapping[str, Colour] = MappingProxyType(
    {
        "red": (215, 35, 35),
        "green": (35, 165, 55),
        "blue": (45, 75, 230),
        "yellow": (245, 225, 45),
        "orange": (245, 135, 20),
        "purple": (140, 50, 190),
        "pink": (250, 150, 195),
        "white": (245, 245, 245),
    }
)
SHAPES = ("circle", "square", "triangle", "star", "cross", "ring")
HELD_OUT = frozenset(
    {("circle", "blue"), ("square", "yellow"), ("triangle", "red"), ("star", "green")}
)
_FINENESS = 4  # points drawn for each pixel kept, along a side


@dataclass(frozen=True, slots=True)
class Placed:
    """A shape in a picture: its middle and radius as shares of the picture's side."""

    shape: str
    colour: str
    x: float
    y: float
    radius: float


def pairs(*, held_out: bool) -> list[tuple[str, str]]:
    """The (shape, colour) pairs that training sees, or those that it never sees."""
    every = [(shape, colour) for shape in SHAPES for colour in COLOURS]
    return [pair for pair in every if (pair in HELD_OUT) == held_out]


def paint(things: Sequence[Placed], *, side: int, shade: int, light: float = 1.0) -> Pixels:
    """A picture of things on a grey ground; ``light`` brightens or darkens the whole of it."""
    canvas = Image.new("RGB", (side * _FINENESS, side * _FINENESS), (shade, shade, shade))
    pen = ImageDraw.Draw(canvas)
    for thing in things:
        _draw(pen, thing, scale=side * _FINENESS)
    pixels = np.asarray(canvas.reduce(_FINENESS), dtype=np.float32) * light
    return np.clip(np.rint(pixels), 0, 255).astype(np.uint8)


def with_noise(pixels: Pixels, rng: np.random.Generator, *, spread: float) -> Pixels:
    """The same pixels, each moved by a normal amount of ``spread`` steps of 255."""
    noise = rng.normal(0.0, spread, size=pixels.shape)
    return np.clip(np.rint(pixels + noise), 0, 255).astype(np.uint8)


def _draw(pen: ImageDraw.ImageDraw, thing: Placed, *, scale: int) -> None:
    x, y, radius = thing.x * scale, thing.y * scale, thing.radius * scale
    box, colour = (x - radius, y - radius, x + radius, y + radius), COLOURS[thing.colour]
    if thing.shape == "circle":
        pen.ellipse(box, fill=colour)
    elif thing.shape == "ring":
        pen.ellipse(box, outline=colour, width=max(1, round(radius * 0.4)))
    else:
        pen.polygon([(x + radius * u, y + radius * v) for u, v in _CORNERS[thing.shape]], colour)


def _spokes(*radii: float, start: float) -> list[tuple[float, float]]:
    """Corners around the middle at even angles, the first at ``start`` quarter turns."""
    angles = [(start + 4 * place / len(radii)) * math.pi / 2 for place in range(len(radii))]
    return [
        (r * math.cos(angle), r * math.sin(angle)) for r, angle in zip(radii, angles, strict=True)
    ]


_ARM = 0.32
_CORNERS: Mapping[str, Sequence[tuple[float, float]]] = MappingProxyType(
    {
        "square": [(-0.85, -0.85), (0.85, -0.85), (0.85, 0.85), (-0.85, 0.85)],
        "triangle": [(0.0, -1.0), (1.0, 0.85), (-1.0, 0.85)],
        "star": _spokes(*(1.15, 0.45) * 5, start=-1),
        "cross": [
            (-_ARM, -1), (_ARM, -1), (_ARM, -_ARM), (1, -_ARM), (1, _ARM), (_ARM, _ARM),
            (_ARM, 1), (-_ARM, 1), (-_ARM, _ARM), (-1, _ARM), (-1, -_ARM), (-_ARM, -_ARM),
        ],
    }
)  # fmt: skip
