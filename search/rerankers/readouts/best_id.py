"""The model names the one best candidate of a set."""

from search.generators.language_model import Completion
from search.rerankers.parsing import parse_best
from search.rerankers.readout import Reading, numbers
from search.rerankers.readouts.asking import Written, spent


class BestId(Written):
    """The chosen one scores 1; of the others nothing is said.

    Source: Rank-R1, arXiv:2503.06034.
    """

    template = "best_id"

    def _reading(self, answer: Completion, count: int) -> Reading:
        parsed = parse_best(answer.text, numbers(count))
        values = dict.fromkeys(parsed.order, 1.0)
        return Reading(values, 1, 1, spent(answer), parsed.repaired)
