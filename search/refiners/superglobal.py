"""Pictures scored again by their company: neighbours lend each other what one view lacks."""

import numpy as np
from numpy.typing import NDArray

Rows = NDArray[np.float32]

CANDIDATES, NEIGHBOURS, WEIGHT, EXPANDED = 400, 9, 0.15, 10


def superglobal(
    question: Rows,
    candidates: Rows,
    *,
    neighbours: int = NEIGHBOURS,
    weight: float = WEIGHT,
    expanded: int = EXPANDED,
) -> Rows:
    """A score, -1 to 1, for each candidate, (m,), of unit rows (m, dim) and a question (dim,).

    Each candidate g is moved toward its ``neighbours`` nearest among the candidates, which weigh
    ``weight`` times their cosine where it weighs 1; the question q is widened to the maximum,
    number by number, of itself and the ``expanded`` best of these. The score is the mean of
    cos(q, moved g) and cos(widened q, g); with ``expanded`` 0 it is the first alone. Without
    neighbours nothing is refined: the scores are the cosines. For vectors of pictures and clips;
    rankings of text get worse by it.

    Raises:
        ValueError: a shape does not fit, or a number is below 0.

    Source: Shao, Chen, Karpur, Cui, Araujo and Cao, ICCV 2023, arXiv:2308.06954; both new vectors
    are scaled to length 1 here, so that the scores stay cosines.
    """
    if question.ndim != 1 or candidates.ndim != 2 or candidates.shape[1] != len(question):
        raise ValueError(f"A question {question.shape} came with candidates {candidates.shape}.")
    if neighbours < 0 or weight < 0 or expanded < 0:
        raise ValueError(
            f"neighbours {neighbours}, weight {weight} and expanded {expanded} must be at least 0."
        )
    plain = candidates @ question
    if not neighbours or not len(candidates):
        return np.asarray(plain, dtype=np.float32)
    moved = _moved(candidates, neighbours, weight)
    first = moved @ question
    if not expanded:
        return np.asarray(first, dtype=np.float32)
    best = np.argsort(-first, kind="stable")[:expanded]
    widened = _unit(np.vstack([question[None], moved[best]]).max(axis=0, keepdims=True))[0]
    return np.asarray((first + candidates @ widened) / 2, dtype=np.float32)


def _moved(rows: Rows, neighbours: int, weight: float) -> Rows:
    """Each row drawn toward its nearest among the others, of length 1, (m, dim)."""
    alike = rows @ rows.T  # (m, m)
    np.fill_diagonal(alike, -np.inf)
    count = min(neighbours, len(rows) - 1)
    if not count:
        return rows
    nearest = np.argpartition(-alike, count - 1, axis=1)[:, :count]  # (m, count)
    weights = np.eye(len(rows), dtype=np.float32)  # a product with it is quicker than a gather
    near = np.clip(np.take_along_axis(alike, nearest, axis=1), 0.0, None)
    np.put_along_axis(weights, nearest, weight * near, axis=1)
    return _unit(weights @ rows)


def _unit(rows: Rows) -> Rows:
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    return np.asarray(rows / np.maximum(lengths, 1e-9), dtype=np.float32)
