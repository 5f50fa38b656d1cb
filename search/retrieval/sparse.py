"""Passages by weights of words: the dot product of the question's and the passage's."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from search.codecs import WEIGHTS
from search.models import VectorSpace
from search.retrieval.conditions import NO_FILTERS
from search.retrieval.nearest import as_run, nearest
from search.types import Filters, Run

RETRIEVER = "sparse"


def search(
    weights: NDArray[np.floating],
    space: VectorSpace,
    corpora: Sequence[int],
    *,
    filters: Filters = NO_FILTERS,
    depth: int = 100,
) -> Run:
    """The passages with the largest dot product; those that share no word are not found.

    ``weights`` is the question, (n, 2): term id and weight. Ties go to the lower passage id.
    """
    if not len(weights):
        return as_run(RETRIEVER, [])
    asked = sparse_literal(weights, space.dim)
    rows = nearest(asked, WEIGHTS, space, corpora, filters=filters, depth=depth)
    return as_run(RETRIEVER, [row for row in rows if row[1] > 0])


def sparse_literal(weights: NDArray[np.floating], dim: int) -> str:
    """Term ids and weights as PostgreSQL reads them; its ids count from 1."""
    entries = ",".join(f"{int(key) + 1}:{weight:.6g}" for key, weight in weights.tolist())
    return f"{{{entries}}}/{dim}"
