"""Passages by a prefix of their vectors first, by the whole vectors then."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from search.codecs import PREFIX
from search.models import VectorSpace
from search.retrieval.conditions import NO_FILTERS
from search.retrieval.dense import coarse_then_fine
from search.types import Filters, Run

RETRIEVER = "matryoshka"


def search(
    vector: NDArray[np.float32],
    space: VectorSpace,
    corpora: Sequence[int],
    *,
    filters: Filters = NO_FILTERS,
    depth: int = 100,
) -> Run:
    """The nearest of those whose first 128 dimensions, scaled to length 1, are nearest.

    The score is the cosine of the whole vectors, ties go to the lower passage id. An encoder that
    was trained so that its prefixes are vectors of their own loses least; any other can be used.

    Source: Kusupati et al., NeurIPS 2022, arXiv:2205.13147.
    """
    return coarse_then_fine(
        vector, PREFIX, space, corpora, filters=filters, depth=depth, retriever=RETRIEVER
    )
