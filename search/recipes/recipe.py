"""What a way of searching is made of. A recipe is data: experiments switch fields, not code."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field

RETRIEVERS = ("bm25", "dense", "sparse", "multi", "binary", "matryoshka", "narrow")
TRANSFORMS = (
    *("normalise", "rewrite_followup", "decompose", "expand_passages", "think_then_embed", "prf"),
)
REFINERS = ("mmr", "neighbours")
AGGREGATIONS = ("max_p", "first_p", "mean_top_3")
FALLBACKS = ("drop_transforms", "drop_rerank", "drop_dense", "bm25_only")


@dataclass(frozen=True, slots=True)
class Retriever:
    """One first stage: how deep it looks, and in the space of which encoder.

    ``space`` is an alias of ENCODERS; empty for the configured text encoder, and for words.
    """

    name: str
    k: int = 100
    space: str = ""


@dataclass(frozen=True, slots=True)
class Reranking:
    """One reranker of the chain: an alias of RERANKERS, and how many candidates it sees."""

    name: str
    depth: int = 50


@dataclass(frozen=True, slots=True)
class Recipe:
    """A named way of searching, read from TOML and checked.

    ``weights`` are those of the retrievers in the fusion; 1 where none is given. ``total_ms`` is
    the budget of the whole walk; ``fallback`` says what is given up first when it runs short.
    """

    name: str
    title: str = ""
    source: str = ""
    is_hidden: bool = False  # a base for others, not offered
    transforms: tuple[str, ...] = ()
    has_route: bool = False
    retrievers: tuple[Retriever, ...] = ()
    fusion: str = "zscore"
    weights: Mapping[str, float] = field(default_factory=dict)
    refiners: tuple[str, ...] = ()
    aggregation: str = "max_p"
    chain: tuple[Reranking, ...] = ()
    total_ms: int = 2000
    fallback: tuple[str, ...] = ("drop_rerank", "drop_dense", "bm25_only")

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
