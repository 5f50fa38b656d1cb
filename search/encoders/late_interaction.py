"""Many vectors for a text, and how two such texts are compared: late interaction."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from search.encoders.base import Ragged, Rows, TokenEncoder
from search.encoders.onnx_text import OnnxTextEncoder, TokenState
from search.errors import ConfigurationError
from search.pruning import has_settled, within_reach

MOST_POOLING = 16
_BLOCK = 16  # documents scored at once while an early exit may come


class TokenStates(TokenEncoder):
    """The last states of a text encoder's tokens, before they are pooled into one vector.

    The states come from the session that the text encoder already holds. Those of tokens without
    a letter or digit are left out: punctuation, and what opens and closes an input. Documents keep
    the mean of each ``pooling`` neighbours, scaled to length 1; questions keep all.

    Source: Khattab and Zaharia, SIGIR 2020, arXiv:2004.12832; pooling after Clavié, Chaffin and
    Adams, 2024, arXiv:2409.14683.
    """

    needs = {"text": "ENCODERS"}
    light = True

    def __init__(self, *, text: OnnxTextEncoder, pooling: int = 4) -> None:
        if not isinstance(text, OnnxTextEncoder):
            raise ConfigurationError(
                f"Token vectors are taken from an OnnxTextEncoder, not from {type(text).__name__}."
            )
        if not 1 <= pooling <= MOST_POOLING:
            raise ConfigurationError(
                f"The pooling of token vectors is {pooling}; write 1 to {MOST_POOLING}."
            )
        self.dim, self.pooling = text.dim, pooling
        self.fingerprint = f"tokens:{pooling}:{text.fingerprint}"
        self.text = text
        self._words = {key for token, key in text.vocabulary().items() if _is_word(token)}

    def encode_queries(self, texts: Sequence[str]) -> Ragged:
        return self._rows(self.text.token_states(texts, as_query=True), pooling=1)

    def encode_documents(self, texts: Sequence[str]) -> Ragged:
        return self._rows(self.text.token_states(texts), pooling=self.pooling)

    def encode_with_text(self, texts: Sequence[str]) -> tuple[Rows, Ragged]:
        """What the text encoder makes of passages, and their token vectors, from one pass."""
        rows, states = self.text.encode_with_states(texts)
        return rows, self._rows(states, pooling=self.pooling)

    def _rows(self, texts: Sequence[TokenState], *, pooling: int) -> Ragged:
        parts = []
        for token_ids, states in texts:
            words = [place for place, key in enumerate(token_ids) if key in self._words]
            kept = states[words] if words else states
            parts.append(pool_neighbours(_unit(kept), factor=pooling))
        return Ragged.of(parts, width=self.dim)


def _is_word(token: str) -> bool:
    return token[:1] not in {"[", "<"} and any(character.isalnum() for character in token)


def pool_neighbours(tokens: Rows, *, factor: int) -> Rows:
    """The mean of each ``factor`` tokens that follow each other, scaled to length 1."""
    if factor == 1 or len(tokens) < 2:
        return tokens
    starts = np.arange(0, len(tokens), factor)
    return _unit(np.add.reduceat(tokens, starts, axis=0))  # (ceil(tokens / factor), dim)


def maxsim(
    query: Rows,
    documents: Ragged,
    *,
    first_stage: Sequence[float] | None = None,
    k: int = 10,
    alpha: float = 1.0,
    beta: int | None = None,
) -> NDArray[np.float32]:
    """For each document the sum, over the query's tokens, of the best cosine with one of its own.

    ``query`` is (tokens, dim). The scores are (documents,), NaN where a document was not scored.
    With ``first_stage``, a score for each document, best first, documents may be passed over:
    those that ``within_reach`` leaves out, and all that come after ``beta`` documents in a row
    have failed to enter the best ``k``. An alpha of 1 and no beta score all.

    Raises:
        ValueError: a first-stage score is missing.

    Source: Khattab and Zaharia, SIGIR 2020, arXiv:2004.12832; the two early stops after Martinico
    et al., 2026, with scores scaled first, so that the sign of a score does not matter.
    """
    if first_stage is None:
        return _sums(query, documents)
    if len(first_stage) != len(documents):
        raise ValueError(f"{len(documents)} documents came with {len(first_stage)} scores.")
    chosen = within_reach(first_stage, alpha=alpha, top=k)
    scores = np.full(len(documents), np.nan, dtype=np.float32)
    if beta is None:
        scores[chosen] = _sums(query, _some(documents, chosen))
    else:
        _score_until(query, documents, chosen, scores, k=k, beta=beta)
    return scores


def _score_until(
    query: Rows,
    documents: Ragged,
    chosen: Sequence[int],
    scores: NDArray[np.float32],
    *,
    k: int,
    beta: int,
) -> None:
    """Score in the order of the first stage until ``beta`` in a row do not enter the best k."""
    found: list[float] = []
    for start in range(0, len(chosen), _BLOCK):
        block = chosen[start : start + _BLOCK]
        for place, score in zip(block, _sums(query, _some(documents, block)), strict=True):
            scores[place] = score
            found.append(float(score))
            if has_settled(found, beta=beta, top=k):
                return


def _sums(query: Rows, documents: Ragged) -> NDArray[np.float32]:
    if not len(documents) or not len(query):
        return np.zeros(len(documents), dtype=np.float32)
    if not documents.counts.all():
        raise ValueError("A document has no token vectors.")
    cosines = query @ documents.values.astype(np.float32).T  # (query tokens, total)
    best = np.maximum.reduceat(cosines, documents.starts, axis=1)  # (query tokens, documents)
    return best.sum(axis=0)


def _some(documents: Ragged, places: Sequence[int]) -> Ragged:
    parts = list(documents)
    return Ragged.of([parts[place] for place in places], width=documents.values.shape[1])


def _unit(rows: Rows) -> Rows:
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)  # (n, 1)
    return (rows / np.maximum(lengths, 1e-9)).astype(np.float32)
