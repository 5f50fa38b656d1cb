"""The small decisions every reranker shares: how deep, in which order shown, when to stop."""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b
from random import Random

from search.errors import ConfigurationError
from search.types import Query

ORDERS = ("retriever", "reversed", "shuffled")


@dataclass(frozen=True, slots=True)
class Policy:
    """How a reranker is run.

    ``depth``: how many candidates are looked at. ``weight``: the reranker's in the blend, 0..1.
    ``order``: in which a prompt shows its candidates. ``attempts``: how often an unreadable answer
    is asked for. ``alpha`` (0..1) and ``beta`` prune, see ``search.pruning``; 1 and None keep all.
    ``top``: the k that pruning must not touch.
    """

    depth: int = 100
    weight: float = 0.6
    order: str = "retriever"
    attempts: int = 1
    alpha: float = 1.0
    beta: int | None = None
    top: int = 10
    seed: int = 0

    def __post_init__(self) -> None:
        if self.depth < 1 or self.attempts < 1 or self.top < 1:
            raise ConfigurationError(
                f"depth {self.depth}, attempts {self.attempts} and top {self.top} are at least 1."
            )
        if not 0 <= self.weight <= 1 or not 0 <= self.alpha <= 1:
            raise ConfigurationError(
                f"weight {self.weight} and alpha {self.alpha} are from 0 to 1."
            )
        if self.order not in ORDERS:
            raise ConfigurationError(f"order is {self.order!r}; it is one of {', '.join(ORDERS)}.")
        if self.beta is not None and self.beta < 1:
            raise ConfigurationError(f"beta is {self.beta}; it is at least 1.")


def chance(query: Query, seed: int = 0) -> Random:
    """Chance that the same question always gets: seeded by its text."""
    digest = blake2b(query.text.encode("utf-8", "replace"), digest_size=8).digest()
    return Random(int.from_bytes(digest) ^ seed)


def shown(group: Sequence[int], order: str, rng: Random) -> list[int]:
    """The places of a group in the order in which a prompt shows them."""
    if order == "reversed":
        return list(reversed(group))
    if order == "shuffled":
        return rng.sample(list(group), len(group))
    return list(group)
