"""Weights for ``linear`` fusion, fitted on judged questions."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import NDArray

from search.fusion.rules import standardised
from search.types import Run

LEAST_QUERIES = 30
FOLDS = 5
DEPTH = 10  # nDCG is read off the first ten
SHARES = tuple(step / 20 for step in range(21))  # of the whole weight, tried for one signal
SHRINKS = (1.0, 0.75, 0.5, 0.25, 0.0)  # 1: equal weights; the most careful first
ROUNDS = 10
GAIN = 1e-6  # less is no gain
Array = NDArray[np.float64]
Qrels = Mapping[str, Mapping[int, float]]
"""Query → passage id → gain."""


@dataclass(frozen=True, slots=True)
class LinearWeights:
    """A weight per retriever, 1 on average, and how they were come by.

    ``ndcg_fitted`` is the mean nDCG@10 of the left-out folds at the chosen ``shrink`` (a little
    too high, for the shrink was chosen by it), ``ndcg_equal`` that of equal weights on the same.
    """

    weights: Mapping[str, float]
    queries: int
    shrink: float
    ndcg_equal: float
    ndcg_fitted: float

    def to_json(self) -> str:
        return json.dumps({**asdict(self), "weights": dict(self.weights)}, sort_keys=True)

    @classmethod
    def from_json(cls, text: str) -> "LinearWeights":
        """Raises ValueError when the text is not what ``to_json`` gave."""
        try:
            return cls(**json.loads(text))
        except TypeError as error:
            raise ValueError(f"These are no fusion weights: {text[:80]!r}.") from error


@dataclass(frozen=True, slots=True)
class _Judged:
    """What was found for the judged queries, as arrays. Rows beyond a query's hits are -inf."""

    parts: Array  # (queries, hits, retrievers)
    blank: Array  # (queries, hits): -inf where there is no hit, else 0
    gains: Array  # (queries, hits)
    ideal: Array  # (queries,)

    def of(self, rows: Array) -> "_Judged":
        keep = rows.astype(bool)
        return _Judged(self.parts[keep], self.blank[keep], self.gains[keep], self.ideal[keep])


def fit_linear(
    runs_by_query: Mapping[str, Sequence[Run]], qrels: Qrels, *, folds: int = FOLDS
) -> LinearWeights:
    """The weights with the best nDCG@10, drawn toward equal ones as far as left-out folds ask.

    Coordinate ascent over the share of each retriever, in twentieths, from equal shares. The
    weights are then mixed with equal ones; how much, is the mix with the best mean nDCG@10 on the
    left-out folds, the more equal one where two are alike. The same input gives the same weights.

    Raises:
        ValueError: fewer than 30 queries have runs and a relevant passage, or ``folds`` < 2.

    Source: coordinate ascent as in Metzler and Croft, Information Retrieval 2007,
    doi:10.1007/s10791-006-9019-z.
    """
    if folds < 2:
        raise ValueError(f"There are {folds} folds; at least 2 are needed.")
    keys = [
        key
        for key in sorted(runs_by_query)
        if runs_by_query[key] and any(gain > 0 for gain in qrels.get(key, {}).values())
    ]
    if len(keys) < LEAST_QUERIES:
        raise ValueError(
            f"There are {len(keys)} judged queries; weights are fitted from {LEAST_QUERIES} on."
        )
    names = sorted({run.retriever for key in keys for run in runs_by_query[key]})
    judged = _arrays([runs_by_query[key] for key in keys], [qrels[key] for key in keys], names)
    left_out = _left_out(judged, folds)
    means = left_out.mean(axis=1)
    best = next(i for i, mean in enumerate(means) if mean >= means.max() - GAIN)
    fitted = _mix(_ascend(judged), SHRINKS[best]) * len(names)
    return LinearWeights(
        weights={name: round(float(w), 6) for name, w in zip(names, fitted, strict=True)},
        queries=len(keys),
        shrink=SHRINKS[best],
        ndcg_equal=float(means[0]),
        ndcg_fitted=float(means[best]),
    )


def _left_out(judged: _Judged, folds: int) -> Array:
    """nDCG of each query by weights fitted on the other folds: (shrinks, queries)."""
    count = len(judged.ideal)
    fold_of = np.random.default_rng(0).permutation(count) % folds
    found = np.zeros((len(SHRINKS), count))
    for fold in range(folds):
        here = fold_of == fold
        shares = _ascend(judged.of(~here))
        for place, shrink in enumerate(SHRINKS):
            found[place, here] = _ndcg(judged.of(here), _mix(shares, shrink))
    return found


def _ascend(judged: _Judged) -> Array:
    """The shares of the retrievers, summing to 1."""
    count = judged.parts.shape[2]
    shares = np.full(count, 1 / count)
    best = float(_ndcg(judged, shares).mean())
    for _ in range(ROUNDS if count > 1 else 0):
        before = best
        for place in range(count):
            for share in sorted(SHARES, key=lambda s: abs(s - 1 / count)):
                tried = _with_share(shares, place, share)
                score = float(_ndcg(judged, tried).mean())
                if score > best + GAIN:
                    shares, best = tried, score
        if best <= before + GAIN:
            break
    return shares


def _with_share(shares: Array, place: int, share: float) -> Array:
    """The shares with this one set, and the others keeping their proportions."""
    others = np.delete(shares, place)
    others = others / others.sum() if others.sum() > 0 else np.full(len(others), 1 / len(others))
    return np.insert(others * (1 - share), place, share)


def _mix(shares: Array, shrink: float) -> Array:
    return (1 - shrink) * shares + shrink / len(shares)


def _ndcg(judged: _Judged, shares: Array) -> Array:
    """(queries,)"""
    scores = judged.parts @ shares + judged.blank
    order = np.argsort(-scores, axis=1, kind="stable")[:, :DEPTH]
    gains = np.take_along_axis(judged.gains, order, axis=1)
    discounted: Array = (gains * _discounts(gains.shape[1])).sum(axis=1) / judged.ideal
    return discounted


def _arrays(
    runs: Sequence[Sequence[Run]], gains: Sequence[Mapping[int, float]], names: Sequence[str]
) -> _Judged:
    found = [sorted({hit.passage_id for run in some for hit in run.hits}) for some in runs]
    shape = (len(runs), max(map(len, found), default=0))
    parts, given = np.zeros((*shape, len(names))), np.zeros(shape)
    blank = np.full(shape, -np.inf)
    ideal = np.zeros(len(runs))
    for query, (some, keys) in enumerate(zip(runs, found, strict=True)):
        blank[query, : len(keys)] = 0.0
        places = {key: place for place, key in enumerate(keys)}
        for run in some:
            for hit, part in zip(run.hits, standardised(run), strict=True):
                parts[query, places[hit.passage_id], names.index(run.retriever)] = part
        for key, gain in gains[query].items():
            if key in places:
                given[query, places[key]] = max(gain, 0.0)
        best = np.sort([max(gain, 0.0) for gain in gains[query].values()])[::-1][:DEPTH]
        ideal[query] = (best * _discounts(len(best))).sum()
    return _Judged(parts, blank, given, ideal)


def _discounts(count: int) -> Array:
    discounts: Array = 1 / np.log2(np.arange(count) + 2)
    return discounts
