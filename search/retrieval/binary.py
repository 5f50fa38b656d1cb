"""Passages by the signs of their vectors first, by the vectors themselves then."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from search.codecs import SIGN_BITS
from search.models import VectorSpace
from search.retrieval.conditions import NO_FILTERS
from search.retrieval.dense import coarse_then_fine
from search.types import Filters, Run

RETRIEVER = "binary"


def search(
    vector: NDArray[np.float32],
    space: VectorSpace,
    corpora: Sequence[int],
    *,
    filters: Filters = NO_FILTERS,
    depth: int = 100,
) -> Run:
    """The nearest of those whose signs differ least (Hamming); the score is the cosine.

    Ties go to the lower passage id.

    Raises:
        SearchError: the space holds fixed dimensional encodings, whose signs say too little.

    Source: Lu et al., 2025, arXiv:2502.16601 (SelaVPR++), without its training.
    """
    return coarse_then_fine(
        vector, SIGN_BITS, space, corpora, filters=filters, depth=depth, retriever=RETRIEVER
    )
