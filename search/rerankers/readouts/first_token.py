"""The logits of the first identifier already hold the order of a window."""

from collections.abc import Sequence

import numpy as np

from search.errors import ConfigurationError
from search.generators.language_model import Ability, LanguageModel, require
from search.rerankers.readout import Group, Reading, Readout, View, letters
from search.rerankers.readouts.asking import Prompting
from search.types import Query


class FirstToken(Readout):
    """Logits of the letters A, B, … where the model would begin its order; one pass a window.

    Source: Reddy et al., FIRST, EMNLP 2024, arXiv:2406.15657.
    """

    def __init__(
        self, generator: LanguageModel | None, *, by: str, view: View[str], window: int = 20
    ) -> None:
        if not 2 <= window <= 26:
            raise ConfigurationError(f"window is {window}; there are letters for 2 to 26.")
        self._model = require(generator, Ability.LOGITS, by=by)
        if not self._model.are_single_tokens(letters(window)):
            raise ConfigurationError(
                f"{by} needs the letters A to {letters(window)[-1]} as single tokens; in "
                f"{self._model.name} they are not. Use search.rerankers.yes_no.YesNo."
            )
        self._prompting = Prompting("first_token", view=view, labels=letters)
        self.fingerprint = self._prompting.file.fingerprint

    def read(
        self, query: Query, groups: Sequence[Group], *, left_s: float | None = None, seed: int = 0
    ) -> list[Reading]:
        readings = []
        for group in groups:
            prompt = self._prompting.prompt(query, group)
            row = self._model.next_token_logits([prompt], letters(len(group)))[0]
            values = {i: float(logit) for i, logit in enumerate(row) if np.isfinite(logit)}
            readings.append(Reading(values, len(group)))
        return readings
