"""The transforms and refiners a recipe may name, and what each may be told."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from search.recipes.recipe import RETRIEVERS


@dataclass(frozen=True, slots=True)
class Between:
    """A number in a range, whole where ``is_whole``."""

    least: float
    most: float
    is_whole: bool = False

    @property
    def wanted(self) -> str:
        kind = "whole number" if self.is_whole else "number"
        return f"a {kind} from {self.least:g} to {self.most:g}"

    def fits(self, given: object) -> bool:
        kinds = int if self.is_whole else int | float
        is_number = isinstance(given, kinds) and not isinstance(given, bool)
        return is_number and self.least <= given <= self.most  # type: ignore[operator]


@dataclass(frozen=True, slots=True)
class OneOf:
    """One of some words."""

    words: tuple[str, ...]

    @property
    def wanted(self) -> str:
        return f"one of {', '.join(self.words)}"

    def fits(self, given: object) -> bool:
        return given in self.words


@dataclass(frozen=True, slots=True)
class Some:
    """A list of some of these words."""

    words: tuple[str, ...]

    @property
    def wanted(self) -> str:
        return f"a list of some of {', '.join(self.words)}"

    def fits(self, given: object) -> bool:
        return isinstance(given, tuple) and bool(given) and set(given) <= set(self.words)


@dataclass(frozen=True, slots=True)
class Model:
    """The alias of a language model."""

    wanted: str = "the alias of a language model"

    def fits(self, given: object) -> bool:
        return isinstance(given, str) and bool(given)


Option = Between | OneOf | Some | Model
Options = Mapping[str, Option]
_NONE: Options = {}

CLASSES = ("lexical", "semantic", "reasoning", "multihop", "visual", "temporal", "claim")
_WHEN: Options = {"when": Some(CLASSES)}  # the classes of questions it is for; all if not said
_WRITES: Options = {**_WHEN, "model": Model()}  # rules alone if not said
_COUNT = Between(1, 50, is_whole=True)
TRANSFORMS: Mapping[str, Options] = {
    "normalise": _WHEN,
    "rewrite_followup": _WRITES,
    "decompose": {**_WRITES, "most": Between(1, 5, is_whole=True)},
    "expand_passages": {
        **_WRITES,
        "rounds": Between(1, 2, is_whole=True),
        "passages": Between(1, 10, is_whole=True),
        "terms": _COUNT,
        "weight": Between(0, 10),
        "by": Some(RETRIEVERS),
    },
    "think_then_embed": {**_WRITES, "terms": _COUNT, "weight": Between(0, 10)},
    "prf": _WHEN,
    "by_examples": {**_WHEN, "weight": Between(0, 1)},
    "multi_condition": {**_WHEN, "share": Between(0, 1), "sharpness": Between(0.1, 100)},
}
REFINERS: Mapping[str, Options] = {
    "dedupe": _NONE,
    "moments": {"gap_s": Between(0, 600)},
    "aggregate": {"rule": OneOf(("max", "first", "top3"))},
    "neighbours": {
        "before": Between(0, 5, is_whole=True),
        "after": Between(0, 5, is_whole=True),
        "of": _COUNT,
    },
    "mmr": {"balance": Between(0, 1)},
}
LOOK_REFINERS: Mapping[str, Options] = {  # of what one encoder found for a picture or clip
    "superglobal": {
        "candidates": Between(1, 1000, is_whole=True),
        "neighbours": Between(0, 50, is_whole=True),
        "weight": Between(0, 1),
        "expanded": Between(0, 50, is_whole=True),
    },
}
UNSAID = ("dedupe",)  # the refiners of a recipe that says nothing of them


def fault(options: Options, given: Mapping[str, Any]) -> str:
    """What is wrong with the options given, as the end of a sentence; empty if nothing is."""
    for key, value in given.items():
        if key not in options:
            return f"{key!r}; known: {', '.join(options) or 'there are none'}"
        if not options[key].fits(value):
            return f"{value!r} as {key}; write {options[key].wanted}"
    return ""
