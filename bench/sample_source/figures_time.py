"""Figures about clocks and tides."""

import numpy as np
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Arc, Circle, Ellipse

from .style import GLASS, GOLD, INK, LEAF, RULE, SEA, SOFT, VIOLET, WARM


def clock_error() -> Figure:
    """Nautical miles per minute of clock error, by latitude."""
    figure, axis = plt.subplots(figsize=(4.9, 2.05))
    latitude = np.linspace(0, 90, 200)
    axis.plot(latitude, 15 * np.cos(np.radians(latitude)), color=VIOLET)
    places = [(18, "Jamaica"), (50, "Scilly"), (70, "North Cape")]
    for degrees, name in places:
        miles = 15 * np.cos(np.radians(degrees))
        axis.plot([degrees], [miles], "o", color=WARM, ms=4)
        axis.text(degrees + 1.5, miles + 0.5, f"{name}: {miles:.1f}", fontsize=8)
    axis.set(xlim=(0, 90), ylim=(0, 17), xlabel="Latitude (degrees)",
             ylabel="Nautical miles")  # fmt: skip
    axis.set_xticks(range(0, 91, 15))
    axis.set_yticks(range(0, 16, 5))
    return figure


def pendulum_heat() -> Figure:
    """Seconds lost per day against warming, for three rods."""
    figure, axis = plt.subplots(figsize=(4.9, 2.05))
    warming = np.linspace(0, 20, 50)
    rods = [("brass", 19e-6, GOLD), ("steel", 12e-6, VIOLET), ("invar", 1.2e-6, LEAF)]
    for name, growth, colour in rods:
        lost = growth / 2 * 86400 * warming
        axis.plot(warming, lost, color=colour)
        axis.text(20.3, lost[-1], f"{name}: {lost[-1]:.1f} s", va="center", color=colour)
    axis.set(xlim=(0, 23.6), ylim=(0, 18), xlabel="Warming (°C)", ylabel="Lost per day (s)")
    axis.set_xticks(range(0, 21, 5))
    return figure


def pendulum_balance() -> Figure:
    """A pendulum beside a balance wheel with its spiral spring."""
    figure, (left, right) = plt.subplots(1, 2, figsize=(4.9, 2.0))
    for angle, alpha in ((-22, 0.25), (0, 1.0), (22, 0.25)):
        x, y = np.sin(np.radians(angle)), -np.cos(np.radians(angle))
        left.plot([0, x], [0, y], color=INK, lw=1.6, alpha=alpha)
        left.add_patch(Circle((x, y), 0.13, fc=VIOLET, ec="none", alpha=alpha, zorder=3))
    left.plot([-0.35, 0.35], [0, 0], color=INK, lw=2.5)
    left.add_patch(Arc((0, 0), 1.3, 1.3, theta1=248, theta2=292, color=SOFT, lw=0.8))
    left.annotate("", (0.72, -1.28), (0.72, -0.78), arrowprops={"arrowstyle": "-|>", "color": WARM})
    left.text(0.82, -1.03, "gravity", color=WARM, va="center")
    left.set(xlim=(-0.65, 1.2), ylim=(-1.3, 0.2), aspect="equal", title="Pendulum")
    right.add_patch(Circle((0, 0), 0.72, fc="none", ec=VIOLET, lw=4))
    for degrees in (30, 150, 270):
        x, y = 0.7 * np.cos(np.radians(degrees)), 0.7 * np.sin(np.radians(degrees))
        right.plot([0, x], [0, y], color=VIOLET, lw=2)
    turn = np.linspace(0.6, 8 * np.pi, 600)
    radius = 0.05 + 0.47 * turn / turn[-1]
    right.plot(radius * np.cos(turn), radius * np.sin(turn), color=WARM, lw=1.0)
    right.text(0.95, 0, "spring", color=WARM, va="center")
    right.set(xlim=(-1.0, 1.6), ylim=(-0.9, 0.75), aspect="equal", title="Balance wheel")
    for axis in (left, right):
        axis.axis("off")
        axis.set_anchor("N")
        axis.title.set_fontsize(9)
        axis.title.set_weight("bold")
    return figure


def _moon(axis: Axes) -> None:
    axis.add_patch(Circle((4.1, 0), 0.27, fc="#d8dbe0", ec=SOFT, lw=1.2))
    for x, y, size in ((4.02, 0.08, 0.05), (4.2, -0.08, 0.07), (4.08, -0.14, 0.035)):
        axis.add_patch(Circle((x, y), size, fc="#bfc4cc", ec="none"))
    axis.text(4.1, -0.62, "Moon", ha="center", fontsize=14)


def tide_bulges() -> Figure:
    """Earth with two bulges of water, and the Moon."""
    figure, axis = plt.subplots(figsize=(5.6, 3.6))
    axis.add_patch(Ellipse((0, 0), 3.7, 2.5, fc=GLASS, ec=SEA, lw=1.5))
    axis.add_patch(Circle((0, 0), 1.05, fc=LEAF, ec="none"))
    axis.text(0, 0, "Earth", ha="center", va="center", color="white", fontsize=15, weight="bold")
    _moon(axis)
    axis.plot([1.95, 3.7], [0, 0], color=RULE, lw=1.2, ls=":")
    for x, text in ((-1.45, "high\nwater"), (1.45, "high\nwater")):
        axis.text(x, 0, text, ha="center", va="center", fontsize=10, color=SEA, weight="bold")
    for y in (1.62, -1.62):
        axis.text(0, y, "low water", ha="center", va="center", fontsize=12, color=SEA)
    axis.add_patch(Arc((0, 0), 4.7, 4.1, theta1=112, theta2=158, color=WARM, lw=1.8))
    axis.annotate("", (-2.19, 0.76), (-2.12, 0.92), arrowprops={"arrowstyle": "-|>", "color": WARM})
    axis.text(-2.0, 1.75, "turns once\na day", ha="center", va="bottom", fontsize=11, color=WARM)
    axis.set(xlim=(-2.75, 4.75), ylim=(-2.0, 2.6), aspect="equal")
    axis.axis("off")
    return figure
