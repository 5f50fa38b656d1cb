"""What is read off a model for a group of candidates, and in which form the model sees them."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, Self

from search.rerankers.prompting import cut, fenced, harmless, hints
from search.types import Candidate, Query

Group = Sequence[Candidate]


@dataclass(frozen=True, slots=True)
class Reading:
    """Scores read for one group: place in the group → score, higher is better.

    ``expected``: how many scores were asked for; fewer ``values`` mean that some could not be
    read. ``calls`` and ``tokens`` are what it cost.
    """

    values: Mapping[int, float]
    expected: int
    calls: int = 1
    tokens: int = 0
    repaired: bool = False


class View[Shown](Protocol):
    """How candidates are shown: as text here; page images, frames or vectors fit as well."""

    def of(self, group: Group, labels: Sequence[str]) -> list[Shown]:
        """One thing to show for each candidate, in their order."""


@dataclass(frozen=True, slots=True)
class FencedText:
    """Title and text inside a fence, with scores of these signals as a hint."""

    words: int = 300
    show_scores: tuple[str, ...] = ()

    def of(self, group: Group, labels: Sequence[str]) -> list[str]:
        told = hints(group, self.show_scores)
        return [
            fenced(candidate, label, words=self.words, hint=hint)
            for candidate, label, hint in zip(group, labels, told, strict=True)
        ]


@dataclass(frozen=True, slots=True)
class PlainText:
    """Title and text as a model that reads pairs wants them."""

    words: int = 400

    def of(self, group: Group, labels: Sequence[str]) -> list[str]:
        return [harmless(f"{c.source.title}. {cut(c.text, words=self.words)}") for c in group]


PLAIN_TEXT = PlainText()


class Readout(ABC):
    """Reads scores for groups of candidates. Keeps no state of a query."""

    batch: int = 1  # how many groups one call of ``read`` may take
    fingerprint: str = ""  # of the prompt, where there is one

    def prepared(self, query: Query, head: Group) -> "Readout | Self":
        """The readout for one reranking of these candidates; work shared by all groups is here."""
        return self

    @abstractmethod
    def read(
        self, query: Query, groups: Sequence[Group], *, left_s: float | None = None, seed: int = 0
    ) -> list[Reading]:
        """One reading a group, in their order; ``left_s`` seconds are left for it.

        Raises:
            SearchError: the model could not be asked.
        """


def numbers(count: int) -> list[str]:
    """Labels "1", "2", …"""
    return [str(place) for place in range(1, count + 1)]


def letters(count: int) -> list[str]:
    """Labels "A", "B", …; at most 26."""
    return [chr(ord("A") + place) for place in range(count)]


def falling(order: Sequence[int]) -> dict[int, float]:
    """Scores that only say the order: 0 for the first, then -1, -2, …"""
    return {place: -float(rank) for rank, place in enumerate(order)}
