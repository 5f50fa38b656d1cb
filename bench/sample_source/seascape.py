"""Sea, sky and a lighthouse, drawn with numpy and Pillow, for the scene picture and the film."""

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageChops, ImageDraw, ImageFilter

Colour = tuple[int, int, int]
Stops = list[tuple[float, Colour]]


def gradient(size: tuple[int, int], stops: Stops) -> Image.Image:
    """A vertical gradient through ``stops``: share of the height, colour."""
    rows = np.linspace(0, 1, size[1])
    places = [place for place, _ in stops]
    channels = [np.interp(rows, places, [colour[i] for _, colour in stops]) for i in range(3)]
    column = np.stack(channels, axis=1)[:, None, :]
    return Image.fromarray(np.repeat(column, size[0], axis=1).astype("uint8"))


def glow(image: Image.Image, centre: tuple[float, float], radius: float, colour: Colour,
         strength: float = 1.0) -> Image.Image:  # fmt: skip
    """``image`` with light of ``colour`` added around ``centre``, fading over ``radius``."""
    x0, y0 = max(int(centre[0] - 3 * radius), 0), max(int(centre[1] - 3 * radius), 0)
    x1 = min(int(centre[0] + 3 * radius), image.width)
    y1 = min(int(centre[1] + 3 * radius), image.height)
    y, x = np.mgrid[y0:y1, x0:x1]
    square = ((x - centre[0]) ** 2 + (y - centre[1]) ** 2) / radius**2
    light = (strength * np.exp(-square))[..., None] * np.array(colour)
    patch = np.asarray(image.crop((x0, y0, x1, y1)), dtype=float)
    bright = 255 - (255 - patch) * (1 - light / 255).clip(0, 1)
    result = image.copy()
    result.paste(Image.fromarray(bright.clip(0, 255).astype("uint8")), (x0, y0))
    return result


def add_light(image: Image.Image, polygon: list[tuple[float, float]], colour: Colour,
              blur: float, *, fade: tuple[float, float]) -> Image.Image:  # fmt: skip
    """``image`` with a soft-edged ``polygon`` of light screened over it.

    ``fade``: the light dies away to both sides of this x over this many pixels.
    """
    layer = Image.new("RGB", image.size)
    ImageDraw.Draw(layer).polygon(polygon, fill=colour)
    soft = np.asarray(layer.filter(ImageFilter.GaussianBlur(blur)), dtype=float)
    weight = np.clip(1.0 - np.abs(np.arange(image.width) - fade[0]) / fade[1], 0, 1)
    dying = Image.fromarray((soft * weight[None, :, None]).astype("uint8"))
    return ImageChops.screen(image, dying)


def waves(size: tuple[int, int], seed: int, rows: int = 90) -> NDArray[np.float64]:
    """Brightness of a sea surface, -1 to 1: streaks that grow longer towards the viewer."""
    chance = np.random.default_rng(seed)
    field = np.zeros(size[::-1])
    for row in range(rows):
        depth = (row / rows) ** 1.9
        y = int(depth * (size[1] - 1))
        for _ in range(int(46 - 30 * depth)):
            length = int((10 + 150 * depth) * chance.uniform(0.4, 1.4))
            x = int(chance.integers(-length, size[0]))
            thick = 1 + int(5 * depth)
            shade = chance.uniform(-1, 1)
            field[y : y + thick, max(x, 0) : max(x + length, 0)] += shade
    return field.clip(-1, 1)


def tower(
    image: Image.Image, x: float, foot: float, height: float, *, day: float = 1.0
) -> tuple[float, float]:
    """Draw a striped lighthouse on ``image``; return the centre of its lamp. ``day`` dims it."""
    draw = ImageDraw.Draw(image)
    wide, narrow, body = height * 0.115, height * 0.075, height * 0.80
    for band in range(5):
        low, high = band / 5, (band + 1) / 5
        base = (176, 52, 44) if band % 2 == 0 else (236, 232, 222)
        for part in range(24):  # upright strips, darker away from the sunset
            left, right = -1 + part / 12, -1 + (part + 1) / 12
            shade = day * (0.50 + 0.50 * np.exp(-((left + 0.45) ** 2) / 0.55))
            colour = tuple(int(channel * shade) for channel in base)
            below, above = (wide + (narrow - wide) * s for s in (low, high))
            draw.polygon(
                [
                    (x + left * below, foot - low * body),
                    (x + right * below + 1, foot - low * body),
                    (x + right * above + 1, foot - high * body),
                    (x + left * above, foot - high * body),
                ],
                fill=colour,
            )
    _gallery(draw, x, foot - body, height, day=day)
    return _lantern(draw, x, foot - body, height, day=day)


def _gallery(draw: ImageDraw.ImageDraw, x: float, top: float, height: float, *, day: float) -> None:
    """The platform and its rail at ``top`` of the tower."""
    iron = tuple(int(c * day) for c in (44, 48, 60))
    rail = height * 0.109
    draw.rectangle([x - rail, top - height * 0.022, x + rail, top], fill=iron)
    for post in np.linspace(-rail, rail - 2, 9):
        draw.rectangle(
            [x + post, top - height * 0.055, x + post + max(height * 0.004, 1), top], fill=iron
        )
    draw.rectangle([x - rail, top - height * 0.058, x + rail, top - height * 0.052], fill=iron)


def _lantern(
    draw: ImageDraw.ImageDraw, x: float, top: float, height: float, *, day: float
) -> tuple[float, float]:
    """The glass room with its roof; returns the centre of the lamp."""
    iron = tuple(int(c * day) for c in (44, 48, 60))
    room, roof = height * 0.0585, top - height * 0.125
    draw.rectangle([x - room, roof, x + room, top - height * 0.022], fill=(255, 226, 150))
    for bar in np.linspace(-room, room, 5):
        draw.line(
            [x + bar, roof, x + bar, top - height * 0.022],
            fill=iron,
            width=max(int(height * 0.006), 1),
        )
    draw.pieslice(
        [x - room * 1.12, roof - room * 1.05, x + room * 1.12, roof + room * 1.05],
        180,
        360,
        fill=iron,
    )
    draw.ellipse(
        [x - room * 0.16, roof - room * 1.35, x + room * 0.16, roof - room * 1.0], fill=iron
    )
    return x, roof + (top - height * 0.022 - roof) / 2
