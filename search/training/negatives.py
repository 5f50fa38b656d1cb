"""Hard negatives: what scores high and is not meant."""

import numpy as np
from numpy.typing import NDArray

DEPTH = 100


def mine(
    scores: NDArray[np.floating],
    same: NDArray[np.int64],
    right: NDArray[np.int64],
    *,
    kept: int,
    margin: float | None = None,
    stride: int = 1,
    depth: int = DEPTH,
) -> NDArray[np.int64]:
    """For each question the places of its hardest negatives, best first, (m, kept); -1 for none.

    ``scores`` (m, n): of each question with each thing; ``right`` (m,) the place of its own thing.
    ``same`` (n,) has equal numbers where things mean the same: these are no negatives of each
    other. Nor is what scores above the right one less ``margin``: it may well be right, and nobody
    said so; None trusts ``same`` alone. Of the best ``depth`` that remain every ``stride``-th is
    taken.

    Raises:
        ValueError: the shapes do not fit, or kept or stride is below 1.

    Source: Moreira et al., 2024, arXiv:2407.15831 (negatives below the positive's score).
    """
    if scores.shape != (len(right), len(same)) or kept < 1 or stride < 1:
        raise ValueError(
            f"Scores of shape {scores.shape} came with {len(right)} questions and {len(same)} "
            f"things; kept {kept}, stride {stride}: both are from 1 on."
        )
    allowed = same[right][:, None] != same
    if margin is not None:
        own = np.take_along_axis(scores, right[:, None], axis=1)
        allowed &= scores <= own - margin
    found = np.full((len(right), kept), -1, dtype=np.int64)
    for row, order in enumerate(np.argsort(-scores, axis=1, kind="stable")):
        chosen = order[allowed[row, order]][:depth:stride][:kept]
        found[row, : len(chosen)] = chosen
    return found
