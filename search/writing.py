"""The language model of a transform: asked where it is here and in time; else rules stand in."""

from search import errands, registry
from search.errors import SearchError
from search.generators.language_model import Message, Prompt, Sampling
from search.transforms.base import Generate

SAMPLING = Sampling(max_tokens=300)
LATE = "The language model {!r} was late or failed; rules stood in."
HEAVY = "is too heavy for the web process; name a server (MMSEARCH_LLM_URL)."


class Writer:
    """What a transform may ask to write for it, by the alias of a language model.

    ``generate`` is None where there is no model or none is named; ``notes`` says what was missing.
    """

    def __init__(self, alias: str) -> None:
        self._alias = alias
        self._missing, self._asked, self._written = "", 0, 0
        self.generate = self._generate() if alias else None

    @property
    def notes(self) -> list[str]:
        """Sentences for ``degraded``."""
        if self._missing:
            return [f"The language model {self._alias!r} was left out: {self._missing}"]
        return [LATE.format(self._alias)] if self._written < self._asked else []

    def _generate(self) -> Generate | None:
        try:
            if errands.is_web() and not registry.is_light("GENERATORS", self._alias):
                self._missing = HEAVY
                return None
            model = registry.generator(self._alias)
        except SearchError as error:
            self._missing = str(error)
            return None

        def generate(prompt: str) -> str:
            self._asked += 1
            asked = Prompt("transform", (Message("user", prompt),))
            text: str = model.generate(asked, SAMPLING).text
            self._written += 1
            return text

        return generate
