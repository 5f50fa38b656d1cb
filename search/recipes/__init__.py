"""Ways of searching as data: presets in TOML, and those of the operator beside them."""

from search.recipes.reading import PRESETS, Entry, Known, read_folder, resolve
from search.recipes.recipe import Recipe

__all__ = ["PRESETS", "Entry", "Known", "Recipe", "read_folder", "resolve"]
