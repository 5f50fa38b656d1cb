"""From rankings to figures: by query, their means with intervals, by slice, by stage."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import fmean

from search.evaluation import measures
from search.evaluation.lines import Collection, QueryLine
from search.evaluation.slices import by_slice
from search.evaluation.statistics import LEAST_QUERIES, Interval, mean_intervals
from search.evaluation.trec import Rankings

KEPT = 100  # of each ranking, for recall, MAP and run files
PerQuery = Mapping[str, Mapping[str, float]]  # query id -> figure -> value


@dataclass(frozen=True, slots=True)
class Measured:
    """What one recipe found for every query, and how long it took."""

    recipe: str
    rankings: Rankings
    took_ms: Mapping[str, float] = field(default_factory=dict)  # query id -> whole walk
    stages: Mapping[str, tuple[float, ...]] = field(default_factory=dict)  # stage -> ms by query
    degraded: tuple[str, ...] = ()
    seconds: float = 0.0  # of all queries together

    def figures(self, collection: Collection, *, k: int) -> dict[str, float]:
        """The means over the queries, and milliseconds per query."""
        return dict(report(self, collection, k=k).figures)


@dataclass(frozen=True, slots=True)
class Report:
    """One recipe's figures on one collection."""

    recipe: str
    figures: Mapping[str, float]
    per_query: PerQuery
    intervals: Mapping[str, Interval]
    slices: Mapping[str, Mapping[str, float]]
    stages: Mapping[str, Mapping[str, float]]  # stage -> p50, p95, p99 in ms
    degraded: tuple[str, ...] = ()
    seconds: float = 0.0


def report(measured: Measured, collection: Collection, *, k: int) -> Report:
    """All figures of a recipe; what it did not rank counts as found nowhere."""
    table = per_query(measured.rankings, collection, k=k)
    times = _latency(list(measured.took_ms.values())) if measured.took_ms else {}
    return Report(
        recipe=measured.recipe,
        figures={name: fmean(column) for name, column in columns(table).items()}
        | {"queries": len(table)}
        | {f"{name}_ms": value for name, value in times.items()},
        per_query={key: {**row, **_taken(measured.took_ms.get(key))} for key, row in table.items()},
        intervals=intervals(table),
        slices=_slices(table, collection.queries, f"ndcg@{k}"),
        stages={name: _latency(values) for name, values in measured.stages.items()},
        degraded=measured.degraded,
        seconds=measured.seconds,
    )


def per_query(rankings: Rankings, collection: Collection, *, k: int) -> PerQuery:
    """Every figure of every query; ``accuracy`` only where there are gold answers."""
    texts = (
        {line.key: f"{line.title} {line.text}" for line in collection.documents}
        if any(query.answers for query in collection.queries)
        else {}
    )
    return {
        query.key: _of_query(query, rankings.get(query.key, ()), collection, texts, k)
        for query in collection.queries
    }


def columns(table: PerQuery) -> dict[str, list[float]]:
    """Figure → its values, over the queries that have it, in their order."""
    found: dict[str, list[float]] = {}
    for row in table.values():
        for name, value in row.items():
            found.setdefault(name, []).append(value)
    return found


def intervals(table: PerQuery) -> dict[str, Interval]:
    """The interval of each figure's mean."""
    by_length: dict[int, dict[str, list[float]]] = {}
    for name, column in columns(table).items():
        by_length.setdefault(len(column), {})[name] = column
    return {name: one for some in by_length.values() for name, one in mean_intervals(some).items()}


def _of_query(
    query: QueryLine,
    ranking: Sequence[tuple[str, float]],
    collection: Collection,
    texts: Mapping[str, str],
    k: int,
) -> dict[str, float]:
    excluded = frozenset(query.excluded)
    gains = {key: gain for key, gain in collection.qrels[query.key].items() if key not in excluded}
    found = measures.without([key for key, _ in ranking], excluded)[:KEPT]
    row = {name: measure(found, gains) for name, measure in _measures(k).items()}
    if query.answers:
        shown = [texts.get(key, "") for key in found[:k]]
        row[f"accuracy@{k}"] = measures.holds_answer(shown, query.answers, k=k)
    return row


def _measures(k: int) -> dict[str, Callable[[Sequence[str], Mapping[str, float]], float]]:
    return {
        f"ndcg@{k}": lambda found, gains: measures.ndcg(found, gains, k=k),
        f"recall@{k}": lambda found, gains: measures.recall(found, gains, k=k),
        "recall@100": lambda found, gains: measures.recall(found, gains, k=100),
        "mrr@10": lambda found, gains: measures.reciprocal_rank(found, gains, k=10),
        "map": measures.average_precision,
        f"ap@{k}": lambda found, gains: measures.average_precision_at(found, gains, k=k),
        f"success@{k}": lambda found, gains: measures.success(found, gains, k=k),
        f"judged@{k}": lambda found, gains: measures.judged(found, gains, k=k),
    }


def _slices(
    table: PerQuery, queries: Iterable[QueryLine], name: str
) -> dict[str, dict[str, float]]:
    """Queries and the mean of one figure; an interval only where there are queries enough."""
    found = {}
    for part, keys in by_slice(tuple(queries)).items():
        values = [table[key][name] for key in keys]
        found[part] = {"queries": len(values), name: fmean(values)}
        if len(values) >= LEAST_QUERIES:
            one = mean_intervals({name: values})[name]
            found[part] |= {"low": one.low, "high": one.high}
    return found


def _latency(values: Sequence[float]) -> dict[str, float]:
    return {f"p{percent}": measures.percentile(values, percent) for percent in (50, 95, 99)}


def _taken(took_ms: float | None) -> dict[str, float]:
    return {} if took_ms is None else {"ms": took_ms}
