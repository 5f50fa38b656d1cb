"""Reranking without a model: the share of the question's words that a passage has, by rarity."""

import math
import re
from collections import Counter
from collections.abc import Sequence
from typing import ClassVar

from search.rerankers.groupings import All
from search.rerankers.harness import Harness
from search.rerankers.policy import Policy
from search.rerankers.readout import Group, Reading, Readout
from search.types import Query

_WORD = re.compile(r"\w+")


class TermOverlap(Harness):
    """Words weighed by how few of the candidates have them; always available."""

    light: ClassVar[bool] = True

    def __init__(
        self, *, depth: int = 100, weight: float = 0.3, name: str = "term_overlap"
    ) -> None:
        super().__init__(
            name, readout=Overlap(), grouping=All(), policy=Policy(depth=depth, weight=weight)
        )

    @classmethod
    def tiny(cls) -> "TermOverlap":
        return cls()

    @staticmethod
    def score_pairs(query: str, texts: Sequence[str]) -> list[float]:
        """Each text's share of the question's weighed words, 0..1, in their order."""
        asked = set(_WORD.findall(query.casefold()))
        held = [asked & set(_WORD.findall(text.casefold())) for text in texts]
        seen = Counter(word for words in held for word in words)
        weights = {word: math.log1p(len(texts) / (1 + seen[word])) for word in asked}
        whole = sum(weights[word] for word in sorted(asked))
        return [
            sum(weights[word] for word in sorted(words)) / whole if whole else 0.0 for words in held
        ]


class Overlap(Readout):
    """Scores of ``TermOverlap.score_pairs`` for whole groups."""

    def read(
        self, query: Query, groups: Sequence[Group], *, left_s: float | None = None, seed: int = 0
    ) -> list[Reading]:
        readings = []
        for group in groups:
            texts = [f"{c.source.title} {c.heading} {c.text}" for c in group]
            scores = TermOverlap.score_pairs(query.text, texts)
            readings.append(Reading(dict(enumerate(scores)), len(group), calls=0))
        return readings
