"""What a way of searching is made of. A recipe is data: experiments switch fields, not code."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field

from search.types import Expansion, Reranking, Retriever

RETRIEVERS = ("bm25", "dense", "sparse", "multi", "binary", "matryoshka", "narrow")
TRANSFORMS = ("normalise", "decompose", "expand_passages", "think_then_embed", "prf")
REFINERS = ("mmr",)


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
    transforms: tuple[str, ...] = ()
    expansion: Expansion = field(default_factory=Expansion)
    has_route: bool = False
    retrievers: tuple[Retriever, ...] = ()
    fusion: str = "zscore"
    weights: Mapping[str, float] = field(default_factory=dict)
    refiners: tuple[str, ...] = ()
    chain: tuple[Reranking, ...] = ()
    total_ms: int = 0

    @property
    def retriever_weights(self) -> dict[str, float]:
        """The weight of each retriever by its name."""
        return {one.name: self.weights.get(one.name, 1.0) for one in self.retrievers}

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
        found = [f"transform by {name}" for name in self.transforms]
        found += ["route"] if self.has_route else []
        found += [one.name for one in self.retrievers]
        found += [f"fuse by {self.fusion}"] if len(self.retrievers) > 1 else []
        found += [f"refine by {name}" for name in self.refiners]
        return (*found, *(f"rerank {one.depth} by {one.name}" for one in self.chain))
