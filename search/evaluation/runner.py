"""Recipes measured on a test collection, through the pipeline that answers everybody."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import groupby
from pathlib import Path

from search import pipeline, planning
from search.errors import QueryError, SearchError
from search.evaluation.figures import KEPT, Measured
from search.evaluation.lines import Collection, QueryLine
from search.evaluation.trec import Ranking, read_runs
from search.types import Query, Run

__all__ = [
    "DEFAULT_RECIPES",
    "FITTED",
    "KEPT",
    "Measured",
    "check_recipes",
    "kept",
    "measure",
    "measured_elsewhere",
]

FITTED = "+fitted"  # after a recipe's name: its fusion weights are fitted on the judgments
DEFAULT_RECIPES = ("bm25", "dense", "hybrid", "default")


def check_recipes(names: Sequence[str]) -> None:
    """Raises QueryError for a name that is no recipe, or cannot be fitted."""
    for name in names:
        plan = planning.plan(Query(text="?", recipe=name.removesuffix(FITTED)))
        if name.endswith(FITTED) and len(plan.retrievers) < 2:
            raise QueryError(
                f"{name} has nothing to fit: the recipe {plan.recipe!r} has one retriever."
            )


def measure(
    recipe: str,
    collection: Collection,
    corpus_id: int,
    keys: Mapping[int, str],
    done: Callable[[int], object],
    *,
    keep: Callable[[QueryLine, Sequence[Run]], object] | None = None,
) -> Measured:
    """Ask every query of a collection; ``keys`` leads from passages to its documents.

    ``keep`` is told what each retriever found. A query's time is the whole walk, content and facets
    included. Near-duplicates stay in the measured ranking: two documents with the same words are
    two documents.
    """
    rankings: dict[str, Ranking] = {}
    took_ms: dict[str, float] = {}
    stages: dict[str, list[float]] = {}
    degraded: dict[str, None] = {}
    pipeline.find(Query(text="first", corpora=(corpus_id,), recipe=recipe))  # loads what it needs
    for line, query in _queries(collection, recipe, corpus_id):
        start = time.perf_counter()
        ranked = pipeline.rank(query)
        found = pipeline.complete(query, ranked)
        took_ms[line.key] = (time.perf_counter() - start) * 1000
        if keep is not None:
            keep(line, ranked.retrieved.runs)
        degraded |= dict.fromkeys(found.degraded)
        for stage, ms in found.timings.items():
            stages.setdefault(stage, []).append(ms)
        hits = [(keys[hit.passage_id], hit.score) for hit in ranked.hits]
        rankings[line.key] = kept(hits, line)
        done(1)
    return Measured(
        recipe=recipe,
        rankings=rankings,
        took_ms=took_ms,
        stages={stage: tuple(values) for stage, values in stages.items()},
        degraded=tuple(degraded),
        seconds=sum(took_ms.values()) / 1000,
    )


def measured_elsewhere(path: Path, collection: Collection) -> list[Measured]:
    """The runs of a TREC file, to be scored as if they had been made here.

    Raises:
        SearchError: the file is wrong, or none of its queries is in the collection.
    """
    asked = {query.key: query for query in collection.queries}
    found = []
    for name, run in read_runs(path).items():
        known = {key: kept(ranking, asked[key]) for key, ranking in run.items() if key in asked}
        if not known:
            raise SearchError(f"The run {name!r} of {path} ranks for no query of this collection.")
        missing = len(asked) - len(known)
        notes = (f"{missing} queries are not in the run and count as 0.",) if missing else ()
        found.append(Measured(name, known, degraded=notes))
    return found


def _queries(
    collection: Collection, recipe: str, corpus_id: int
) -> Iterator[tuple[QueryLine, Query]]:
    for line in collection.queries:
        yield line, Query(text=line.words or "?", corpora=(corpus_id,), recipe=recipe)


def kept(hits: Ranking, line: QueryLine) -> list[tuple[str, float]]:
    """The best that are not excluded; neighbours of equal score by id."""
    excluded = frozenset(line.excluded)
    ordered = [
        pair
        for _, ties in groupby(hits, key=lambda hit: hit[1])
        for pair in sorted(ties)
        if pair[0] not in excluded
    ]
    return ordered[:KEPT]
