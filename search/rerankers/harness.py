"""The one machine behind every reranker: depth, batches, deadlines, retries, fallback, blending.

A reranker is a grouping, a readout and a policy; a new paper is usually one readout.
"""

import logging
import math
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import batched
from random import Random

from search.errors import SearchError
from search.pruning import within_reach
from search.rerankers.base import Deadline, Report, Reranked, Reranker
from search.rerankers.blending import blend, first_stage_scores
from search.rerankers.groupings import Grouping, Said
from search.rerankers.policy import Policy, chance, shown
from search.rerankers.readout import Reading, Readout
from search.types import Candidate, Query

log = logging.getLogger(__name__)

LONGEST_REASON = 300
FAILURES = 2  # calls that fail one after the other before no more are made


class Harness(Reranker):
    """Runs a readout over the groups of a grouping, as the policy says."""

    def __init__(self, name: str, *, readout: Readout, grouping: Grouping, policy: Policy) -> None:
        self.name, self._readout = name, readout
        self._grouping, self._policy = grouping, policy

    @property
    def fingerprint(self) -> str:
        """What decides the order beside the weights: for cache keys and traces."""
        return f"{self.name}:{self._readout.fingerprint}:{self._grouping}:{self._policy}"

    def rerank(
        self, query: Query, candidates: Sequence[Candidate], *, deadline: Deadline | None = None
    ) -> Reranked:
        started = time.perf_counter()
        policy = self._policy
        looked_at = candidates[: policy.depth]
        reached = within_reach(first_stage_scores(looked_at), alpha=policy.alpha, top=policy.top)
        count = len(reached)  # they fall, so these are the first
        head = candidates[:count]
        if len(head) < 2:
            return Reranked(tuple(candidates), Report(seconds=time.perf_counter() - started))
        run = _Run(self.name, query, head, self._readout, policy, deadline)
        arranged = self._grouping.arrange(len(head), run.ask, chance(query, policy.seed))
        ranked = blend(
            candidates,
            arranged.scores,
            name=self.name,
            weight=policy.weight,
            passed_over=arranged.passed_over,
            depth=count,
        )
        unscored = len(head) - len(arranged.scores) - len(arranged.passed_over)
        report = run.report(len(arranged.scores), unscored, time.perf_counter() - started)
        return Reranked(ranked, report)


@dataclass(slots=True)
class _Run:
    """One reranking while it lasts: asks the readout and keeps the books."""

    name: str
    query: Query
    head: Sequence[Candidate]
    readout: Readout
    policy: Policy
    deadline: Deadline | None
    calls: int = 0
    tokens: int = 0
    expected: int = 0
    found: int = 0
    repaired: int = 0
    late: bool = False
    failed_in_a_row: int = 0
    failure: str = ""
    is_prepared: bool = False
    order: Random = field(init=False)

    def __post_init__(self) -> None:
        self.order = chance(self.query, self.policy.seed + 1)

    def ask(self, groups: Sequence[Sequence[int]]) -> list[Said]:
        """What is said of each group, by place; None for those unread or not asked."""
        said: list[Said] = []
        for slab in batched(groups, self.readout.batch):
            said += self._ask_slab(slab)
        return said

    def _ask_slab(self, slab: Sequence[Sequence[int]]) -> list[Said]:
        orders = [shown(group, self.policy.order, self.order) for group in slab]
        said: list[Said] = [None] * len(slab)
        for attempt in range(self.policy.attempts):
            open_ones = [i for i, one in enumerate(said) if one is None]
            if not open_ones or self._is_over():
                break
            readings = self._read([orders[i] for i in open_ones], self.policy.seed + attempt)
            for i, reading in zip(open_ones, readings, strict=False):
                said[i] = self._booked(reading, orders[i])
        return said

    def _is_over(self) -> bool:
        if self.deadline is not None and self.deadline.is_past:
            self.late = True
        return self.late or self.failed_in_a_row >= FAILURES

    def _read(self, orders: Sequence[Sequence[int]], seed: int) -> list[Reading]:
        groups = [[self.head[place] for place in order] for order in orders]
        left_s = None if self.deadline is None else self.deadline.left_s
        try:
            if not self.is_prepared:
                self.readout = self.readout.prepared(self.query, self.head)
                self.is_prepared = True
            readings = self.readout.read(self.query, groups, left_s=left_s, seed=seed)
        except SearchError as error:
            return self._failed(groups, str(error))
        except Exception as error:  # whatever a model or plug-in does, the search still answers
            log.exception("The reranker %s failed.", self.name)
            return self._failed(groups, f"{type(error).__name__}: {error}")
        self.failed_in_a_row = 0
        return readings

    def _failed(self, groups: Sequence[Sequence[Candidate]], why: str) -> list[Reading]:
        self.failed_in_a_row += 1
        self.failure = why[:LONGEST_REASON]
        self.calls += 1
        self.expected += sum(map(len, groups))
        return []

    def _booked(self, reading: Reading, order: Sequence[int]) -> Mapping[int, float] | None:
        values = {
            order[place]: value for place, value in reading.values.items() if math.isfinite(value)
        }
        self.calls += reading.calls
        self.tokens += reading.tokens
        self.expected += reading.expected
        self.found += len(values)
        self.repaired += reading.repaired
        return values or None

    def report(self, scored: int, unscored: int, seconds: float) -> Report:
        """The books, closed."""
        return Report(
            calls=self.calls,
            tokens=self.tokens,
            scored=scored,
            parse_rate=self.found / self.expected if self.expected else 1.0,
            repaired=self.repaired,
            late=self.late,
            notes=tuple(self._notes(unscored)),
            seconds=seconds,
        )

    def _notes(self, unscored: int) -> list[str]:
        notes = []
        if self.late:
            notes.append(
                f"The reranker {self.name} ran out of time; {unscored} of {len(self.head)} "
                "results keep the order of the search."
            )
        if self.failure:
            notes.append(f"The reranker {self.name} failed: {self.failure}")
        elif unscored and not self.late:
            notes.append(
                f"The reranker {self.name} could not be read for {unscored} of "
                f"{len(self.head)} results; they keep the order of the search."
            )
        return notes
