"""Query → Plan: which retrievers look how deep, what they weigh, and how the lists are fused.

A recipe is data: it is compared with another by naming it, never by a branch in the code.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from search import registry
from search.conf import conf
from search.errors import ConfigurationError, QueryError
from search.fusion import FUSIONS
from search.types import Plan, Query

DEPTH = 100
DEEPEST = 1000
RETRIEVERS = ("bm25", "dense")


@dataclass(frozen=True, slots=True)
class Recipe:
    """What a named way of searching is made of."""

    name: str
    retrievers: Mapping[str, float]  # with their weights
    fusion: str = "zscore"
    depth: int = DEPTH
    reranker: str = ""


@dataclass(frozen=True, slots=True)
class RecipeState:
    """A recipe as it stands here: its stages, what it needs, whether it can run."""

    name: str
    stages: tuple[str, ...]
    needs: tuple[str, ...]
    available: bool
    why_not: str = ""


BUILT_IN = (
    Recipe("bm25", {"bm25": 1.0}),
    Recipe("dense", {"dense": 1.0}),
    Recipe("hybrid", {"bm25": 1.0, "dense": 1.0}),
    Recipe("default", {"bm25": 1.0, "dense": 1.0}),
)


def known_recipes() -> dict[str, Recipe]:
    """The built-in recipes and those of settings, which may replace them, by name.

    Raises:
        ConfigurationError: a recipe names a retriever, fusion or reranker that does not exist.
    """
    configured = [_read(name, entry) for name, entry in conf().recipes.items()]
    return {recipe.name: recipe for recipe in (*BUILT_IN, *configured)}


def recipes() -> list[RecipeState]:
    """Every recipe, with whether it can run here."""
    return [_state(recipe) for recipe in known_recipes().values()]


def plan(query: Query) -> Plan:
    """How this query will be answered.

    Raises:
        QueryError: there is no such recipe; the sentence names those there are.
    """
    known = known_recipes()
    recipe = known.get(query.recipe)
    if recipe is None:
        raise QueryError(f"There is no recipe {query.recipe!r}; choose one of {', '.join(known)}.")
    return Plan(
        recipe=recipe.name,
        retrievers=recipe.retrievers,
        depth=min(max(recipe.depth, 2 * (query.offset + query.k)), DEEPEST),
        reranker=recipe.reranker,
        deadline_ms=conf().deadline_ms,
        notes=query.notes,
    )


def fusion_of(plan: Plan) -> str:
    """The name of the fusion rule of a plan's recipe."""
    return known_recipes()[plan.recipe].fusion


def _state(recipe: Recipe) -> RecipeState:
    needs = tuple(_needs(recipe))
    missing = [why for kind, alias in _models(recipe) if (why := _missing(kind, alias))]
    return RecipeState(recipe.name, tuple(_stages(recipe)), needs, not missing, " ".join(missing))


def _stages(recipe: Recipe) -> list[str]:
    stages = list(recipe.retrievers)
    if len(recipe.retrievers) > 1:
        stages.append(f"fuse by {recipe.fusion}")
    return [*stages, f"rerank by {recipe.reranker}"] if recipe.reranker else stages


def _needs(recipe: Recipe) -> list[str]:
    words = {"ENCODERS": "encoder", "RERANKERS": "reranker"}
    return [f"{words[kind]} {alias}".strip() for kind, alias in _models(recipe)]


def _models(recipe: Recipe) -> list[tuple[str, str]]:
    models = [("ENCODERS", conf().text_encoder)] if "dense" in recipe.retrievers else []
    return [*models, ("RERANKERS", recipe.reranker)] if recipe.reranker else models


def _missing(kind: str, alias: str) -> str:
    """Why a model cannot be had, or nothing."""
    if not alias:
        return 'No text encoder is chosen; set MMSEARCH["TEXT_ENCODER"].'
    state = registry.describe_model(kind, alias)
    return "" if state.present else f"{state.detail} {state.remedy}".strip()


def _read(name: str, entry: Mapping[str, Any]) -> Recipe:
    recipe = Recipe(
        name=name,
        retrievers=dict(entry.get("RETRIEVERS", {})),
        fusion=str(entry.get("FUSION", "zscore")),
        depth=int(entry.get("DEPTH", DEPTH)),
        reranker=str(entry.get("RERANKER", "")),
    )
    unknown = [r for r in recipe.retrievers if r not in RETRIEVERS]
    if unknown or not recipe.retrievers:
        raise ConfigurationError(
            f"The recipe {name!r} names the retrievers {list(recipe.retrievers)}; "
            f"known: {', '.join(RETRIEVERS)}."
        )
    if recipe.fusion not in FUSIONS:
        raise ConfigurationError(
            f"The recipe {name!r} fuses by {recipe.fusion!r}; known: {', '.join(FUSIONS)}."
        )
    return recipe
