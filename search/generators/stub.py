"""A stand-in for a language model: no weights, the same answer every time, faults on demand."""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from hashlib import blake2b
from random import Random

import numpy as np
from numpy.typing import NDArray

from search.errors import ConfigurationError
from search.generators.language_model import (
    PLAIN,
    Ability,
    Attention,
    Completion,
    LanguageModel,
    Logits,
    Prompt,
    Sampling,
    Written,
)

Prefer = Callable[[str, str], float]
"""Query and passage in, how well the passage serves the query out, 0..1."""

MALFORMED = (
    "",
    "I cannot help with that.",
    "[9001] > [9002] > [9003]",
    '{"scores": {"9001": ',
    "<think>The passages speak of",
    "\x00\ufffd\u202e",
    '{"9001": NaN, "9002": "high"}',
    "```json\n[]\n```",
    "> > >",
    "[[[[[[[[",
)

_PASSAGE = re.compile(r"<passage>\s*(?:\[(?P<id>\w+)\])?(?P<text>.*?)</passage>", re.DOTALL)
_QUERY = re.compile(r"<query>(.*?)</query>", re.DOTALL)
_WORD = re.compile(r"\w+")


def shared_words(query: str, passage: str) -> float:
    """The share of the query's words that the passage has, 0..1."""
    asked = set(_WORD.findall(query.casefold()))
    return len(asked & set(_WORD.findall(passage.casefold()))) / len(asked) if asked else 0.0


class StubLanguageModel(LanguageModel):
    """Answers the prompts of this project by counting words, or from a script.

    ``script`` gives a prompt's name its answer; ``prefer`` decides everywhere else. A share
    ``malformed_rate`` of the answers, drawn by ``seed`` and the prompt, is unreadable.
    """

    def __init__(
        self,
        *,
        prefer: Prefer = shared_words,
        script: Mapping[str, str] | None = None,
        malformed_rate: float = 0.0,
        seed: int = 0,
        dim: int = 64,
        abilities: Sequence[str] = tuple(Ability),
        name: str = "stub",
    ) -> None:
        if not 0 <= malformed_rate <= 1:
            raise ConfigurationError(f"malformed_rate is {malformed_rate}; it is from 0 to 1.")
        self.name, self.abilities = name, frozenset(Ability(one) for one in abilities)
        self._prefer, self._script = prefer, dict(script or {})
        self._malformed_rate, self._seed, self._dim = malformed_rate, seed, dim

    @classmethod
    def abilities_with(cls, **options: object) -> frozenset[Ability]:
        return cls(**options).abilities  # type: ignore[arg-type]

    @classmethod
    def tiny(cls) -> "StubLanguageModel":
        return cls()

    def generate(self, prompt: Prompt, sampling: Sampling = PLAIN) -> Completion:
        if Ability.GENERATE not in self.abilities:
            raise self._missing(Ability.GENERATE)
        draw = self._draw(prompt, sampling.seed)
        if draw.random() < self._malformed_rate:
            text = draw.choice(MALFORMED)
        else:
            text = self._script.get(prompt.name) or self._answer(prompt)
        written = tuple(Written(word, 0.9) for word in re.findall(r"\s*\S+", text))
        return Completion(text, len(_text(prompt).split()), len(text.split()), written)

    def next_token_logits(self, prompts: Sequence[Prompt], answers: Sequence[str]) -> Logits:
        if Ability.LOGITS not in self.abilities:
            raise self._missing(Ability.LOGITS)
        rows = [self._logits(prompt, answers) for prompt in prompts]
        return np.array(rows, dtype=np.float64).reshape(len(prompts), len(answers))

    def query_attention(
        self, documents: Sequence[str], task: str, queries: Sequence[str]
    ) -> list[Attention]:
        if Ability.QUERY_ATTENTION not in self.abilities:
            raise self._missing(Ability.QUERY_ATTENTION)
        return [tuple(self._received(text, query) for text in documents) for query in queries]

    def embed(self, text: str) -> NDArray[np.float32]:
        """Hashed words: texts that share words point the same way."""
        if Ability.EMBED not in self.abilities:
            raise self._missing(Ability.EMBED)
        row = np.zeros(self._dim, dtype=np.float32)
        row[0] = 1e-3  # a text without words has a direction too
        for word in _WORD.findall(text.casefold()):
            row[_digest(word) % self._dim] += 1.0
        return row / np.linalg.norm(row)

    def _draw(self, prompt: Prompt, seed: int) -> Random:
        return Random(f"{self._seed}:{seed}:{_text(prompt)}")

    def _answer(self, prompt: Prompt) -> str:
        liked = self._liked(prompt)
        best_first = sorted(liked, key=lambda label: -liked[label])
        if prompt.name == "json_scores":
            return json.dumps({label: round(10 * value) for label, value in liked.items()})
        if prompt.name == "graded_prob":
            return (
                f"It shares words. <answer> {round(10 * max(liked.values(), default=0))} </answer>"
            )
        if prompt.name == "best_id":
            return (
                f"<think>[{best_first[-1]}] says little.</think><answer>[{best_first[0]}]</answer>"
            )
        return " > ".join(f"[{label}]" for label in best_first)

    def _logits(self, prompt: Prompt, answers: Sequence[str]) -> list[float]:
        draw = self._draw(prompt, 0)
        if draw.random() < self._malformed_rate:
            return [float("nan")] * len(answers)
        liked = self._liked(prompt)
        if set(answers) <= {"yes", "no", "1", "0"}:
            value = max(liked.values(), default=0.0)
            return [value if one in {"yes", "1"} else 1 - value for one in answers]
        return [liked.get(one, -1.0) for one in answers]

    def _liked(self, prompt: Prompt) -> dict[str, float]:
        """What ``prefer`` says of each passage in the prompt, by its label, in their order."""
        text = _text(prompt)
        asked = _QUERY.findall(text)
        query = asked[-1] if asked else ""
        return {
            found["id"] or str(place): self._prefer(query, found["text"])
            for place, found in enumerate(_PASSAGE.finditer(text), start=1)
        }

    def _received(self, document: str, query: str) -> NDArray[np.float64]:
        asked = set(_WORD.findall(query.casefold()))
        words = _WORD.findall(document.casefold()) or [""]
        return np.array([0.01 + (word in asked) for word in words], dtype=np.float64)


def _text(prompt: Prompt) -> str:
    return "\n".join(message.text for message in prompt.messages) + prompt.opening


def _digest(word: str) -> int:
    return int.from_bytes(blake2b(word.encode("utf-8", "replace"), digest_size=8).digest())
