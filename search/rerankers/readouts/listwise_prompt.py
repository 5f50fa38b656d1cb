"""One embedding of the question together with the first candidates, against stored vectors."""

from collections.abc import Sequence
from typing import Protocol

import numpy as np

from search.generators.language_model import Ability, LanguageModel, require
from search.rerankers.prompting import cut, harmless, prompt_file
from search.rerankers.readout import Group, Reading, Readout, numbers
from search.rerankers.readouts.asking import question
from search.rerankers.readouts.vectors import PassageVectors, Rows, SentenceEncoder
from search.types import Query


class ListwiseEmbedder(Protocol):
    """Turns a question and the first candidates into one vector."""

    def embed(self, query: Query, top: Group, vectors: Sequence[Rows | None]) -> Rows:
        """A unit vector, (dim,), by one call of an encoder; ``vectors`` are those of ``top``."""


class PromptEmbedder:
    """The language model that made the stored vectors reads the listwise prompt."""

    def __init__(self, generator: LanguageModel | None, *, by: str, words: int = 200) -> None:
        self._model = require(generator, Ability.EMBED, by=by)
        self._file, self._words = prompt_file("listwise_embedding"), words
        self.fingerprint = self._file.fingerprint

    def embed(self, query: Query, top: Group, vectors: Sequence[Rows | None]) -> Rows:
        lines = [
            f"[{label}] {cut(harmless(candidate.text), words=self._words)}"
            for label, candidate in zip(numbers(len(top)), top, strict=True)
        ]
        prompt = self._file.filled(passages="\n".join(lines), query=question(query))
        return self._model.embed(prompt.messages[-1].text)


class Rocchio:
    """The stand-in for encoders that cannot read lists: the question moved toward the best three.

    q' = (1 - share) q + share * mean(first three).

    Source: Rocchio, 1971, in The SMART Retrieval System.
    """

    fingerprint = "rocchio"

    def __init__(self, encoder: SentenceEncoder, *, share: float = 0.3, best: int = 3) -> None:
        self._encoder, self._share, self._best = encoder, share, best

    def embed(self, query: Query, top: Group, vectors: Sequence[Rows | None]) -> Rows:
        asked = self._encoder.encode_queries([query.text])[0]
        near = [row for row in vectors[: self._best] if row is not None]
        if not near:
            return asked
        moved = (1 - self._share) * asked + self._share * np.mean(near, axis=0)
        return (moved / max(float(np.linalg.norm(moved)), 1e-12)).astype(np.float32)


class CosineToListwisePrompt(Readout):
    """Cosine of each candidate's stored vector with the vector of the listwise prompt.

    ``shown``: how many candidates the prompt holds. Without a stored vector there is no score.

    Source: E2Rank (2025).
    """

    def __init__(
        self, embedder: ListwiseEmbedder, vectors: PassageVectors, *, shown: int = 20
    ) -> None:
        self._embedder, self._vectors, self._shown = embedder, vectors, shown
        self.fingerprint = str(getattr(embedder, "fingerprint", ""))

    def read(
        self, query: Query, groups: Sequence[Group], *, left_s: float | None = None, seed: int = 0
    ) -> list[Reading]:
        return [self._reading(query, group) for group in groups]

    def _reading(self, query: Query, group: Group) -> Reading:
        rows = self._vectors.of([candidate.passage_id for candidate in group])
        asked = self._embedder.embed(query, group[: self._shown], rows[: self._shown])
        values = {i: float(row @ asked) for i, row in enumerate(rows) if row is not None}
        return Reading(values, len(group), repaired=len(values) < len(group))
