"""Several rerankers in turn, each on fewer candidates, within one time budget."""

from collections.abc import Mapping, Sequence
from typing import ClassVar

from search.errors import ConfigurationError
from search.rerankers.base import Deadline, Presence, Report, Reranked, Reranker
from search.rerankers.blending import never_rising
from search.rerankers.term_overlap import TermOverlap
from search.types import Candidate, Query


class Cascade(Reranker):
    """Stage i reranks the first ``depths[i]``; what lies deeper follows in its order.

    Each stage may take its share of the time that is left, the last all of it. A stage whose time
    has come before it began is left out, and the report says so.
    """

    light: ClassVar[bool] = True
    needs: ClassVar[Mapping[str, str]] = {"stages": "RERANKERS"}

    def __init__(
        self,
        stages: Sequence[Reranker] | None = None,
        *,
        depths: Sequence[int] = (),
        name: str = "cascade",
    ) -> None:
        if not stages or len(stages) != len(depths):
            raise ConfigurationError(
                f"{name} has {len(stages or ())} stages and {len(depths)} depths; give one depth "
                "for each stage."
            )
        if any(depth < 1 for depth in depths) or list(depths) != sorted(depths, reverse=True):
            raise ConfigurationError(
                f"The depths {list(depths)} of {name} must fall, none below 1."
            )
        self.name, self._stages, self._depths = name, tuple(stages), tuple(depths)

    @classmethod
    def presence(cls, **options: object) -> Presence:
        if not options.get("stages"):
            return Presence(False, "No stages are named.", 'Name some of RERANKERS as "stages".')
        return Presence(True, f"{options['stages']} in turn")

    @classmethod
    def tiny(cls) -> "Cascade":
        return cls([TermOverlap(), TermOverlap(weight=0.5, name="again")], depths=[4, 2])

    def rerank(
        self, query: Query, candidates: Sequence[Candidate], *, deadline: Deadline | None = None
    ) -> Reranked:
        ranked, report = tuple(candidates), Report()
        for place, (stage, depth) in enumerate(zip(self._stages, self._depths, strict=True)):
            if deadline is not None and deadline.is_past:
                report += _left_out(stage)
                continue
            share = _share(deadline, len(self._stages) - place)
            done = stage.rerank(query, ranked[:depth], deadline=share)
            ranked = tuple(never_rising([*done.candidates, *ranked[depth:]]))
            report += done.report
        return Reranked(ranked, report)


def _share(deadline: Deadline | None, stages_left: int) -> Deadline | None:
    if deadline is None or stages_left == 1:
        return deadline
    return Deadline.after(deadline.left_s / stages_left, deadline.clock)


def _left_out(stage: Reranker) -> Report:
    note = f"There was no time left for the reranker {stage.name}."
    return Report(late=True, notes=(note,))
