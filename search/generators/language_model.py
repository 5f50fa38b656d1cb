"""What a language model promises: four abilities, each declared, so that a recipe can be refused.

A reranker or transform that needs an ability asks for it when it is built, not when it runs.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from search.errors import ConfigurationError, SearchError
from search.generators.checkpoints import Presence

Logits = NDArray[np.float64]
Attention = tuple[NDArray[np.float64], ...]
"""One array a document: what its tokens received, (tokens,)."""


class LanguageModelError(SearchError):
    """A language model did not answer: no connection, no memory, or nothing readable."""


class Ability(StrEnum):
    """What a language model can be asked for."""

    GENERATE = "generate"
    LOGITS = "next_token_logits"
    QUERY_ATTENTION = "query_attention"
    EMBED = "embed"


@dataclass(frozen=True, slots=True)
class Message:
    """One turn; ``role`` is "system", "user" or "assistant"."""

    role: str
    text: str


@dataclass(frozen=True, slots=True)
class Prompt:
    """What a model reads. ``opening`` is how its own answer begins; ``name`` the template's."""

    name: str
    messages: tuple[Message, ...]
    opening: str = ""


@dataclass(frozen=True, slots=True)
class Sampling:
    """How an answer is drawn. ``schema`` is a wish that a server may ignore: check the answer."""

    max_tokens: int = 256
    temperature: float = 0.0
    top_p: float = 1.0
    stop: tuple[str, ...] = ()
    seed: int = 0
    schema: Mapping[str, Any] | None = None
    timeout_s: float | None = None


PLAIN = Sampling()


@dataclass(frozen=True, slots=True)
class Written:
    """One written token with the probability it had, 0..1."""

    text: str
    probability: float


@dataclass(frozen=True, slots=True)
class Completion:
    """What a model wrote. ``written`` is empty where the model does not tell probabilities."""

    text: str
    prompt_tokens: int = 0
    completion_tokens: int = 0
    written: tuple[Written, ...] = ()


class LanguageModel:
    """A model behind four abilities; ``abilities`` says which of them it has.

    ``parallel_calls``: how many calls may run at once. The methods of missing abilities raise
    ``ConfigurationError``.
    """

    name: str = ""
    abilities: frozenset[Ability] = frozenset()
    parallel_calls: int = 1
    needs: ClassVar[Mapping[str, str]] = {}

    @classmethod
    def presence(cls, **_options: object) -> Presence:
        """Whether it could be loaded here with these options; nothing is loaded."""
        return Presence(True, cls.__name__)

    @classmethod
    def abilities_with(cls, **_options: object) -> frozenset[Ability]:
        """What it would be able to do with these options; nothing is loaded."""
        return cls.abilities

    def generate(self, prompt: Prompt, sampling: Sampling = PLAIN) -> Completion:
        """The answer to the prompt, without its opening.

        Raises:
            LanguageModelError: there is no answer, or none in time.
        """
        raise self._missing(Ability.GENERATE)

    def next_token_logits(self, prompts: Sequence[Prompt], answers: Sequence[str]) -> Logits:
        """How likely each answer comes next, (prompts, answers); differences count, not levels.

        Raises:
            ConfigurationError: an answer is not a single token.
            LanguageModelError: there are no logits, or none in time.
        """
        raise self._missing(Ability.LOGITS)

    def query_attention(
        self, documents: Sequence[str], task: str, queries: Sequence[str]
    ) -> list[Attention]:
        """For each query the attention that its tokens pay to each document's tokens.

        The model reads the documents, then the task, then a query. Summed over layers and heads,
        mean over the tokens of the query. One pass for the documents and one short pass a query.
        """
        raise self._missing(Ability.QUERY_ATTENTION)

    def embed(self, text: str) -> NDArray[np.float32]:
        """The text as a unit vector, (dim,): the last state after the end-of-sequence token."""
        raise self._missing(Ability.EMBED)

    def are_single_tokens(self, answers: Sequence[str]) -> bool:
        """Whether ``next_token_logits`` can tell these answers apart."""
        return Ability.LOGITS in self.abilities and bool(answers)

    def _missing(self, ability: Ability) -> ConfigurationError:
        return ConfigurationError(
            f"The language model {self.name or type(self).__name__!r} cannot {_WORDS[ability]}."
        )


class NoLanguageModel(LanguageModel):
    """No model at all: whatever needs one is refused when it is built."""

    name = "none"

    @classmethod
    def tiny(cls) -> "NoLanguageModel":
        return cls()


_WORDS = {
    Ability.GENERATE: "write",
    Ability.LOGITS: "tell the probabilities of the next token",
    Ability.QUERY_ATTENTION: "show its attention",
    Ability.EMBED: "embed a text",
}


def require(model: LanguageModel | None, *abilities: Ability, by: str) -> LanguageModel:
    """The model, if it has these abilities.

    Raises:
        ConfigurationError: there is no model, or it lacks one; the sentence says who asked.
    """
    if model is None:
        raise ConfigurationError(
            f"{by} needs a language model; name one of MMSEARCH['GENERATORS'] in its OPTIONS."
        )
    name = model.name or type(model).__name__
    if sentence := cannot(model.abilities, abilities, by=by, model=name):
        raise ConfigurationError(sentence)
    return model


def cannot(found: Collection[Ability], asked: Collection[Ability], *, by: str, model: str) -> str:
    """The sentence that says which of the abilities asked for a model lacks, or nothing."""
    lacking = [ability for ability in asked if ability not in found]
    if not lacking:
        return ""
    words = " and ".join(_WORDS[ability] for ability in lacking)
    return f"{by} needs a language model that can {words}; {model!r} cannot."
