"""The model scores a whole group: a JSON object from identifier to 0..10."""

from search.generators.language_model import Completion
from search.rerankers.parsing import parse_scores
from search.rerankers.readout import Reading, numbers
from search.rerankers.readouts.asking import Written, spent


class JsonScores(Written):
    """Scores as shares of 10.

    Source: GroupRank (2025). Its release takes unreadable answers for zeros; here they are none.
    """

    template = "json_scores"

    def _reading(self, answer: Completion, count: int) -> Reading:
        parsed = parse_scores(answer.text, numbers(count), low=0, high=10)
        values = {place: score / 10 for place, score in parsed.scores.items()}
        return Reading(values, count, 1, spent(answer), parsed.repaired)
