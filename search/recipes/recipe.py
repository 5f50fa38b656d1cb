"""What a way of searching is made of. A recipe is data: experiments switch fields, not code."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field

from search.types import Reranking, Retriever, Step

RETRIEVERS = ("bm25", "dense", "sparse", "multi", "binary", "matryoshka", "narrow")


@dataclass(frozen=True, slots=True)
class Recipe:
    """A named way of searching, read from TOML and checked.

    ``weights`` are those of the retrievers in the fusion; 1 where none is given. ``total_ms`` is
    the budget of the whole walk, 0 for the configured one.
    """

    name: str
    title: str = ""
    source: str = ""
    is_hidden: bool = False  # a base for others, not offered
    transforms: tuple[Step, ...] = ()
    has_route: bool = False
    looks: bool = False  # questions in words are asked of encoders that look or listen, too
    look_refiners: tuple[Step, ...] = ()  # of what one of these found for a picture or clip
    retrievers: tuple[Retriever, ...] = ()
    fusion: str = "zscore"
    weights: Mapping[str, float] = field(default_factory=dict)
    refiners: tuple[Step, ...] = ()
    chain: tuple[Reranking, ...] = ()
    total_ms: int = 0
    fallbacks: tuple[str, ...] = ()  # recipes that stand in, in order

    @property
    def retriever_weights(self) -> dict[str, float]:
        """The weight of each retriever by its name."""
        return {one.name: self.weights.get(one.name, 1.0) for one in self.retrievers}

    @property
    def writers(self) -> tuple[str, ...]:
        """The language models that its transforms may ask."""
        return tuple(step.options["model"] for step in self.transforms if "model" in step.options)

    @property
    def digest(self) -> str:
        """Sixteen hex digits that change with anything that may change a ranking."""
        fields = asdict(self)
        for name in ("name", "title", "source", "is_hidden"):
            fields.pop(name)
        words = json.dumps(fields, sort_keys=True, ensure_ascii=False)
        return hashlib.sha256(words.encode()).hexdigest()[:16]

    @property
    def stages(self) -> tuple[str, ...]:
        """The walk in words, one entry a stage."""
        found = [f"transform by {in_words(step)}" for step in self.transforms]
        found += ["route"] if self.has_route else []
        found += [one.name for one in self.retrievers]
        found += ["look and listen"] if self.looks else []
        found += [f"refine pictures by {in_words(step)}" for step in self.look_refiners]
        found += [f"fuse by {self.fusion}"] if len(self.retrievers) > 1 else []
        found += [f"rerank {one.depth} by {one.name}" for one in self.chain]
        return (*found, *(f"refine by {in_words(step)}" for step in self.refiners))


def in_words(step: Step) -> str:
    """The step as one reads it: "aggregate (rule top3)"."""
    given = ", ".join(f"{key} {_told(value)}" for key, value in step.options.items())
    return f"{step.name} ({given})" if given else step.name


def _told(value: object) -> str:
    return " or ".join(map(str, value)) if isinstance(value, tuple) else str(value)
