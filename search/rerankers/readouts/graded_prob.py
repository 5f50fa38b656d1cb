"""The model grades one candidate 0..10; the grade counts by the probability it was written with."""

from search.generators.language_model import Completion
from search.generators.language_model import Written as Token
from search.rerankers.parsing import parse_integer
from search.rerankers.readout import Reading
from search.rerankers.readouts.asking import Written, spent


class GradedProbability(Written):
    """grade * P(grade), 0..10; P is 1 where the model does not tell it.

    Source: ERank (2025).
    """

    template = "graded_prob"

    def _reading(self, answer: Completion, count: int) -> Reading:
        found = parse_integer(answer.text, low=0, high=10)
        if found is None:
            return Reading({}, count, 1, spent(answer), True)
        grade, digits = found
        probability = probability_of(digits, answer.written)
        repaired = digits != str(grade)
        return Reading({0: grade * probability}, count, 1, spent(answer), repaired)


def probability_of(digits: str, written: tuple[Token, ...]) -> float:
    """The probability of the tokens in which the digits were last written; 1 if not told."""
    text = "".join(token.text for token in written)
    start = text.rfind(digits)
    if start < 0:
        return 1.0
    probability, place = 1.0, 0
    for token in written:
        if place < start + len(digits) and place + len(token.text) > start:
            probability *= token.probability
        place += len(token.text)
    return probability
