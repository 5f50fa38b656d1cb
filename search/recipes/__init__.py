"""Ways of searching as data: presets in TOML, and those of the operator beside them."""

from search.recipes.reading import PRESETS, Known, read_folder, resolve
from search.recipes.recipe import Recipe, Reranking, Retriever

__all__ = ["PRESETS", "Known", "Recipe", "Reranking", "Retriever", "read_folder", "resolve"]
