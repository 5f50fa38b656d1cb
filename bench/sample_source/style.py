"""Fonts, colours and places that all makers share."""

from pathlib import Path

import matplotlib as mpl
from matplotlib import font_manager
from PIL import ImageFont

TEXT = Path(__file__).parent / "text"
SAMPLE = Path(__file__).resolve().parents[2] / "sample"
LIBRARY = SAMPLE / "library"
INSTITUTE = "Alderwick Institute for Light, Sound and Time"
LICENCE = "CC0 1.0 Universal"
LICENCE_URL = "https://creativecommons.org/publicdomain/zero/1.0/"

INK, SOFT, RULE = "#1d2433", "#5b6476", "#c9ced8"
WARM, GOLD, SEA, DEEP, LEAF = "#8a3b12", "#e0a526", "#0b5a73", "#0a2a43", "#3f7d4e"
GLASS, PALE, VIOLET = "#9fd0df", "#eef3f6", "#4a3a7a"

TRUETYPE = Path("/usr/share/fonts/truetype")
OPENTYPE = Path("/usr/share/fonts/opentype")
STIX = Path(mpl.get_data_path()) / "fonts" / "ttf"
# regular, bold, italic, bold italic
FAMILIES = {
    "Charis": [TRUETYPE / "charis" / f"CharisSIL-{cut}.ttf"
               for cut in ("Regular", "Bold", "Italic", "BoldItalic")],
    "Gentium": [TRUETYPE / "gentiumplus" / f"GentiumBookPlus-{cut}.ttf"
                for cut in ("Regular", "Bold", "Italic", "BoldItalic")],
    "STIX": [STIX / f"STIXGeneral{cut}.ttf" for cut in ("", "Bol", "Italic", "BolIta")],
    "Lato": [TRUETYPE / "lato" / f"Lato-{cut}.ttf"
             for cut in ("Regular", "Bold", "Italic", "BoldItalic")],
}  # fmt: skip
TYPEWRITER = OPENTYPE / "courier-prime" / "Courier Prime.otf"


def lato(size: float, *, bold: bool = False) -> ImageFont.FreeTypeFont:
    """Lato for Pillow, ``size`` in pixels."""
    return ImageFont.truetype(str(FAMILIES["Lato"][1 if bold else 0]), size)


def set_plot_style() -> None:
    """Lato, thin axes and no top or right spine, for every figure that follows."""
    for path in FAMILIES["Lato"]:
        font_manager.fontManager.addfont(str(path))
    mpl.use("Agg")
    mpl.rcParams.update({
        "font.family": "Lato", "font.size": 8, "axes.linewidth": 0.6, "axes.edgecolor": SOFT,
        "axes.labelcolor": INK, "text.color": INK, "xtick.color": SOFT, "ytick.color": SOFT,
        "axes.spines.top": False, "axes.spines.right": False, "axes.grid": True,
        "grid.color": "#e3e7ec", "grid.linewidth": 0.5, "axes.axisbelow": True,
        "xtick.major.width": 0.6, "ytick.major.width": 0.6, "lines.linewidth": 1.6,
        "legend.frameon": False, "savefig.dpi": 300, "figure.constrained_layout.use": True,
        "mathtext.fontset": "custom", "mathtext.rm": "Lato", "mathtext.it": "Lato:italic",
    })  # fmt: skip
