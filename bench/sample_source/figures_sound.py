"""Figures about sound in the sea."""

import numpy as np
from matplotlib import pyplot as plt
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine

from . import physics
from .style import GOLD, INK, LEAF, SEA, SOFT, WARM


def sound_profile() -> Figure:
    """Speed of sound against depth."""
    figure, axis = plt.subplots(figsize=(3.34, 2.7))
    depth = np.linspace(0, 5000, 500)
    axis.axhspan(900, 1700, color="#d9ecf1", lw=0)
    axis.plot(physics.munk_speed(depth), depth, color=SEA)
    axis.plot([1500], [1300], "o", color=WARM, ms=5)
    axis.annotate("axis of the channel", (1500, 1300), (1516, 1300), va="center", color=WARM,
                  arrowprops={"arrowstyle": "-", "color": WARM, "lw": 0.7})  # fmt: skip
    axis.text(1534, 420, "warmer:\nfaster", va="center", ha="left", color=SOFT)
    axis.text(1518, 4100, "higher pressure:\nfaster", va="center", ha="right", color=SOFT)
    axis.set(xlim=(1490, 1560), ylim=(5000, 0), xlabel="Speed of sound (m/s)", ylabel="Depth (m)")
    return figure


def sound_rays() -> Figure:
    """Rays that leave the axis of the channel, traced through Munk's profile."""
    figure, axis = plt.subplots(figsize=(3.34, 2.35))
    for angle in (-12, -9, -6, -3, 3, 6, 9, 12):
        distance, depth = physics.sound_ray(angle)
        axis.plot(distance, depth, color=GOLD if abs(angle) <= 6 else SEA, lw=0.8)
    axis.axhline(1300, color=SOFT, lw=0.6, ls=":")
    axis.plot([0], [1300], "o", color=WARM, ms=5, clip_on=False, zorder=5)
    axis.set(xlim=(0, 150), ylim=(5000, 0), xlabel="Distance (km)", ylabel="Depth (m)")
    axis.text(2, 4750, "blue: 9° and 12°     gold: 3° and 6°", fontsize=7, color=SOFT)
    return figure


def sound_path() -> Figure:
    """Three journeys of sound as bars on a scale of distance."""
    figure, axis = plt.subplots(figsize=(3.34, 1.9))
    journeys = [
        ("Thunder, 20 km", 20, "58 s", WARM),
        ("Colladon and Sturm, 13.5 km", 13.5, "9.4 s", LEAF),
        ("Perth to Bermuda, 19 800 km", 19800, "3.7 h", SEA),
    ]
    for row, (name, length, time, colour) in enumerate(journeys):
        axis.barh(row, length, height=0.34, color=colour)
        axis.text(1.15, row - 0.24, name, va="bottom", fontsize=7.5, color=INK)
        axis.text(length * 1.18, row, time, va="center", weight="bold", color=colour)
    axis.set_xscale("log")
    axis.set(
        xlim=(1, 120000), ylim=(2.4, -0.75), xlabel="Distance (km, each step is ten times more)"
    )
    axis.set_yticks([])
    axis.set_xticks([1, 10, 100, 1000, 10000], ["1", "10", "100", "1000", "10 000"])
    axis.minorticks_off()
    axis.grid(visible=False, axis="y")
    return figure


def absorption_chart() -> Figure:
    """Absorption against frequency, with what calls or listens where. 1600 x 1000 pixels."""
    figure, axis = plt.subplots(
        figsize=(8, 5), dpi=200, layout=ConstrainedLayoutEngine(w_pad=0.2, h_pad=0.2)
    )
    frequency = np.logspace(-2, 2.3, 400)
    axis.loglog(frequency, physics.thorp_absorption(frequency), color=SEA, lw=2.6)
    marks = [
        (0.02, "Fin whale\n20 Hz", (0.027, 3e-6), "left"),
        (0.057, "Heard Island test\n57 Hz", (0.085, 7e-5), "left"),
        (12.0, "Echo sounder\n12 kHz", (3.2, 12), "right"),
        (100.0, "Fish finder\n100 kHz", (40, 170), "right"),
    ]
    for x, label, place, align in marks:
        y = float(physics.thorp_absorption(np.array(x)))
        axis.plot([x], [y], "o", color=WARM, ms=8, zorder=4)
        axis.annotate(label, (x, y), place, ha=align, va="center", fontsize=12,
                      arrowprops={"arrowstyle": "-", "color": SOFT, "lw": 0.8})  # fmt: skip
    axis.set_title("Low notes last: absorption of sound in sea water", fontsize=17, weight="bold",
                   loc="left", pad=14)  # fmt: skip
    axis.set_xlabel("Frequency (kHz)", fontsize=13)
    axis.set_ylabel("Absorption (dB per km)", fontsize=13)
    axis.set_xticks([0.01, 0.1, 1, 10, 100], ["0.01", "0.1", "1", "10", "100"])
    axis.set_yticks([1e-6, 1e-4, 1e-2, 1, 100], ["0.000001", "0.0001", "0.01", "1", "100"])
    axis.set_ylim(8e-7, 500)
    axis.minorticks_off()
    axis.tick_params(labelsize=11)
    figure.text(0.975, 0.045, "Computed from Thorp's formula (1967)", ha="right", fontsize=9,
                color=SOFT)  # fmt: skip
    return figure
