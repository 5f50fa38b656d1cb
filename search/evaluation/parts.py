"""A recipe taken apart: without each of its parts, and each part on its own."""

from collections.abc import Mapping
from dataclasses import replace

from search.errors import QueryError
from search.recipes import Recipe

PARTS: Mapping[str, frozenset[str]] = {  # a part and the retrievers that are it
    "lexical": frozenset({"bm25"}),
    "dense": frozenset({"dense", "binary", "matryoshka", "narrow"}),
    "sparse": frozenset({"sparse"}),
    "late": frozenset({"multi"}),
}
RERANK = "rerank"


def without_each(recipe: Recipe) -> dict[str, Recipe]:
    """By "-part" the recipe without it, by "part" it alone, without reranking.

    Raises:
        QueryError: the recipe has only one part.
    """
    own = {
        part: tuple(one for one in recipe.retrievers if one.name in names)
        for part, names in PARTS.items()
        if any(one.name in names for one in recipe.retrievers)
    }
    if len(own) + bool(recipe.chain) < 2:
        raise QueryError(f"The recipe {recipe.name!r} has one part; there is nothing to take out.")
    found: dict[str, Recipe] = {}
    for part, retrievers in own.items():
        rest = tuple(one for one in recipe.retrievers if one not in retrievers)
        if rest:
            found[f"-{part}"] = replace(recipe, name=f"-{part}", retrievers=rest)
    if recipe.chain:
        found[f"-{RERANK}"] = replace(recipe, name=f"-{RERANK}", chain=())
    if len(own) > 1:
        for part, retrievers in own.items():
            found[part] = replace(recipe, name=part, retrievers=retrievers, chain=())
    return found
