"""Two scenes on the round Earth: the ray that grazes the horizon, and the ship that meets it."""

from functools import cache

import numpy as np
from PIL import Image, ImageDraw

from . import seascape
from .stage import BIG, GOLD, INK, SEA, WARM, ease, label, reduced

CURVE = 3400.0  # radius of the drawn Earth, in pixels of the large picture
EARTH = (1280.0, 790.0 + CURVE)


def _on_earth(degrees: float, height: float = 0.0) -> tuple[float, float]:
    """A point at ``degrees`` along the drawn Earth from its top, ``height`` above the sea."""
    angle = np.radians(degrees)
    return (
        EARTH[0] + (CURVE + height) * np.sin(angle),
        EARTH[1] - (CURVE + height) * np.cos(angle),
    )


TOWER_AT, TOWER_HIGH, SHIP_HIGH = -15.0, 260.0, 20.8  # 50 m and 4 m to one scale
HORIZON_AT = TOWER_AT + float(np.degrees(np.arccos(CURVE / (CURVE + TOWER_HIGH))))
SHIP_AT = HORIZON_AT + float(np.degrees(np.arccos(CURVE / (CURVE + SHIP_HIGH))))


@cache
def _earth() -> Image.Image:
    picture = seascape.gradient(
        BIG, [(0, (176, 203, 222)), (0.75, (240, 238, 228)), (1, (240, 238, 228))]
    )
    draw = ImageDraw.Draw(picture)
    x, y = EARTH
    draw.ellipse([x - CURVE, y - CURVE, x + CURVE, y + CURVE], fill=(122, 172, 192))
    draw.ellipse([x - CURVE, y - CURVE, x + CURVE, y + CURVE], outline=SEA, width=6)
    foot, top = _on_earth(TOWER_AT, -4), _on_earth(TOWER_AT, TOWER_HIGH)
    lean = np.radians(TOWER_AT)
    for share, colour in (
        (0.0, WARM),
        (0.2, (240, 236, 228)),
        (0.4, WARM),
        (0.6, (240, 236, 228)),
        (0.8, WARM),
    ):
        points = []
        for s, side in ((share, -1), (share, 1), (share + 0.2, 1), (share + 0.2, -1)):
            wide = side * (36 - 14 * s)
            points.append((foot[0] + (top[0] - foot[0]) * s + wide * np.cos(lean),
                           foot[1] + (top[1] - foot[1]) * s + wide * np.sin(lean)))  # fmt: skip
        draw.polygon(points, fill=colour, outline=INK, width=3)
    draw.ellipse(
        [top[0] - 30, top[1] - 30, top[0] + 30, top[1] + 30], fill=GOLD, outline=INK, width=4
    )
    return picture


def _ray(draw: ImageDraw.ImageDraw, end_at: float, share: float) -> None:
    """The ray from the lamp that grazes the horizon, up to ``share`` of its way to ``end_at``."""
    lamp, touch = np.array(_on_earth(TOWER_AT, TOWER_HIGH)), np.array(_on_earth(HORIZON_AT))
    along = (touch - lamp) / np.hypot(*(touch - lamp))
    far = CURVE * (
        np.tan(np.radians(end_at - HORIZON_AT)) + np.tan(np.radians(HORIZON_AT - TOWER_AT))
    )
    draw.line([tuple(lamp), tuple(lamp + along * far * share)], fill=GOLD, width=9)


def _measure(draw: ImageDraw.ImageDraw, start: float, end: float, text: str, depth: float) -> None:
    """A distance along the sea, drawn below its surface."""
    arc = [_on_earth(d, -depth) for d in np.linspace(start, end, 60)]
    draw.line(arc, fill=INK, width=5, joint="curve")
    for degrees in (start, end):
        draw.line(
            [_on_earth(degrees, -depth - 16), _on_earth(degrees, -depth + 16)], fill=INK, width=5
        )
    label(draw, _on_earth((start + end) / 2, -depth - 54), text, 60, bold=True)


def curve(_t: float, share: float) -> Image.Image:
    """A ray from the lamp touches the sea at the horizon and passes over what lies beyond."""
    picture = _earth().copy()
    draw = ImageDraw.Draw(picture)
    _ray(draw, SHIP_AT + 9.0, ease(share, 0.04, 0.5))
    top = _on_earth(TOWER_AT, TOWER_HIGH)
    if share > 0.30:
        x, y = _on_earth(HORIZON_AT)
        draw.ellipse([x - 17, y - 17, x + 17, y + 17], fill=WARM)
        label(draw, (x, y - 60), "horizon", 58, colour=WARM)
    if share > 0.42:
        label(draw, _on_earth(SHIP_AT - 0.4, -95), "hidden from the lamp", 54, colour=(20, 60, 80))
    if share > 0.60:
        label(draw, (top[0] - 50, top[1] + 110), "50 m", 60, anchor="rm", bold=True)
    if share > 0.74:
        _measure(draw, TOWER_AT, HORIZON_AT, "25 km", 70)
    return reduced(picture)


def ship(t: float, share: float) -> Image.Image:
    """A ship sails towards the tower until the ray reaches its deck."""
    picture = _earth().copy()
    draw = ImageDraw.Draw(picture)
    _ray(draw, SHIP_AT, 1.0)
    x, y = _on_earth(HORIZON_AT)
    draw.ellipse([x - 13, y - 13, x + 13, y + 13], fill=WARM)
    sailed = ease(share, 0.0, 0.45)
    _ship(draw, SHIP_AT + 11 * (1 - sailed), bob=3 * np.sin(2.2 * t))
    top = _on_earth(TOWER_AT, TOWER_HIGH)
    label(draw, (top[0] - 50, top[1] + 110), "50 m", 60, anchor="rm", bold=True)
    if share > 0.40:
        eye = _on_earth(SHIP_AT, SHIP_HIGH)
        label(draw, (eye[0] + 40, eye[1] - 150), "eye at 4 m", 54, anchor="lm", bold=True)
    if share > 0.52:
        _measure(draw, TOWER_AT, HORIZON_AT, "25 km", 70)
        _measure(draw, HORIZON_AT, SHIP_AT, "7 km", 70)
    if share > 0.72:
        _measure(draw, TOWER_AT, SHIP_AT, "32 km", 210)
    return reduced(picture)


def _ship(draw: ImageDraw.ImageDraw, degrees: float, bob: float) -> None:
    x, y = _on_earth(degrees, bob)
    lean = np.radians(degrees)

    def place(dx: float, dy: float) -> tuple[float, float]:
        return (
            x + dx * np.cos(lean) + dy * np.sin(lean),
            y + dx * np.sin(lean) - dy * np.cos(lean),
        )

    draw.polygon([place(-95, 34), place(105, 34), place(78, -16), place(-72, -16)], fill=INK)
    draw.polygon(
        [place(-30, 34), place(52, 34), place(52, 84), place(-30, 84)],
        fill=(240, 236, 228),
        outline=INK,
        width=3,
    )
    draw.polygon([place(6, 84), place(34, 84), place(34, 126), place(6, 126)], fill=WARM)
    eye = place(0, SHIP_HIGH)
    draw.ellipse(
        [eye[0] - 11, eye[1] - 11, eye[0] + 11, eye[1] + 11], fill=GOLD, outline=INK, width=3
    )
