"""The six scenes of the film, each a function of time that returns a 1280 x 720 picture."""

from collections.abc import Callable, Iterator
from functools import cache

import numpy as np
from PIL import Image, ImageChops, ImageDraw, ImageFilter

from . import seascape
from .recordings import FPS
from .scenes_earth import curve, ship
from .speech import Cue
from .stage import BIG, GOLD, INK, LAMP, NIGHT, SEA, SIZE, SOFT, WARM, ease, label, reduced


def frames(cues: list[Cue], length_s: float) -> Iterator[Image.Image]:
    """Every frame of the film: a scene lasts from its first cue to the next scene's."""
    starts: dict[str, float] = {}
    for cue in cues:
        starts.setdefault(cue.scene, cue.start_s)
    names = list(starts)
    cuts = [0.0, *[starts[name] - 0.25 for name in names[1:]], length_s]
    for number in range(int(length_s * FPS)):
        now = number / FPS
        index = max(i for i in range(len(names)) if cuts[i] <= now)
        begin, end = cuts[index], cuts[index + 1]
        yield SCENES[names[index]](now - begin, (now - begin) / (end - begin))


@cache
def _night_sea(seed: int) -> Image.Image:
    """Stars over a dark sea, horizon at two thirds."""
    sky = seascape.gradient(BIG, [(0, (7, 12, 32)), (0.66, (38, 52, 92)), (1, (38, 52, 92))])
    chance = np.random.default_rng(seed)
    draw = ImageDraw.Draw(sky)
    for _ in range(170):
        x, y, r = chance.uniform(0, 2560), chance.uniform(0, 880), chance.uniform(0.8, 3.0)
        draw.ellipse([x - r, y - r, x + r, y + r], fill=(212, 218, 240))
    sea = seascape.gradient((2560, 490), [(0, (34, 48, 84)), (1, (8, 14, 32))])
    field = seascape.waves(sea.size, seed=seed + 1, rows=70)[..., None] * np.array([9, 11, 17])
    pixels = (np.asarray(sea, dtype=float) + field).clip(0, 255).astype("uint8")
    sky.paste(Image.fromarray(pixels), (0, 950))
    return sky


@cache
def _night_coast() -> tuple[Image.Image, tuple[float, float]]:
    picture = _night_sea(5).copy()
    lamp = seascape.tower(picture, 720, 960, 640, day=0.5)
    edge = [
        (x, 985 - 60 * np.exp(-(((x - 700) / 420) ** 2)) + 7 * np.sin(x / 37))
        for x in range(0, 1330, 15)
    ]
    ImageDraw.Draw(picture).polygon([(0, 1440), *edge, (1372, 1060), (1460, 1190), (1590, 1440)],
                                    fill=(10, 13, 26))  # fmt: skip
    return picture, lamp


def night(t: float, _share: float) -> Image.Image:
    """A lighthouse whose beam sweeps over the sea; it flares when it points at the viewer."""
    picture, lamp = _night_coast()
    small = reduced(picture)
    x, y = lamp[0] / 2, lamp[1] / 2
    for turn in (0.0, np.pi):
        angle = 2 * np.pi * t / 7.0 + turn + 0.4
        reach, width = 1100 * np.cos(angle), 90 + 60 * abs(np.sin(angle))
        layer = Image.new("L", (320, 180))
        beam = [(x / 4, y / 4 - 1), ((x + reach) / 4, (y - width) / 4),
                ((x + reach) / 4, (y + width * 0.7) / 4), (x / 4, y / 4 + 1)]  # fmt: skip
        ImageDraw.Draw(layer).polygon(beam, fill=int(105 + 40 * max(np.sin(angle), 0)))
        soft = layer.filter(ImageFilter.GaussianBlur(2.5)).resize(SIZE, Image.Resampling.BICUBIC)
        away = 1.0 - np.abs(np.arange(SIZE[0]) - x) / max(abs(reach) * 0.95, 1.0)
        fade = np.repeat((255 * away.clip(0, 1))[None, :], SIZE[1], 0).astype("uint8")
        soft = ImageChops.multiply(soft, Image.fromarray(fade))
        tints = [soft.point([int(v * part) for v in range(256)]) for part in (1.0, 0.92, 0.66)]
        small = ImageChops.screen(small, Image.merge("RGB", tints))
    flare = abs(np.sin(2 * np.pi * t / 7.0 + 0.4)) ** 12
    return seascape.glow(small, (x, y), 26 + 90 * flare, LAMP, 1.0)


def root(_t: float, share: float) -> Image.Image:
    """Height against distance: the dot climbs, and two towers show four to one and two to one."""
    picture = Image.new("RGB", BIG, (240, 246, 247))
    draw = ImageDraw.Draw(picture)
    left, floor, wide, high = 330.0, 1150.0, 1960.0, 900.0

    def at(metres: float) -> tuple[float, float]:
        return left + wide * metres / 130.0, floor - high * 3.57 * np.sqrt(metres) / 42.0

    for km in (10, 20, 30, 40):
        y = floor - high * km / 42.0
        draw.line([(left, y), (left + wide, y)], fill=(212, 222, 226), width=3)
        label(draw, (left - 26, y), f"{km} km", 46, colour=SOFT, anchor="rm")
    draw.line([(left, floor - high), (left, floor), (left + wide, floor)], fill=INK, width=6)
    for metres in (25, 50, 75, 100):
        label(draw, (at(metres)[0], floor + 46), f"{metres} m", 46, colour=SOFT)
    label(draw, (left + wide / 2, floor + 140), "height of the lamp", 56)
    label(draw, (left + 24, floor - high - 40), "distance of the horizon", 56, anchor="lm")
    climb = 2 + 116 * ease(share, 0.03, 0.9)
    draw.line([at(m) for m in np.linspace(0, climb, 220)], fill=SEA, width=14, joint="curve")
    for metres, text in ((25, "25 m: 18 km"), (100, "100 m: 36 km")):
        if climb >= metres:
            x, y = at(metres)
            draw.line([(x, floor), (x, y)], fill=WARM, width=6)
            below = 66 if metres == 25 else 250
            label(draw, (x + 34, y + below), text, 58, colour=WARM, anchor="lm", bold=True)
    x, y = at(climb)
    draw.ellipse([x - 24, y - 24, x + 24, y + 24], fill=GOLD, outline=INK, width=5)
    return reduced(picture)


def lens(_t: float, share: float) -> Image.Image:
    """A bare lamp shines everywhere; a lens slides in and turns its light level."""
    picture = Image.new("RGB", BIG, NIGHT)
    draw = ImageDraw.Draw(picture)
    x, y, glass = 620.0, 720.0, 1240.0
    slid = ease(share, 0.22, 0.52)
    top = 720 - 1350 * (1 - slid)
    for degrees in range(-84, 85, 7):
        angle = np.radians(degrees)
        hit = y + (glass - x) * np.tan(angle)
        far = (x + 2600 * np.cos(angle), y + 2600 * np.sin(angle))
        if abs(hit - top) < 470 and slid > 0:
            draw.line([(x, y), (glass, hit), (2560, hit)], fill=GOLD, width=8)
        else:
            draw.line([(x, y), far], fill=(112, 92, 44) if slid > 0.98 else GOLD, width=6)
    draw.polygon(_lens_outline(glass, top), fill=(150, 205, 222), outline=(222, 242, 247), width=4)
    draw.ellipse([x - 46, y - 46, x + 46, y + 46], fill=LAMP)
    if share > 0.6:
        label(draw, (1860, 1300), "one level beam", 72, colour=(236, 238, 244), bold=True)
    return seascape.glow(reduced(picture), (x / 2, y / 2), 46, LAMP, 0.9)


def _lens_outline(x: float, centre: float) -> list[tuple[float, float]]:
    """A lens of seven rings above and below its middle."""
    points = [(x - 34, centre - 480), (x - 34, centre + 480)]
    heights = np.linspace(480, -480, 481)
    ring = np.minimum(np.abs(heights) // 70, 6)
    edge = (ring + 1) * 70
    bulge = (edge**2 - heights**2) / 1000.0
    return points + [(x + float(b), centre + float(h)) for h, b in zip(heights, bulge, strict=True)]


PATTERNS = [
    (380.0, "Fl(2) 6s", 6.0, [(0.0, 0.6), (1.5, 0.6)]),
    (1280.0, "Iso 4s", 4.0, [(0.0, 2.0)]),
    (2180.0, "Q", 1.0, [(0.0, 0.4)]),
]


def rhythm(t: float, _share: float) -> Image.Image:
    """Three lights on the night sea, each with its own rhythm, and the rhythm written below."""
    picture = _night_sea(9).copy()
    draw = ImageDraw.Draw(picture)
    for x, name, period, spans in PATTERNS:
        draw.polygon(
            [(x - 30, 965), (x + 30, 965), (x + 18, 800), (x - 18, 800)], fill=(20, 26, 46)
        )
        draw.rectangle([x - 24, 770, x + 24, 802], fill=(30, 38, 60))
        label(draw, (x, 1085), name, 62, colour=(238, 240, 246), bold=True)
        bar = (x - 280, 1150, x + 280, 1200)
        draw.rectangle(bar, fill=(28, 36, 62))
        for cycle in range(-8, 14):
            for start, length in spans:
                a = bar[0] + (cycle * period + start - t + 6.0) / 9.0 * 560
                b = a + length / 9.0 * 560
                if b > bar[0] and a < bar[2]:
                    draw.rectangle(
                        [max(a, bar[0]), 1150, min(b, bar[2]), 1200], fill=(255, 214, 101)
                    )
        now = bar[0] + 6.0 / 9.0 * 560
        draw.rectangle([now - 3, 1136, now + 3, 1214], fill=(255, 255, 255))
    small = reduced(picture)
    for x, _name, period, spans in PATTERNS:
        if any(start <= t % period < start + length for start, length in spans):
            small = seascape.glow(small, (x / 2, 393), 44, LAMP, 1.0)
    return small


SCENES: dict[str, Callable[[float, float], Image.Image]] = {
    "night": night, "curve": curve, "ship": ship, "root": root, "lens": lens, "rhythm": rhythm,
}  # fmt: skip
