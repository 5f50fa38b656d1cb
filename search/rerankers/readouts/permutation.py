"""The model writes the whole order of a group: ``[3] > [1] > [2]``."""

from search.generators.language_model import Completion
from search.rerankers.parsing import parse_order
from search.rerankers.readout import Reading, falling, numbers
from search.rerankers.readouts.asking import Written, spent


class Permutation(Written):
    """An order, read as falling scores.

    Source: Sun et al., RankGPT, EMNLP 2023, arXiv:2304.09542.
    """

    template = "permutation"

    def _reading(self, answer: Completion, count: int) -> Reading:
        parsed = parse_order(answer.text, numbers(count))
        return Reading(falling(parsed.order), count, 1, spent(answer), parsed.repaired)
