"""Rank fusion: several runs into one list, by fixed rules and by weights fitted on judgments."""

from search.fusion.fitting import LinearWeights, fit_linear
from search.fusion.rules import (
    FUSIONS,
    best_first,
    comb_mnz,
    comb_sum,
    distribution_based,
    linear,
    min_max,
    reciprocal_rank_fusion,
    scale,
    shares,
    zscore,
)

__all__ = [
    "FUSIONS",
    "LinearWeights",
    "best_first",
    "comb_mnz",
    "comb_sum",
    "distribution_based",
    "fit_linear",
    "linear",
    "min_max",
    "reciprocal_rank_fusion",
    "scale",
    "shares",
    "zscore",
]
