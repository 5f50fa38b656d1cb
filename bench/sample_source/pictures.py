"""Three pictures: a diagram with words, a chart, and a scene without words."""

import io
from pathlib import Path

import numpy as np
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.patches import Circle, Polygon
from PIL import Image, ImageDraw, ImageFilter, PngImagePlugin

from . import physics, seascape
from .figures import figure_png
from .style import GLASS, GOLD, LICENCE, SEA, SOFT, WARM

DATE = "2025:05:20 09:00:00"


def make_chart(target: Path) -> None:
    """Absorption of sound against frequency."""
    picture = Image.open(_stream(figure_png("absorption_chart", 200)))
    picture.save(
        target,
        optimize=True,
        dpi=(200, 200),
        pnginfo=_png_text(
            "Absorption of sound in sea water",
            "Cadence Bellweather",
            "Absorption in decibels per kilometre against frequency, from Thorp's formula.",
        ),
    )


def make_diagram(target: Path) -> None:
    """A lighthouse lens in cross-section, with the names of its parts."""
    figure, axis = plt.subplots(figsize=(8, 5.8))
    _draw_lens(axis)
    axis.text(-1.6, 6.1, "Inside a lighthouse lens", fontsize=20, weight="bold", va="center")
    axis.text(
        -1.6,
        5.45,
        "Cross-section: one lamp, bent into a level beam",
        fontsize=12,
        color=SOFT,
        va="center",
    )
    for text, low, high in (("catadioptric prisms\nbend and reflect", 3.3, 4.75),
                            ("dioptric rings\nonly bend", 0.52, 2.5),
                            ("bull's eye", -0.42, 0.42),
                            ("dioptric rings\nonly bend", -2.5, -0.52),
                            ("catadioptric prisms\nbelow the lamp", -4.75, -3.3)):  # fmt: skip
        axis.plot([6.75, 6.9, 6.9, 6.75], [low, low, high, high], color=SOFT, lw=1.0)
        axis.text(7.1, (low + high) / 2, text, fontsize=13, va="center")
    axis.text(-0.55, 0, "lamp", ha="right", va="center", fontsize=14, color=WARM, weight="bold")
    axis.set(xlim=(-2.0, 10.5), ylim=(-5.3, 6.6), aspect="equal")
    axis.axis("off")
    raw = _stream(b"")
    figure.savefig(raw, format="png", dpi=200, metadata={"Software": None}, facecolor="white")
    plt.close(figure)
    picture = Image.open(raw).convert("RGB").quantize(256, dither=Image.Dither.NONE)
    picture.save(
        target,
        optimize=True,
        dpi=(200, 200),
        pnginfo=_png_text(
            "Inside a lighthouse lens",
            "Marina Fogg",
            "Diagram of a Fresnel lens: lamp, bull's eye, dioptric rings, catadioptric prisms.",
        ),
    )


def _draw_lens(axis: Axes) -> None:
    height, thickness = physics.lens_profile(6)
    scale = 2.45 / physics.HALF_WIDTH_MM
    upper = np.column_stack([4.0 + thickness * scale * 0.9, height * scale])
    back = np.array([[4.0, -upper[-1, 1]], [4.0, upper[-1, 1]]])
    outline = np.vstack([upper[::-1], upper * [1, -1], back])
    axis.add_patch(Polygon(outline, closed=True, fc=GLASS, ec=SEA, lw=1.1))
    for sign in (1, -1):
        for y in (0.35, 1.0, 1.6, 2.2):
            axis.plot([0, 4.1], [0, sign * y], color=GOLD, lw=1.2, zorder=1)
            _level_ray(axis, 4.1, sign * y)
        for degrees in (46, 54, 62, 70):
            _prism_with_ray(axis, degrees, sign)
    axis.add_patch(Circle((0, 0), 0.24, fc=WARM, ec="none", zorder=5))
    axis.add_patch(Circle((0, 0), 0.42, fc="none", ec=WARM, lw=1.0, zorder=5))


def _prism_with_ray(axis: Axes, degrees: float, sign: int) -> None:
    """One prism on the arc, as in the third figure of the paper on Fresnel lenses."""
    angle = np.radians(degrees)
    ray = np.array([np.cos(angle), np.sin(angle)])
    hit = ray * 4.9
    mirror = np.array([np.cos(angle / 2), np.sin(angle / 2)])
    size = 0.27
    right, left = hit + size * mirror, hit - size * mirror
    across = np.array([ray[1], -ray[0]])
    corner = left + (right[0] - left[0]) / across[0] * across
    flip = np.array([1, sign])
    axis.add_patch(Polygon([left * flip, right * flip, corner * flip], closed=True, fc=GLASS,
                           ec=SEA, lw=1.0, zorder=2))  # fmt: skip
    axis.plot([0, hit[0]], [0, sign * hit[1]], color=GOLD, lw=1.2, zorder=3)
    _level_ray(axis, hit[0], sign * hit[1])


def _level_ray(axis: Axes, start: float, height: float) -> None:
    axis.annotate("", (6.6, height), (start, height), zorder=3, arrowprops={
        "arrowstyle": "-|>,head_width=.18,head_length=.35", "color": GOLD, "lw": 1.2,
        "shrinkA": 0, "shrinkB": 0})  # fmt: skip


def make_scene(target: Path) -> None:
    """A lighthouse at dusk: no words, no numbers."""
    size = (3200, 2000)
    sky = seascape.gradient(size, [
        (0.0, (22, 32, 74)), (0.25, (62, 62, 118)), (0.42, (150, 96, 126)), (0.52, (226, 134, 104)),
        (0.60, (250, 190, 120)), (0.62, (252, 206, 140)), (1.0, (252, 206, 140))])  # fmt: skip
    horizon = 1230
    sky = seascape.glow(sky, (900, horizon - 40), 420, (255, 170, 70), 0.75)
    sky = seascape.glow(sky, (900, horizon - 55), 95, (255, 236, 190), 1.0)
    picture = _clouds(sky)
    picture.paste(_sea((size[0], size[1] - horizon), 900), (0, horizon))
    lamp = seascape.tower(picture, 2380, 1150, 830, day=0.82)
    _coast(ImageDraw.Draw(picture))
    for reach, spread, strength in ((-2600, 330, 120), (2600, 330, 120)):
        end = lamp[0] + reach
        beam = [(lamp[0], lamp[1] - 8), (end, lamp[1] - spread), (end, lamp[1] + spread * 0.55),
                (lamp[0], lamp[1] + 8)]  # fmt: skip
        picture = seascape.add_light(
            picture, beam, (strength, int(strength * 0.9), 62), 22, fade=(lamp[0], 1900.0)
        )
    picture = seascape.glow(picture, lamp, 75, (255, 240, 190), 1.0)
    _boat_and_birds(ImageDraw.Draw(picture))
    small = picture.resize((1600, 1000), Image.Resampling.LANCZOS)
    exif = Image.Exif()
    exif[0x010E], exif[0x013B] = "A lighthouse at dusk", "Tobias Lampwright"
    exif[0x8298], exif[0x0132] = LICENCE, DATE
    small.save(target, quality=88, exif=exif, optimize=True)


def _clouds(sky: Image.Image) -> Image.Image:
    chance = np.random.default_rng(7)
    layer = Image.new("L", sky.size)
    draw = ImageDraw.Draw(layer)
    for _ in range(46):
        x, y = chance.uniform(-200, 3200), chance.uniform(420, 1080)
        long, thin = chance.uniform(150, 620), chance.uniform(5, 20)
        draw.ellipse([x, y, x + long, y + thin], fill=int(chance.uniform(30, 95)))
    soft = layer.filter(ImageFilter.GaussianBlur(9))
    lit = Image.new("RGB", sky.size, (255, 176, 140))
    picture = Image.composite(lit, sky, soft)
    stars = ImageDraw.Draw(picture)
    for _ in range(70):
        x, y, r = chance.uniform(0, 3200), chance.uniform(0, 420), chance.uniform(0.8, 2.4)
        stars.ellipse([x - r, y - r, x + r, y + r], fill=(214, 214, 236))
    return picture


def _sea(size: tuple[int, int], sun_x: int) -> Image.Image:
    base = seascape.gradient(size, [(0.0, (214, 142, 112)), (0.06, (150, 104, 120)),
                                    (0.35, (66, 66, 104)), (1.0, (20, 28, 58))])  # fmt: skip
    field = seascape.waves(size, seed=3, rows=130)
    pixels = np.asarray(base, dtype=float)
    x = np.arange(size[0])[None, :]
    y = np.arange(size[1])[:, None]
    path = np.exp(-(((x - sun_x) / (80 + 0.35 * y)) ** 2)) * (1 - 0.8 * y / size[1])
    pixels += field[..., None] * np.array([16, 14, 18])
    pixels += (path * (0.3 + 0.7 * field))[..., None].clip(0) * np.array([190, 120, 50])
    return Image.fromarray(pixels.clip(0, 255).astype("uint8")).filter(
        ImageFilter.GaussianBlur(1.2)
    )


def _coast(draw: ImageDraw.ImageDraw) -> None:
    chance = np.random.default_rng(11)
    far = [(0, 1232), *[(x, 1232 - 26 * abs(np.sin(x / 310)) - chance.uniform(0, 7))
                        for x in range(0, 560, 20)], (600, 1232)]  # fmt: skip
    draw.polygon(far, fill=(104, 78, 106))
    edge = [(1720.0, 1330.0)]
    for at in range(1740, 3221, 20):
        rise = 1 - np.exp(-(at - 1720) / 230)
        edge.append((at, 1330 - 215 * rise - 16 * np.sin(at / 130) * rise + chance.uniform(-6, 6)))
    draw.polygon(
        [*edge, (3220, 2000), (1330, 2000), (1480, 1740), (1600, 1500), (1690, 1370)],
        fill=(24, 24, 42),
    )
    for _ in range(260):  # ledges of rock that catch the last light
        x = chance.uniform(1500, 3150)
        top = 1350 - 215 * (1 - np.exp(-max(x - 1720, 0) / 230)) + max(1720 - x, 0) * 1.6
        y = top + chance.exponential(150)
        long, thick = chance.uniform(14, 85), chance.uniform(3, 9)
        shade = chance.uniform(0.3, 1.0)
        colour = tuple(int(a + shade * b) for a, b in zip((24, 24, 42), (34, 22, 18), strict=True))
        draw.polygon(
            [
                (x, y),
                (x + long, y - long * 0.18),
                (x + long * 0.9, y - long * 0.18 + thick),
                (x + long * 0.1, y + thick * 1.6),
            ],
            fill=colour,
        )


def _boat_and_birds(draw: ImageDraw.ImageDraw) -> None:
    hull = [(1230, 1300), (1420, 1300), (1392, 1340), (1262, 1340)]
    draw.polygon(hull, fill=(26, 24, 40))
    draw.line([(1318, 1300), (1318, 1096)], fill=(26, 24, 40), width=6)
    draw.polygon([(1310, 1102), (1310, 1284), (1216, 1284)], fill=(58, 44, 66))
    draw.polygon([(1327, 1120), (1327, 1284), (1408, 1284)], fill=(70, 52, 70))
    for x, y, size in ((1560, 640, 34), (1660, 700, 26), (1480, 730, 22), (560, 560, 20)):
        for side in (-1, 1):
            box = [x + (side - 1) * size, y, x + (side + 1) * size, y + size * 1.1]
            draw.arc(box, 205, 335, fill=(36, 30, 52), width=max(size // 7, 3))


def _stream(content: bytes) -> io.BytesIO:
    return io.BytesIO(content)


def _png_text(title: str, author: str, description: str) -> PngImagePlugin.PngInfo:
    text = PngImagePlugin.PngInfo()
    for key, value in (("Title", title), ("Author", author), ("Description", description),
                       ("Copyright", LICENCE), ("Creation Time", "2025-05-20")):  # fmt: skip
        text.add_text(key, value)
    return text
