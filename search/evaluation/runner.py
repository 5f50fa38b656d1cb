"""Recipes measured on a test collection, through the pipeline that answers everybody."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import fmean

from search import pipeline, planning
from search.evaluation.collection import Collection
from search.evaluation.measures import (
    average_precision,
    ndcg,
    percentile,
    recall,
    reciprocal_rank,
)
from search.types import Query

DEFAULT_RECIPES = ("bm25", "dense", "hybrid", "default")
KEPT = 100  # of each ranking, for recall and for run files
Ranking = Sequence[tuple[str, float]]  # (document id, score), best first


@dataclass(frozen=True, slots=True)
class Measured:
    """One recipe over all queries."""

    recipe: str
    rankings: Mapping[str, Ranking]
    took_ms: tuple[float, ...]
    degraded: tuple[str, ...] = field(default=())

    def figures(self, collection: Collection, *, k: int) -> dict[str, float]:
        """The measures, means over the queries, and milliseconds per query."""
        pairs = [
            ([key for key, _ in ranking], collection.qrels[query])
            for query, ranking in self.rankings.items()
        ]
        return {
            f"ndcg@{k}": fmean(ndcg(found, gains, k=k) for found, gains in pairs),
            f"recall@{k}": fmean(recall(found, gains, k=k) for found, gains in pairs),
            "recall@100": fmean(recall(found, gains, k=100) for found, gains in pairs),
            "mrr@10": fmean(reciprocal_rank(found, gains, k=10) for found, gains in pairs),
            "map": fmean(average_precision(found, gains, k=100) for found, gains in pairs),
            "queries": len(pairs),
            "p50_ms": percentile(self.took_ms, 50),
            "p95_ms": percentile(self.took_ms, 95),
        }


def check_recipes(names: Sequence[str]) -> None:
    """Raises QueryError for a name that is no recipe."""
    for name in names:
        planning.plan(Query(text="?", recipe=name))


def measure(
    recipe: str,
    collection: Collection,
    corpus_id: int,
    keys: Mapping[int, str],
    done: Callable[[int], object],
) -> Measured:
    """Ask every query of a collection; ``keys`` leads from passages to its documents.

    A query's time is the whole walk, content and facets included. Near-duplicates stay in the
    measured ranking: two documents with the same words are two documents.
    """
    rankings: dict[str, Ranking] = {}
    took_ms: list[float] = []
    degraded: dict[str, None] = {}
    pipeline.find(Query(text="first", corpora=(corpus_id,), recipe=recipe))  # loads what it needs
    for line, query in _queries(collection, recipe, corpus_id):
        start = time.perf_counter()
        ranked = pipeline.rank(query)
        found = pipeline.complete(query, ranked)
        took_ms.append((time.perf_counter() - start) * 1000)
        degraded |= dict.fromkeys(found.degraded)
        rankings[line] = [(keys[hit.passage_id], hit.score) for hit in ranked.hits[:KEPT]]
        done(1)
    return Measured(recipe, rankings, tuple(took_ms), tuple(degraded))


def _queries(collection: Collection, recipe: str, corpus_id: int) -> Iterator[tuple[str, Query]]:
    for line in collection.queries:
        text = line.text.strip() or line.title.strip() or "?"
        yield line.key, Query(text=text, corpora=(corpus_id,), recipe=recipe)
