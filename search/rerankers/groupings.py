"""Which candidates a model sees together, and how what it says of groups becomes one ranking.

Each grouping asks through ``Ask``: groups of places in, for each a map from place to score, or
None where nothing could be read or no time was left.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import batched
from random import Random
from statistics import fmean
from typing import Protocol

from search.pruning import has_settled
from search.rerankers.readout import falling

Said = Mapping[int, float] | None
Ask = Callable[[Sequence[Sequence[int]]], list[Said]]


@dataclass(frozen=True, slots=True)
class Arranged:
    """Scores by place. ``passed_over``: places that need no score, since others have settled."""

    scores: Mapping[int, float]
    passed_over: frozenset[int] = frozenset()


class Grouping(Protocol):
    """Turns places into groups and what is said of them into scores."""

    def arrange(self, count: int, ask: Ask, rng: Random) -> Arranged:
        """Scores for ``range(count)``, which is first-stage order."""


@dataclass(frozen=True, slots=True)
class One:
    """Each candidate alone. With ``beta``, ends when the best ``top`` have settled."""

    batch: int = 16
    beta: int | None = None
    top: int = 10

    def arrange(self, count: int, ask: Ask, rng: Random) -> Arranged:
        scores: dict[int, float] = {}
        for places in batched(range(count), self.batch):
            for said in ask([[place] for place in places]):
                scores |= said or {}
            found = [scores[place] for place in sorted(scores)]
            if has_settled(found, beta=self.beta, top=self.top):
                return Arranged(scores, frozenset(range(places[-1] + 1, count)))
        return Arranged(scores)


@dataclass(frozen=True, slots=True)
class All:
    """All candidates at once."""

    def arrange(self, count: int, ask: Ask, rng: Random) -> Arranged:
        return Arranged(ask([range(count)])[0] or {})


@dataclass(frozen=True, slots=True)
class Groups:
    """Groups drawn by chance, ``repeats`` times over; a candidate's score is its mean.

    Source: GroupRank (2025).
    """

    size: int = 10
    repeats: int = 2

    def arrange(self, count: int, ask: Ask, rng: Random) -> Arranged:
        groups: list[Sequence[int]] = []
        for _ in range(self.repeats):
            mixed = rng.sample(range(count), count)
            parts = -(-count // self.size)
            groups += [mixed[part::parts] for part in range(parts)]  # sizes differ by 1 at most
        found: dict[int, list[float]] = {}
        for said in ask(groups):
            for place, score in (said or {}).items():
                found.setdefault(place, []).append(score)
        return Arranged({place: fmean(scores) for place, scores in found.items()})


@dataclass(frozen=True, slots=True)
class Windows:
    """A window that slides from the back to the front and carries the best along.

    Source: Sun et al., RankGPT, EMNLP 2023, arXiv:2304.09542.
    """

    size: int = 20
    step: int = 10

    def schedule(self, count: int) -> list[tuple[int, int]]:
        """(start, end) of each window, the last places first."""
        windows = []
        end = count
        while True:
            start = max(0, end - self.size)
            windows.append((start, end))
            if start == 0:
                return windows
            end -= self.step

    def arrange(self, count: int, ask: Ask, rng: Random) -> Arranged:
        order, heard = list(range(count)), set()
        for start, end in self.schedule(count):
            window = order[start:end]
            said = ask([window])[0]
            if said is None:
                continue
            heard |= set(window)
            missing = [place for place in window if place not in said]
            order[start:end] = [*sorted(said, key=lambda place: -said[place]), *missing]
        return Arranged({place: score for place, score in falling(order).items() if place in heard})


@dataclass(slots=True)
class _Heap:
    """A heap whose nodes have many children; one question tells the best of a family."""

    places: list[int]
    children: int
    ask: Ask
    heard: bool = False
    known: dict[tuple[int, ...], int] = field(default_factory=dict)

    def sift(self, node: int) -> None:
        """Let the node sink until it is the best of its family."""
        while True:
            first = node * self.children + 1
            family = [node, *range(first, min(first + self.children, len(self.places)))]
            if len(family) == 1:
                return
            best = self._best([self.places[member] for member in family])
            winner = next(member for member in family if self.places[member] == best)
            if winner == node:
                return
            self.places[node], self.places[winner] = self.places[winner], self.places[node]
            node = winner

    def pop(self) -> int:
        """Take the best; the last place rises to the top and sinks again."""
        best, last = self.places[0], self.places.pop()
        if self.places:
            self.places[0] = last
            self.sift(0)
        return best

    def _best(self, family: Sequence[int]) -> int:
        key = tuple(sorted(family))  # shown in first-stage order
        if key not in self.known:
            said = self.ask([key])[0]
            self.heard = self.heard or bool(said)
            self.known[key] = max(said, key=lambda p: (said[p], -p)) if said else key[0]
        return self.known[key]


@dataclass(frozen=True, slots=True)
class HeapSets:
    """Heap sort that asks for the best of ``children`` + 1, until the ``top`` best are known.

    An answer that cannot be read leaves the first of the set in first-stage order on top.

    Source: Zhuang et al., SIGIR 2024, arXiv:2310.09497; Rank-R1, arXiv:2503.06034.
    """

    children: int = 19
    top: int = 10

    def arrange(self, count: int, ask: Ask, rng: Random) -> Arranged:
        heap = _Heap(list(range(count)), self.children, ask)
        for node in range((count - 2) // self.children, -1, -1):
            heap.sift(node)
        best: list[int] = []
        while len(best) < min(self.top, count):
            best.append(heap.places[0])
            if len(best) < self.top:
                heap.pop()
        if not heap.heard:
            return Arranged({})
        chosen = set(best)
        return Arranged(falling([*best, *(p for p in range(count) if p not in chosen)]))
