"""A line of the table: what one system reached in one slice, and what was expected of it."""

from collections.abc import Sequence
from dataclasses import dataclass

from ingestion.synthworld.asking import Find
from search.evaluation.statistics import mean_interval
from search.evaluation.synthworld.texts import Question


@dataclass(frozen=True, slots=True)
class Row:
    """What one system reached in one slice, with its 95 % interval, and what was expected.

    ``least`` or ``most`` bound the value; where both are None nothing is expected.
    """

    slice: str
    system: str
    measure: str
    value: float
    low: float
    high: float
    questions: int
    least: float | None = None
    most: float | None = None

    @property
    def is_as_expected(self) -> bool:
        above = self.least is None or self.value >= self.least
        return above and (self.most is None or self.value <= self.most)


def share(
    slice_: str,
    system: str,
    values: Sequence[float],
    *,
    measure: str = "twins",
    least: float | None = None,
    most: float | None = None,
) -> Row:
    """The row of values of 0 to 1, one a question."""
    found = mean_interval(list(values) or [0.0])
    ends = (found.mean, found.low, found.high)
    return Row(slice_, system, measure, *ends, len(values), least, most)


def hits(
    questions: Sequence[Question],
    system: str,
    find: Find,
    k: int,
    *,
    least: float | None = None,
    most: float | None = None,
    slice_: str = "",
) -> Row:
    """How often one of the first ``k`` passages is of a document that answers."""
    values = [
        float(any(one.source.filename in question.gold for one in find(question, k)))
        for question in questions
    ]
    name = slice_ or (questions[0].slice if questions else "")
    return share(name, system, values, measure=f"success@{k}", least=least, most=most)
