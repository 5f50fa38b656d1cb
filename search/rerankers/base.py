"""What a reranker promises: the candidates it was given, reordered, and a report."""

import math
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import ClassVar, Self

from search.generators.checkpoints import Presence
from search.types import Candidate, Query

__all__ = ["Deadline", "Presence", "Report", "Reranked", "Reranker", "needs_generator"]


@dataclass(frozen=True, slots=True)
class Deadline:
    """A moment on a clock that never goes back. Asked between calls, never inside one."""

    ends_at: float
    clock: Callable[[], float] = field(default=time.monotonic, repr=False, compare=False)

    @classmethod
    def after(cls, seconds: float, clock: Callable[[], float] = time.monotonic) -> Self:
        """The moment so many seconds from now."""
        return cls(clock() + seconds, clock)

    @property
    def left_s(self) -> float:
        """Seconds that are left, never below 0."""
        return max(self.ends_at - self.clock(), 0.0)

    @property
    def is_past(self) -> bool:
        """Whether the moment has come."""
        return self.clock() >= self.ends_at


@dataclass(frozen=True, slots=True)
class Report:
    """What a reranking cost and how well it went.

    ``parse_rate``: the share of the scores asked for that could be read, 0..1. ``repaired``: how
    many answers lost an unknown, repeated or missing candidate. ``late``: the deadline came
    before the last call. ``notes`` are sentences for ``degraded``.
    """

    calls: int = 0
    tokens: int = 0
    scored: int = 0
    parse_rate: float = 1.0
    repaired: int = 0
    late: bool = False
    notes: tuple[str, ...] = ()
    seconds: float = 0.0

    def __add__(self, other: "Report") -> "Report":
        """Both together; the parse rate is the mean by calls."""
        calls = self.calls + other.calls
        read = self.parse_rate * self.calls + other.parse_rate * other.calls
        return Report(
            calls=calls,
            tokens=self.tokens + other.tokens,
            scored=max(self.scored, other.scored),
            parse_rate=read / calls if calls else min(self.parse_rate, other.parse_rate),
            repaired=self.repaired + other.repaired,
            late=self.late or other.late,
            notes=(*self.notes, *(n for n in other.notes if n not in self.notes)),
            seconds=self.seconds + other.seconds,
        )


@dataclass(frozen=True, slots=True)
class Reranked:
    """The candidates given, best first, each with its new score; and the report."""

    candidates: tuple[Candidate, ...]
    report: Report = Report()


class Reranker(ABC):
    """Candidates in, the same candidates out, best first.

    Each candidate's score is the reranker's, and its signals still sum to it. Scores fall from
    first to last; they compare within one query only.
    """

    name: str = ""
    light: ClassVar[bool] = False  # a web process may hold it, if all it needs are light, too
    needs: ClassVar[Mapping[str, str]] = {}

    @classmethod
    def presence(cls, **_options: object) -> Presence:
        """Whether it could be loaded here with these options; nothing is loaded."""
        return Presence(True, cls.__name__)

    @classmethod
    def tiny(cls) -> "Reranker":
        """A working miniature, on the CPU, without downloads."""
        raise NotImplementedError(f"{cls.__name__} has no miniature.")

    @abstractmethod
    def rerank(
        self, query: Query, candidates: Sequence[Candidate], *, deadline: Deadline | None = None
    ) -> Reranked:
        """The candidates reordered.

        After the deadline nothing more is asked: what has no score keeps its order, and the
        report says so. A part that fails costs its scores, never a candidate.
        """


def needs_generator(generator: object) -> Presence:
    """Presence of a reranker that reads a language model; the model tells its own."""
    if not generator:
        return Presence(
            False, "No language model is named.", 'Name one of GENERATORS as "generator".'
        )
    return Presence(True, f"by the language model {generator}")


def is_falling(scores: Sequence[float]) -> bool:
    """Whether all scores are numbers and none is above the one before."""
    return all(map(math.isfinite, scores)) and all(
        scores[i] >= scores[i + 1] for i in range(len(scores) - 1)
    )
