"""Reranking by one embedding of the question and its first candidates together."""

from collections.abc import Mapping, Sequence
from copy import copy
from typing import ClassVar, Self

import numpy as np

from search.generators.language_model import Ability, LanguageModel
from search.generators.stub import StubLanguageModel
from search.rerankers.base import Presence
from search.rerankers.groupings import All
from search.rerankers.harness import Harness
from search.rerankers.policy import Policy
from search.rerankers.readouts.listwise_prompt import (
    CosineToListwisePrompt,
    ListwiseEmbedder,
    PromptEmbedder,
    Rocchio,
)
from search.rerankers.readouts.vectors import PassageVectors, Rows, SentenceEncoder


class E2Rank(Harness):
    """One forward pass for 100 candidates; their vectors are stored, not made again.

    ``generator`` is the language model that made the stored vectors. With an ``encoder`` instead,
    which cannot read a list, the question moves toward the first three candidates. The vectors
    come by ``with_vectors``; without them nothing is reranked.

    Source: E2Rank (2025).
    """

    needs: ClassVar[Mapping[str, str]] = {"generator": "GENERATORS", "encoder": "ENCODERS"}

    asks: ClassVar[frozenset[Ability]] = frozenset({Ability.EMBED})

    def __init__(
        self,
        generator: LanguageModel | None = None,
        *,
        encoder: SentenceEncoder | None = None,
        vectors: PassageVectors | None = None,
        shown: int = 20,
        depth: int = 100,
        weight: float = 0.6,
        words: int = 200,
        name: str = "e2rank",
    ) -> None:
        self._embedder: ListwiseEmbedder = (
            Rocchio(encoder)
            if encoder is not None and generator is None
            else PromptEmbedder(generator, by=name, words=words)
        )
        self._shown = shown
        super().__init__(
            name,
            readout=CosineToListwisePrompt(self._embedder, vectors or NoVectors(), shown=shown),
            grouping=All(),
            policy=Policy(depth=depth, weight=weight),
        )

    def with_vectors(self, vectors: PassageVectors) -> Self:
        """The same reranker, reading these vectors."""
        other = copy(self)
        other._readout = CosineToListwisePrompt(self._embedder, vectors, shown=self._shown)
        return other

    @classmethod
    def presence(cls, **options: object) -> Presence:
        named = options.get("generator") or options.get("encoder")
        if not named:
            remedy = 'Name one of GENERATORS as "generator", or one of ENCODERS as "encoder".'
            return Presence(False, "Neither a language model nor an encoder is named.", remedy)
        return Presence(True, f"by {named}")

    @classmethod
    def tiny(cls) -> "E2Rank":
        model = StubLanguageModel()
        return cls(model, vectors=_AnyVectors(model))


class NoVectors:
    """Nothing is stored."""

    def of(self, passage_ids: Sequence[int]) -> list[Rows | None]:
        return [None] * len(passage_ids)


class _AnyVectors:
    """A vector for every id, for the miniature."""

    def __init__(self, model: LanguageModel) -> None:
        self._model = model

    def of(self, passage_ids: Sequence[int]) -> list[Rows | None]:
        return [np.asarray(self._model.embed(f"passage {key}")) for key in passage_ids]
