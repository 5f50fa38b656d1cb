"""A recipe's fusion with weights fitted on judgments.

Measured on the collection it was fitted on, a weight knows the answers. So the questions are dealt
into folds, and each is ranked with weights fitted on the other folds alone.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from search import pipeline
from search.evaluation.figures import Measured
from search.evaluation.lines import Collection, QueryLine
from search.evaluation.runner import FITTED, kept, measure
from search.evaluation.trec import Ranking
from search.fusion import linear
from search.fusion.fitting import FOLDS, LEAST_QUERIES, LinearWeights, fit_linear
from search.models import Topic
from search.types import Query, Run

Gains = Mapping[str, Mapping[int, float]]  # query -> passage id -> gain


@dataclass(slots=True)
class Heard:
    """What the retrievers found for each question of a collection."""

    runs: dict[str, Sequence[Run]] = field(default_factory=dict)
    lines: dict[str, QueryLine] = field(default_factory=dict)

    def keep(self, line: QueryLine, runs: Sequence[Run]) -> None:
        self.runs[line.key], self.lines[line.key] = tuple(runs), line


def measure_fitted(
    name: str,
    collection: Collection,
    corpus_id: int,
    keys: Mapping[int, str],
    done: Callable[[int], object],
) -> Measured:
    """``recipe+fitted``: the recipe's retrievers, fused by weights from the other folds.

    With fewer judged questions than weights can be fitted on, all weigh alike, and a note says so.
    """
    heard = Heard()
    found = measure(name.removesuffix(FITTED), collection, corpus_id, keys, done, keep=heard.keep)
    passages = {key: passage for passage, key in keys.items()}
    gains = {
        query: {passages[key]: gain for key, gain in own.items() if key in passages}
        for query, own in collection.qrels.items()
    }
    rankings: dict[str, Ranking] = {}
    notes: dict[str, None] = {}
    for fold in _folds(sorted(heard.runs)):
        weights, note = _weights_without(fold, heard.runs, gains)
        notes |= {note: None} if note else {}
        for key in fold:
            hits = linear(heard.runs[key], weights=weights)
            pairs = [(keys[hit.passage_id], hit.score) for hit in hits]
            rankings[key] = kept(pairs, heard.lines[key])
    return replace(found, recipe=name, rankings=rankings, degraded=(*found.degraded, *notes))


def fit_on_topics(recipe: str, collection: str) -> LinearWeights:
    """Weights fitted on the library's own judged questions, each asked where it may be asked.

    Raises:
        ValueError: there are fewer than thirty.
    """
    runs: dict[str, Sequence[Run]] = {}
    gains: dict[str, dict[int, float]] = {}
    for topic in Topic.objects.named(collection).prefetch_related("judged"):
        query = Query(text=topic.text, corpora=tuple(topic.corpora), recipe=recipe)
        runs[str(topic.pk)] = tuple(pipeline.rank(query).retrieved.runs)
        gains[str(topic.pk)] = {one.passage_id: one.gain for one in topic.judged.all()}
    return fit_linear(runs, gains)


def as_toml(recipe: str, fitted: LinearWeights) -> str:
    """A recipe that extends this one with the weights."""
    weights = ", ".join(f"{name} = {value:.4f}" for name, value in fitted.weights.items())
    return (
        f'title = "{recipe}, its weights fitted on {fitted.queries} judged questions"\n'
        f'extends = "{recipe}"\n\n[fuse]\nmethod = "linear"\nweights = {{{weights}}}\n'
    )


def _folds(keys: Sequence[str]) -> list[list[str]]:
    """The questions dealt into folds, always in the same way."""
    fold_of = np.random.default_rng(0).permutation(len(keys)) % FOLDS
    dealt = zip(keys, fold_of.tolist(), strict=True)
    folds: list[list[str]] = [[] for _ in range(FOLDS)]
    for key, fold in dealt:
        folds[fold].append(key)
    return [fold for fold in folds if fold]


def _weights_without(
    fold: Sequence[str], runs: Mapping[str, Sequence[Run]], gains: Gains
) -> tuple[Mapping[str, float] | None, str]:
    """The weights from the questions outside the fold; None, and why, where they are too few."""
    others = {key: own for key, own in runs.items() if key not in set(fold)}
    try:
        return fit_linear(others, gains).weights, ""
    except ValueError:
        return None, (
            f"There are {len(runs)} judged questions, and a fold leaves fewer than {LEAST_QUERIES} "
            "to fit on: all retrievers weigh alike."
        )
