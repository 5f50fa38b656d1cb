"""TOML → Recipe: names that exist, values that can work, or a sentence that names the fault."""

import tomllib
from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from search.errors import ConfigurationError
from search.fusion import FUSIONS
from search.recipes.options import LOOK_REFINERS, REFINERS, TRANSFORMS, UNSAID, Options, fault
from search.recipes.recipe import RETRIEVERS, Recipe
from search.types import Reranking, Retriever, Step

PRESETS = Path(__file__).resolve().parent / "presets"
DEEPEST = 1000
LONGEST_MS = 600_000
_SECTIONS: Mapping[str, frozenset[str]] = {
    "": frozenset({"name", "extends", "title", "source", "hidden"}),
    "query": frozenset({"transforms"}),
    "route": frozenset({"enable"}),
    "look": frozenset({"enable", "refine"}),
    "retrieve": frozenset({"stages"}),
    "fuse": frozenset({"method", "weights"}),
    "refine": frozenset({"steps"}),
    "rerank": frozenset({"chain"}),
    "budget": frozenset({"total_ms"}),
    "fallback": frozenset({"order"}),
}
_STAGE = frozenset({"name", "k", "space"})
_RERANKING = frozenset({"name", "depth"})
Entry = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Known:
    """The aliases a recipe may name. A preset may name one that is not configured here."""

    encoders: frozenset[str] = field(default_factory=frozenset)
    rerankers: frozenset[str] = field(default_factory=frozenset)
    generators: frozenset[str] = field(default_factory=frozenset)

    def check(self, recipe: str, what: str, alias: str) -> None:
        """Refuse an alias that is not configured; ``what`` is "encoder", "reranker" or "generator".

        Raises:
            ConfigurationError: with those there are.
        """
        known: frozenset[str] = getattr(self, f"{what}s")
        if alias not in known:
            raise ConfigurationError(
                f"The recipe {recipe!r} names the {what} {alias!r}, which is not configured; "
                f"known: {', '.join(sorted(known)) or 'there are none'}."
            )


def read_folder(folder: Path) -> dict[str, Entry]:
    """The entries of a folder's TOML files by name, which is the file's.

    Raises:
        ConfigurationError: a file is no TOML, or names itself otherwise; the sentence says which.
    """
    entries: dict[str, Entry] = {}
    for path in sorted(folder.glob("*.toml")):
        try:
            entry = tomllib.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise ConfigurationError(f"The recipe {path} cannot be read: {error}.") from error
        if entry.get("name", path.stem) != path.stem:
            raise ConfigurationError(
                f"The recipe {path} names itself {entry['name']!r}; name it like its file."
            )
        entries[path.stem] = entry
    return entries


def resolve(
    entries: Mapping[str, Entry], known: Known, *, presets: Container[str] = ()
) -> dict[str, Recipe]:
    """Every entry as a checked recipe, with what it extends filled in.

    Those named in ``presets`` may name encoders and rerankers that are not configured: then they
    are offered as recipes that cannot run here.

    Raises:
        ConfigurationError: an unknown key, name or alias, a value out of its range, or a circle.
    """
    found = {}
    for name in entries:
        found[name] = _recipe(name, _whole(name, entries, ()))
        if name not in presets:
            _check_aliases(found[name], known)
    offered = [name for name, recipe in found.items() if not recipe.is_hidden]
    for name, recipe in found.items():
        for other in recipe.fallbacks:
            _one_of(name, "a fallback", other, [one for one in offered if one != name])
    return found


def _check_aliases(recipe: Recipe, known: Known) -> None:
    for one in recipe.retrievers:
        if one.space:
            known.check(recipe.name, "encoder", one.space)
    for link in recipe.chain:
        known.check(recipe.name, "reranker", link.name)
    for model in recipe.writers:
        known.check(recipe.name, "generator", model)


def _whole(name: str, entries: Mapping[str, Entry], heirs: tuple[str, ...]) -> Entry:
    """The entry over those it extends: a key of its own replaces theirs, section by section."""
    if name in heirs:
        circle = " → ".join([*heirs, name])
        raise ConfigurationError(f"Recipes extend each other in a circle: {circle}.")
    if name not in entries:
        raise ConfigurationError(
            f"The recipe {heirs[-1]!r} extends {name!r}, which there is not; "
            f"known: {', '.join(entries)}."
        )
    own = entries[name]
    _check_keys(name, own)
    base = own.get("extends", "")
    if not base:
        return own
    whole = dict(_whole(str(base), entries, (*heirs, name)))
    for left_out in ("name", "title", "source", "hidden"):
        whole.pop(left_out, None)
    for key, value in own.items():
        before = whole.get(key)
        both = isinstance(value, Mapping) and isinstance(before, Mapping)
        whole[key] = {**before, **value} if both else value  # type: ignore[dict-item]
    return whole


def _check_keys(name: str, entry: Entry) -> None:
    for key, value in entry.items():
        if key in _SECTIONS[""]:
            continue
        if key not in _SECTIONS or not isinstance(value, Mapping):
            sections = ", ".join(f"[{section}]" for section in _SECTIONS if section)
            raise ConfigurationError(f"The recipe {name!r} has {key!r}; known are {sections}.")
        _check_unknown(name, f"[{key}]", value, _SECTIONS[key])


def _check_unknown(name: str, where: str, given: Entry, allowed: frozenset[str]) -> None:
    if unknown := sorted(set(given) - allowed):
        raise ConfigurationError(
            f"The recipe {name!r} has {unknown[0]!r} in {where}; "
            f"known: {', '.join(sorted(allowed))}."
        )


def _recipe(name: str, entry: Entry) -> Recipe:
    fuse = entry.get("fuse", {})
    recipe = Recipe(
        name=name,
        title=str(entry.get("title", "")),
        source=str(entry.get("source", "")),
        is_hidden=bool(entry.get("hidden", False)),
        transforms=_steps(name, "transforms", entry.get("query", {}), TRANSFORMS),
        has_route=bool(entry.get("route", {}).get("enable", False)),
        looks=bool(entry.get("look", {}).get("enable", False)),
        look_refiners=_steps(name, "refine", entry.get("look", {}), LOOK_REFINERS),
        retrievers=_retrievers(name, entry),
        fusion=_one_of(name, "fusion", fuse.get("method", "zscore"), FUSIONS),
        weights=_weights(name, fuse.get("weights", {})),
        refiners=_steps(name, "steps", {"steps": [*UNSAID], **entry.get("refine", {})}, REFINERS),
        chain=_chain(name, entry),
        total_ms=_number(name, "total_ms", entry.get("budget", {}), 0, most=LONGEST_MS),
        fallbacks=_order(name, entry.get("fallback", {})),
    )
    if not recipe.retrievers and not recipe.is_hidden:
        raise ConfigurationError(f"The recipe {name!r} names no retriever in [retrieve] stages.")
    named = {one.name for one in recipe.retrievers}
    asked = {one for step in recipe.transforms for one in step.options.get("by", ())}
    if strange := sorted(asked - named):
        raise ConfigurationError(
            f"The recipe {name!r} expands for {strange[0]!r}, which is none of its retrievers."
        )
    if strange := sorted(set(recipe.weights) - named):
        raise ConfigurationError(
            f"The recipe {name!r} weighs {strange[0]!r}, which is none of its retrievers."
        )
    return recipe


def _order(name: str, section: Entry) -> tuple[str, ...]:
    given = section.get("order", [])
    if not isinstance(given, list) or not all(isinstance(one, str) for one in given):
        raise ConfigurationError(
            f"The recipe {name!r} has {given!r} as order of [fallback]; write a list of recipes."
        )
    return tuple(given)


def _retrievers(name: str, entry: Entry) -> tuple[Retriever, ...]:
    found = []
    for stage in _tables(name, "stages", entry.get("retrieve", {})):
        _check_unknown(name, "a stage", stage, _STAGE)
        retriever = _one_of(name, "retriever", stage.get("name", ""), RETRIEVERS)
        space = str(stage.get("space", ""))
        found.append(Retriever(retriever, _number(name, "k", stage, 100, most=DEEPEST), space))
    names = [one.name for one in found]
    if twice := next((one for one in names if names.count(one) > 1), ""):
        raise ConfigurationError(f"The recipe {name!r} names the retriever {twice!r} twice.")
    return tuple(found)


def _chain(name: str, entry: Entry) -> tuple[Reranking, ...]:
    found = []
    for link in _tables(name, "chain", entry.get("rerank", {})):
        _check_unknown(name, "the chain", link, _RERANKING)
        alias = str(link.get("name", ""))
        found.append(Reranking(alias, _number(name, "depth", link, 50, most=DEEPEST)))
    depths = [one.depth for one in found]
    if depths != sorted(depths, reverse=True):
        raise ConfigurationError(f"The depths {depths} of the recipe {name!r} must fall.")
    return tuple(found)


def _tables(name: str, key: str, section: Entry) -> Sequence[Entry]:
    """A list of tables; a bare name is a table that holds nothing else."""
    given = section.get(key, [])
    tables = [{"name": one} if isinstance(one, str) else one for one in given]
    if not isinstance(given, list) or not all(isinstance(one, Mapping) for one in tables):
        raise ConfigurationError(
            f"The recipe {name!r} has {given!r} as {key}; write a list of names or tables."
        )
    return tables


def _steps(name: str, key: str, section: Entry, allowed: Mapping[str, Options]) -> tuple[Step, ...]:
    found = []
    for table in _tables(name, key, section):
        step = _one_of(name, key, table.get("name", ""), allowed)
        given = {
            option: tuple(value) if isinstance(value, list) else value
            for option, value in table.items()
            if option != "name"
        }
        if wrong := fault(allowed[step], given):
            raise ConfigurationError(f"The {step!r} of the recipe {name!r} has {wrong}.")
        found.append(Step(step, given))
    return tuple(found)


def _one_of(name: str, what: str, given: object, allowed: Sequence[str] | Mapping[str, Any]) -> str:
    if given not in allowed:
        known = ", ".join(allowed) or "there are none"
        raise ConfigurationError(f"The recipe {name!r} has {given!r} as {what}; known: {known}.")
    return str(given)


def _weights(name: str, given: Entry) -> dict[str, float]:
    return {key: _weight(name, repr(key), weight) for key, weight in given.items()}


def _weight(name: str, what: str, weight: object) -> float:
    if isinstance(weight, bool) or not isinstance(weight, int | float) or not 0 <= weight < 1e6:
        raise ConfigurationError(
            f"The recipe {name!r} weighs {what} with {weight!r}; write a number of at least 0."
        )
    return float(weight)


def _number(name: str, key: str, section: Entry, default: int, *, most: int) -> int:
    if key not in section:
        return default
    given = section[key]
    if isinstance(given, bool) or not isinstance(given, int) or not 1 <= given <= most:
        raise ConfigurationError(
            f"The recipe {name!r} has {given!r} as {key}; write a whole number from 1 to {most}."
        )
    return given
