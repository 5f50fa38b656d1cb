"""One vector for many: fixed dimensional encodings, whose dot product is close to MaxSim."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from search.encoders.base import Encoder, Kind, Ragged, Rows, TokenEncoder
from search.errors import ConfigurationError

MOST_DIM = 4000  # what an index over halfvec holds
MOST_PLANES = 8


class FixedDimensional(Encoder):
    """Folds a text's token vectors into one vector, so that an ordinary index can find it.

    ``repetitions`` times: ``planes`` random hyperplanes put each token into one of 2^planes
    buckets; a random projection to ``width`` dimensions is summed in each bucket for a question,
    and averaged for a document, whose empty buckets take the token nearest in Hamming distance.
    A count sketch then folds the whole into at most ``dim`` dimensions. The dot product of a
    question and a document estimates their MaxSim. The lengths of documents count: their rows are
    not scaled.

    Sign bits of both sides are no codec for these vectors: most buckets of a question are empty,
    and a sign bit cannot say so.

    Source: Dhulipala et al., NeurIPS 2024, arXiv:2405.19504 (MUVERA); count sketch after Charikar,
    Chen and Farach-Colton, 2004, doi:10.1016/S0304-3975(03)00400-6.
    """

    kind = Kind.FDE
    needs = {"tokens": "ENCODERS"}
    light = True

    def __init__(
        self,
        *,
        tokens: TokenEncoder,
        repetitions: int = 20,
        planes: int = 4,
        width: int = 32,
        dim: int = MOST_DIM,
        seed: int = 1,
    ) -> None:
        if not 1 <= planes <= MOST_PLANES or repetitions < 1 or width < 1 or seed < 0:
            raise ConfigurationError(
                f"A fixed dimensional encoding of {repetitions} repetitions, {planes} planes and "
                f"width {width} cannot be made; planes are 1 to {MOST_PLANES}."
            )
        if not 1 <= dim <= MOST_DIM:
            raise ConfigurationError(f"The dim is {dim}; an index holds 1 to {MOST_DIM}.")
        self.tokens, self.width, self.buckets = tokens, width, 2**planes
        self.repetitions = repetitions
        whole = repetitions * self.buckets * width
        self.dim = min(dim, whole)
        shape = f"{repetitions}x{self.buckets}x{width}>{self.dim}"
        self.fingerprint = f"fde:{shape}:seed{seed}:{tokens.fingerprint}"
        rng = np.random.default_rng(seed)
        self._planes = rng.normal(size=(tokens.dim, repetitions * planes)).astype(np.float32)
        signs = rng.choice(np.array([-1, 1], np.float32), (tokens.dim, repetitions * width))
        self._projection = signs / np.float32(np.sqrt(width))
        self._powers = 2 ** np.arange(planes)
        self._sketch = None if whole <= dim else _sketch(whole, dim, rng)
        codes = np.arange(self.buckets)
        self._hamming = np.bitwise_count(codes[:, None] ^ codes[None, :])  # (buckets, buckets)

    def encode_queries(self, texts: Sequence[str]) -> Rows:
        """Questions, (n, dim)."""
        return self.fold_queries(self.tokens.encode_queries(texts))

    def encode_documents(self, texts: Sequence[str]) -> Rows:
        """Passages, (n, dim)."""
        return self.fold_documents(self.tokens.encode_documents(texts))

    def fold_queries(self, tokens: Ragged) -> Rows:
        """Token vectors of questions, folded: (n, dim). The dot estimates the sum of MaxSim."""
        return self._fold(tokens, as_query=True) / np.float32(self.repetitions)

    def fold_documents(self, tokens: Ragged) -> Rows:
        """Token vectors of passages, folded: (n, dim)."""
        return self._fold(tokens, as_query=False)

    def _fold(self, tokens: Ragged, *, as_query: bool) -> Rows:
        folded = np.zeros((len(tokens), self.dim), dtype=np.float32)
        for place, rows in enumerate(tokens):
            if len(rows):
                whole = self._buckets(rows.astype(np.float32), as_query=as_query).ravel()
                folded[place] = whole if self._sketch is None else self._sketched(whole)
        return folded

    def _buckets(self, rows: Rows, *, as_query: bool) -> Rows:
        """What the buckets of each repetition hold: (repetitions, buckets, width)."""
        count = len(rows)
        above = (rows @ self._planes > 0).reshape(count, self.repetitions, -1)
        codes = (above @ self._powers).T  # (repetitions, tokens)
        projected = (rows @ self._projection).reshape(count, self.repetitions, self.width)
        projected = projected.swapaxes(0, 1)  # (repetitions, tokens, width)
        member = codes[:, None, :] == np.arange(self.buckets)[None, :, None]
        sums = member.astype(np.float32) @ projected  # (repetitions, buckets, width)
        if as_query:
            return sums
        sizes = member.sum(axis=2, keepdims=True)  # (repetitions, buckets, 1)
        nearest = self._hamming[:, codes].swapaxes(0, 1).argmin(axis=2)  # (repetitions, buckets)
        fill = np.take_along_axis(projected, nearest[:, :, None], axis=1)
        return np.where(sizes > 0, sums / np.maximum(sizes, 1), fill)

    def _sketched(self, whole: Rows) -> Rows:
        places, signs = self._sketch  # type: ignore[misc]
        return np.bincount(places, weights=whole * signs, minlength=self.dim).astype(np.float32)


def _sketch(
    whole: int, dim: int, rng: np.random.Generator
) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """For each of ``whole`` coordinates the one it is added to, and with which sign."""
    return rng.integers(0, dim, whole), rng.choice(np.array([-1, 1], np.float32), whole)
