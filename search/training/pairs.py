"""Pairs of a thing and a caption, to learn from and to be measured by."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from search.encoders.media import Medium
from search.training.shelves import Amounts, draw_stock


@dataclass(frozen=True, slots=True)
class Pairs:
    """Things of one medium with their captions.

    ``values``: (n, ...) pictures, frames or a second of sound, as the towers take them; ``same``:
    (n,), equal numbers where things mean the same.
    """

    medium: Medium
    values: NDArray[np.generic]
    captions: Sequence[str]
    same: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.captions)

    def at(self, places: NDArray[np.int64]) -> "Pairs":
        """Those at some places, in that order."""
        captions = [self.captions[place] for place in places]
        return replace(self, values=self.values[places], captions=captions, same=self.same[places])


@dataclass(frozen=True, slots=True)
class Split:
    """Pairs to learn from, and others of the same kind to be measured by."""

    learned: tuple[Pairs, ...]
    held_out: tuple[Pairs, ...]


def split(several: Sequence[Pairs], *, share: float, seed: int) -> Split:
    """Hold a share of each medium's pairs out; what means the same stays on one side."""
    learned, held_out = [], []
    for pairs in several:
        rng = np.random.default_rng([seed, len(pairs)])
        meanings = rng.permutation(np.unique(pairs.same))
        apart = set(meanings[: round(share * len(meanings))].tolist())
        is_apart = np.array([int(one) in apart for one in pairs.same], dtype=bool)
        learned.append(pairs.at(np.flatnonzero(~is_apart)))
        held_out.append(pairs.at(np.flatnonzero(is_apart)))
    return Split(tuple(learned), tuple(held_out))


def generated(amounts: Amounts, *, seed: int, side: int) -> tuple[Pairs, ...]:
    """The samples that towers are trained on from scratch, and their twins, as pairs."""
    return tuple(
        Pairs(
            shelf.medium,
            shelf.values.reshape(-1, *shelf.values.shape[2:]),
            [words for pair in shelf.captions for words in pair],
            shelf.same.ravel(),
        )
        for shelf in draw_stock(amounts, seed=seed, side=side).shelves
    )
