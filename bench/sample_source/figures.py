"""Every figure by name, drawn once and kept as a PNG of few colours."""

import io
from collections.abc import Callable
from functools import cache

from matplotlib import pyplot as plt
from matplotlib.figure import Figure
from PIL import Image

from . import figures_light, figures_sound, figures_time

DRAW: dict[str, Callable[[], Figure]] = {
    "lens_profiles": figures_light.lens_profiles,
    "glass_by_rings": figures_light.glass_by_rings,
    "prism": figures_light.prism,
    "rhythms": figures_light.rhythms,
    "sound_profile": figures_sound.sound_profile,
    "sound_rays": figures_sound.sound_rays,
    "sound_path": figures_sound.sound_path,
    "absorption_chart": figures_sound.absorption_chart,
    "clock_error": figures_time.clock_error,
    "pendulum_heat": figures_time.pendulum_heat,
    "pendulum_balance": figures_time.pendulum_balance,
    "tide_bulges": figures_time.tide_bulges,
}


@cache
def figure_png(name: str, dpi: int = 300) -> bytes:
    """The figure ``name`` as PNG bytes, 256 colours on white."""
    figure = DRAW[name]()
    raw = io.BytesIO()
    figure.savefig(raw, format="png", dpi=dpi, metadata={"Software": None}, facecolor="white")
    plt.close(figure)
    picture = Image.open(raw).convert("RGB").quantize(256, dither=Image.Dither.NONE)
    small = io.BytesIO()
    picture.save(small, format="png", optimize=True, dpi=(dpi, dpi))
    return small.getvalue()
