"""Query → Plan: the recipe that was named, with what the question itself decides.

A recipe is data: it is compared with another by naming it, never by a branch in the code.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

from django.core.signals import setting_changed

from search import registry
from search.conf import conf
from search.encoders.base import Kind
from search.errors import ConfigurationError, QueryError
from search.models import Corpus
from search.recipes import PRESETS, Known, Recipe, read_folder, resolve
from search.transforms.router import route
from search.types import Plan, Query, Retriever, Step

DEEPEST = 1000
DEFAULT = "default"
SEEING_MS = 20_000  # at least, for a question that is a picture, a clip or a sound
FIRST = ("bm25", "dense", "hybrid", "default")  # these always exist
OF_TEXT_SPACE = frozenset({"dense", "binary", "matryoshka", "narrow"})
WEIGHTS, TOKENS = "wordpieces", "tokens"  # the spaces of a recipe that names none
_more: ContextVar[Mapping[str, Recipe]] = ContextVar("more recipes", default={})  # noqa: B039
WORDS = {"ENCODERS": "encoder", "RERANKERS": "reranker", "GENERATORS": "language model"}


@dataclass(frozen=True, slots=True)
class RecipeState:
    """A recipe as it stands here: its stages, what it needs, whether it can run."""

    name: str
    title: str
    source: str
    stages: tuple[str, ...]
    needs: tuple[str, ...]
    available: bool
    why_not: str
    digest: str
    memory_bytes: int = 0  # of the weights that it loads here


@cache
def known_recipes() -> dict[str, Recipe]:
    """The presets and the operator's own recipes, which may replace them, by name.

    The operator's stand in settings, or as TOML files in the folder ``recipes`` of the data folder.

    Raises:
        ConfigurationError: a recipe cannot work; the sentence names it and the fault.
    """
    presets = read_folder(PRESETS)
    own = {**read_folder(conf().data_dir / "recipes"), **conf().recipes}
    known = Known(*(frozenset(conf().backends(kind)) for kind in WORDS))
    found = resolve({**presets, **own}, known, presets=presets.keys() - own.keys())
    for name in own:
        _check_models(found[name])
    named = [*FIRST, *sorted(found.keys() - set(FIRST))]
    return {name: found[name] for name in named if not found[name].is_hidden}


def _check_models(recipe: Recipe) -> None:
    """Refuse a recipe whose models are of another kind than its parts, or cannot do what they ask.

    Raises:
        ConfigurationError: the sentence names the recipe, the part and the model.
    """
    for link in recipe.chain:
        if sentence := registry.inability("RERANKERS", link.name):
            raise ConfigurationError(f"The recipe {recipe.name!r} cannot work: {sentence}")
    for retriever in recipe.retrievers:
        for alias, kind in zip(spaces_of(retriever), _kinds_of(retriever), strict=False):
            given = registry.kind_of(alias)
            if given and given != kind:
                raise ConfigurationError(
                    f"The recipe {recipe.name!r} cannot work: {retriever.name} looks in a {kind} "
                    f"space, and the encoder {alias!r} makes a {given} one."
                )
        if retriever.name == "multi" and retriever.space and not _folds(retriever.space):
            raise ConfigurationError(
                f"The recipe {recipe.name!r} cannot work: no encoder folds the vectors of "
                f'{retriever.space!r}; name it as "tokens" of one like fde.'
            )


def _kinds_of(retriever: Retriever) -> tuple[Kind, ...]:
    """The kinds of space a retriever looks in, in the order of ``spaces_of``."""
    if retriever.name == "multi":
        return (Kind.MULTI, Kind.FDE)
    return (Kind.SPARSE if retriever.name == "sparse" else Kind.DENSE,)


@contextmanager
def with_recipes(more: Mapping[str, Recipe]) -> Iterator[None]:
    """These recipes can be named inside the block too; an experiment need not be written down."""
    before = _more.set(more)
    try:
        yield
    finally:
        _more.reset(before)


def recipes() -> list[RecipeState]:
    """Every recipe, with whether it can run here."""
    return [_state(recipe) for recipe in known_recipes().values()]


def plan(query: Query) -> Plan:
    """How this query will be answered.

    Raises:
        QueryError: there is no such recipe; the sentence names those there are.
    """
    recipe, chosen_by, notes = _chosen(query)
    return _planned(recipe, query, chosen_by=chosen_by, notes=notes)


def fallback(plan: Plan, name: str, query: Query) -> Plan:
    """The plan by the recipe of this name, which stands in for another's."""
    recipe = {**known_recipes(), **_more.get()}[name]
    return _planned(recipe, query, chosen_by=plan.chosen_by)


def missing(name: str) -> str:
    """Why the models of a recipe cannot be had, or nothing."""
    recipe = {**known_recipes(), **_more.get()}[name]
    return " ".join(_all_missing(recipe))


def _planned(recipe: Recipe, query: Query, *, chosen_by: str, notes: Sequence[str] = ()) -> Plan:
    weights = recipe.retriever_weights
    if recipe.has_route and query.text:
        weights = route(query.text).weights(weights)
    return Plan(
        recipe=recipe.name,
        chosen_by=chosen_by,
        retrievers=tuple(_deep_enough(one, query) for one in recipe.retrievers),
        weights=weights,
        fusion=recipe.fusion,
        transforms=_fitting(recipe, query.text),
        refiners=recipe.refiners,
        chain=recipe.chain,
        deadline_ms=max(recipe.total_ms or conf().deadline_ms, SEEING_MS if query.media else 0),
        fallbacks=recipe.fallbacks,
        looks=recipe.looks,
        look_refiners=recipe.look_refiners,
        digest=recipe.digest,
        notes=(*query.notes, *notes),
    )


def _fitting(recipe: Recipe, question: str) -> tuple[Step, ...]:
    """The transforms that are for this class of question, without saying for which they are."""
    found = []
    for step in recipe.transforms:
        options = dict(step.options)
        classes = options.pop("when", ())
        if not classes or (question.strip() and route(question).kind in classes):
            found.append(Step(step.name, options))
    return tuple(found)


def _chosen(query: Query) -> tuple[Recipe, str, tuple[str, ...]]:
    """The recipe, who named it, and notes.

    The question's own comes first, then the person's, then the one that all the corpora share.
    """
    known = {**known_recipes(), **_more.get()}
    if query.recipe not in known:
        raise QueryError(f"There is no recipe {query.recipe!r}; choose one of {', '.join(known)}.")
    if query.recipe != DEFAULT:
        return known[query.recipe], "question", ()
    wanted = [("person", query.preferred), ("corpus", _of_corpora(query.corpora))]
    notes = tuple(
        f"The {chosen_by} asks for the recipe {name!r}, which there is not."
        for chosen_by, name in wanted
        if name and name not in known
    )
    for chosen_by, name in wanted:
        if name in known:
            return known[name], chosen_by, notes
    return known[DEFAULT], DEFAULT, notes


def _of_corpora(corpora: Sequence[int]) -> str:
    """The recipe that all the corpora name; empty if they do not agree."""
    if not corpora:
        return ""
    rows = Corpus.objects.filter(pk__in=list(corpora))
    named = list(rows.order_by("recipe").values_list("recipe", flat=True).distinct())
    return named[0] if len(named) == 1 else ""


def spaces_of(retriever: Retriever) -> tuple[str, ...]:
    """The encoders whose spaces a retriever looks in."""
    if retriever.name in OF_TEXT_SPACE:
        return (retriever.space or conf().text_encoder,)
    if retriever.name == "sparse":
        return (retriever.space or WEIGHTS,)
    if retriever.name == "multi":
        tokens = retriever.space or TOKENS
        return (tokens, _folding(tokens))
    return ()


def _folding(tokens: str) -> str:
    """The encoder that folds these token vectors into one."""
    return next(iter(_folds(tokens)), "fde")


def _folds(tokens: str) -> list[str]:
    return [a for a, b in conf().encoders.items() if b.options.get("tokens") == tokens]


def _deep_enough(retriever: Retriever, query: Query) -> Retriever:
    """Twice what is shown, at least: a page far down the list is no reason for a short list."""
    return replace(retriever, k=min(max(retriever.k, 2 * (query.offset + query.k)), DEEPEST))


def _state(recipe: Recipe) -> RecipeState:
    models = _models(recipe)
    needs = tuple(f"{WORDS[kind]} {alias}".strip() for kind, alias in models)
    missing = _all_missing(recipe)
    return RecipeState(
        name=recipe.name,
        title=recipe.title,
        source=recipe.source,
        stages=recipe.stages,
        needs=needs,
        available=not missing,
        why_not=" ".join(missing),
        digest=recipe.digest,
        memory_bytes=_memory(recipe),
    )


def _memory(recipe: Recipe) -> int:
    """What its weights take, each once; those that are missing, or a server's, do not count."""
    found: dict[Path, int] = {}
    for kind, alias in _models(recipe):
        if alias in conf().backends(kind):
            found |= registry.weights_of(kind, alias)
    return sum(found.values())


def _models(recipe: Recipe) -> list[tuple[str, str]]:
    encoders = [("ENCODERS", alias) for one in recipe.retrievers for alias in spaces_of(one)]
    rerankers = [("RERANKERS", link.name) for link in recipe.chain]
    return list(dict.fromkeys([*encoders, *rerankers]))


def _all_missing(recipe: Recipe) -> tuple[str, ...]:
    found = (_missing(kind, alias) for kind, alias in _models(recipe))
    return tuple(dict.fromkeys(why for why in found if why))


def _missing(kind: str, alias: str) -> str:
    """Why a model cannot be had, or nothing."""
    if not alias:
        return 'No text encoder is chosen; set MMSEARCH["TEXT_ENCODER"].'
    if alias not in conf().backends(kind):
        return f"There is no {WORDS[kind]} {alias!r} in MMSEARCH[{kind!r}]."
    state = registry.describe_model(kind, alias)
    return "" if state.present else f"{state.detail} {state.remedy}".strip()


def _forget(*, setting: str, **_kwargs: object) -> None:
    if setting in {"MMSEARCH", "DATA_DIR"}:
        known_recipes.cache_clear()


setting_changed.connect(_forget, dispatch_uid="search.planning")
