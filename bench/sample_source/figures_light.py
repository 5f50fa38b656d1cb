"""Figures about light: lenses, prisms, rhythms."""

import numpy as np
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Polygon

from . import physics
from .style import GLASS, GOLD, INK, RULE, SEA, SOFT, WARM

MEASURE = {"arrowstyle": "|-|,widthA=.25,widthB=.25", "lw": 0.7, "shrinkA": 0, "shrinkB": 0}


def _slope_in_glass(height: float) -> float:
    """Rise per length of the ray that leaves level at ``height`` from the axis."""
    normal = np.arcsin(height / ((physics.INDEX - 1.0) * physics.FOCAL_MM))
    return float(np.tan(normal - np.arcsin(np.sin(normal) / physics.INDEX)))


def lens_profiles() -> Figure:
    """A solid lens and a lens of ten rings, to one scale, light turned level by each."""
    figure, axes = plt.subplots(2, 1, figsize=(3.34, 3.5))
    for axis, rings, label in zip(axes, (1, 10), ("solid lens, 88 kg", "ten rings, 20 kg"),
                                  strict=True):  # fmt: skip
        height, thickness = physics.lens_profile(rings)
        both = np.concatenate([-height[::-1], height])
        outline = np.concatenate([thickness[::-1], thickness])
        for y in np.linspace(-310, 310, 9):
            at = float(np.interp(abs(y), height, thickness))
            entry = y - at * _slope_in_glass(y)
            axis.plot([-780, 0, at, 520], [0, entry, y, y], color=GOLD, lw=0.8, zorder=1)
        axis.fill_betweenx(
            both, 0, outline, facecolor=GLASS, edgecolor=SEA, lw=0.8, alpha=0.72, zorder=2
        )
        axis.plot([-780], [0], "o", color=WARM, ms=5, zorder=3)
        axis.text(-780, -60, "lamp", ha="center", va="top", color=WARM)
        axis.text(520, 375, label, ha="right", va="bottom", weight="bold")
        axis.set(xlim=(-860, 540), ylim=(-390, 460), aspect="equal")
        axis.axis("off")
    axes[0].annotate("", (0, -375), (162, -375), arrowprops=MEASURE)
    axes[0].text(180, -372, "162 mm", va="center", fontsize=7)
    axes[1].annotate("", (0, -375), (44, -375), arrowprops=MEASURE)
    axes[1].text(62, -372, "44 mm", va="center", fontsize=7)
    return figure


def glass_by_rings() -> Figure:
    """Mass of glass against the number of rings."""
    figure, axis = plt.subplots(figsize=(3.34, 2.15))
    rings = np.arange(1, 25)
    masses = np.array([physics.lens_mass_kg(int(n)) for n in rings])
    base = np.pi * physics.HALF_WIDTH_MM**2 * physics.BASE_MM / 1e6 * physics.DENSITY
    axis.axhline(base, color=SOFT, ls="--", lw=0.9)
    axis.plot(rings, masses, color=SEA, marker="o", ms=3)
    for n, dx, dy in ((1, 1.0, -2), (2, 0.9, 2), (10, 0.2, 5)):
        axis.text(n + dx, masses[n - 1] + dy, f"{n} ring{'s' if n > 1 else ''}: "
                  f"{masses[n - 1]:.0f} kg", fontsize=7)  # fmt: skip
    axis.set(xlabel="Number of rings", ylabel="Glass (kg)", xlim=(0, 25), ylim=(0, 97))
    axis.text(24.5, base - 2.2, "base plate", ha="right", va="top", fontsize=7, color=SOFT)
    return figure


def prism() -> Figure:
    """One prism: in on the left, totally reflected above, out level on the right.

    The upper face is placed so that the reflected ray is level; the right face is upright, so the
    ray crosses it straight; the left face is square to the incoming ray.
    """
    figure, axis = plt.subplots(figsize=(3.34, 2.25))
    ray = np.array([np.cos(np.radians(60)), np.sin(np.radians(60))])  # climbs at 60 degrees
    mirror = np.array([np.cos(np.radians(30)), np.sin(np.radians(30))])  # half of that
    hit = np.array([0.0, 0.0])
    right_top, left_top = hit + 1.0 * mirror, hit - 0.85 * mirror
    across = np.array([ray[1], -ray[0]])  # the left face, square to the ray
    reach = (right_top[0] - left_top[0]) / across[0]
    corner = left_top + reach * across
    axis.add_patch(Polygon([left_top, right_top, corner], closed=True, fc=GLASS, ec=SEA, lw=1.0))
    start, end = hit - 1.85 * ray, np.array([2.05, 0.0])
    arrow = {"arrowstyle": "-|>", "color": GOLD, "lw": 2, "shrinkA": 0, "shrinkB": 0}
    axis.annotate("", tuple(end), tuple(hit), arrowprops=arrow)
    axis.plot([start[0], hit[0]], [start[1], hit[1]], color=GOLD, lw=2, solid_capstyle="round")
    normal = np.array([-mirror[1], mirror[0]])
    axis.plot(*zip(hit + 0.5 * normal, hit - 0.8 * normal, strict=True), color=SOFT, lw=0.7, ls=":")
    axis.plot(*start, "o", color=WARM, ms=6)
    axis.text(start[0] - 0.12, start[1], "from the lamp", ha="right", va="center", color=WARM)
    axis.text(2.05, 0.09, "to the horizon", ha="right", va="bottom")
    axis.text(-0.32, 0.46, "total reflection:\n60° is more than 41°", ha="right", va="center")
    axis.text(0.56, -0.55, "glass", color=SEA, ha="center")
    axis.set(xlim=(-2.0, 2.15), ylim=(-1.75, 0.85), aspect="equal")
    axis.axis("off")
    return figure


RHYTHMS: dict[str, list[tuple[float, float]]] = {
    "F   fixed": [(0, 12)],
    "Oc   occulting": [(0, 3), (4, 3), (8, 3)],
    "Iso   isophase": [(0, 2), (4, 2), (8, 2)],
    "Fl(2)   two flashes": [(0, 0.5), (1.5, 0.5), (6, 0.5), (7.5, 0.5)],
    "LFl   long flash": [(0, 2.2), (8, 2.2)],
    "Q   quick": [(second, 0.4) for second in range(12)],
}


def draw_rhythms(axis: Axes) -> None:
    for row, spans in enumerate(RHYTHMS.values()):
        axis.barh(row, 12, height=0.62, color="#232c3f")
        axis.broken_barh(spans, (row - 0.31, 0.62), color="#ffd665")
    axis.set_yticks(range(len(RHYTHMS)), list(RHYTHMS), color=INK)
    axis.set(xlim=(0, 12), xlabel="Seconds")
    axis.set_xticks(range(0, 13, 2))
    axis.invert_yaxis()
    axis.grid(visible=False)
    axis.tick_params(axis="y", length=0)
    for side in ("left", "bottom"):
        axis.spines[side].set_color(RULE)


def rhythms() -> Figure:
    """Six rhythms of light over twelve seconds."""
    figure, axis = plt.subplots(figsize=(6.0, 2.3))
    draw_rhythms(axis)
    return figure
