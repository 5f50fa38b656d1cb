"""How likely a model is to say yes of one candidate: a probability, or a difference of logits."""

from collections.abc import Sequence

import numpy as np

from search.errors import ConfigurationError
from search.generators.language_model import Ability, LanguageModel, Logits, require
from search.rerankers.readout import Group, Reading, Readout, View
from search.rerankers.readouts.asking import Prompting
from search.types import Query


class NextToken(Readout):
    """Reads the logits of two answers after a prompt about one candidate."""

    template = ""
    answers: tuple[str, str] = ("", "")

    def __init__(
        self, generator: LanguageModel | None, *, by: str, view: View[str], batch: int = 16
    ) -> None:
        self._model = require(generator, Ability.LOGITS, by=by)
        if not self._model.are_single_tokens(self.answers):
            raise ConfigurationError(
                f"{by} needs {' and '.join(self.answers)} as single tokens; in "
                f"{self._model.name} they are not."
            )
        self._prompting = Prompting(self.template, view=view)
        self.batch, self.fingerprint = batch, self._prompting.file.fingerprint

    def read(
        self, query: Query, groups: Sequence[Group], *, left_s: float | None = None, seed: int = 0
    ) -> list[Reading]:
        prompts = [self._prompting.prompt(query, group, labelled=False) for group in groups]
        scores = self._scores(self._model.next_token_logits(prompts, self.answers))
        return [Reading({0: float(score)}, 1) for score in scores]

    def _scores(self, logits: Logits) -> Logits:
        """(candidates, 2) logits of the positive and the negative answer → (candidates,)."""
        raise NotImplementedError


class ProbabilityOfYes(NextToken):
    """softmax over the logits of yes and no.

    Source: Qwen3-Reranker, arXiv:2506.05176.
    """

    template, answers = "p_yes", ("yes", "no")

    def _scores(self, logits: Logits) -> Logits:
        return 1 / (1 + np.exp(np.clip(logits[:, 1] - logits[:, 0], -700, 700)))


class LogitDifference(NextToken):
    """logit("1") - logit("0").

    Source: ProRank, arXiv:2506.03487; its released form is mxbai-rerank-v2.
    """

    template, answers = "logit_diff", ("1", "0")

    def _scores(self, logits: Logits) -> Logits:
        return logits[:, 0] - logits[:, 1]
