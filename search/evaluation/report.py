"""Figures as people and programs read them: JSON bodies, tables, files by query."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from search.evaluation.figures import Report
from search.evaluation.lines import Collection
from search.evaluation.slices import slices_of
from search.evaluation.statistics import LEAST_QUERIES, Difference, Interval

Body = dict[str, Any]


def body(collection: Collection, reports: Sequence[Report]) -> Body:
    """The contract's ``{"recipes": {NAME: figures}}``, and beside it what is not one number."""
    return {
        "collection": collection.name,
        "passages": len(collection.documents),
        "data_hash": collection.fingerprint(),
        "recipes": {
            one.recipe: {**one.figures, "seconds": round(one.seconds, 3)} for one in reports
        },
        "intervals": {one.recipe: interval_body(one.intervals) for one in reports},
        "slices": {one.recipe: one.slices for one in reports},
        "stages": {one.recipe: one.stages for one in reports},
        "degraded": {one.recipe: list(one.degraded) for one in reports},
        "notes": list(collection.notes),
    }


def interval_body(intervals: Mapping[str, Interval]) -> dict[str, list[float]]:
    """Figure → [low, high]."""
    return {name: [one.low, one.high] for name, one in intervals.items()}


def difference_body(found: Mapping[str, Difference]) -> dict[str, Body]:
    """Figure → the difference with its verdict."""
    return {name: {**asdict(one), "verdict": one.verdict} for name, one in found.items()}


def table(reports: Sequence[Report], *, k: int) -> str:
    """One line for each recipe: the interval of nDCG first, then the other figures."""
    if not reports:
        return ""
    main = f"ndcg@{k}"
    names = [name for name in reports[0].figures if name not in {main, "queries"}]
    widths = [max(len(name), 7) + 2 for name in names]
    first = max(len("recipe"), *(len(one.recipe) for one in reports)) + 2
    head = "".join(f"{name:>{width}}" for name, width in zip(names, widths, strict=True))
    lines = [f"{'recipe':{first}}{main + ' [95 %]':<22}{head}{'seconds':>9}"]
    for one in reports:
        cells = "".join(
            f"{_number(name, one.figures[name]):>{width}}"
            for name, width in zip(names, widths, strict=True)
        )
        lines.append(
            f"{one.recipe:{first}}{_with_interval(one, main):<22}{cells}{one.seconds:>9.1f}"
        )
    return "\n".join(lines)


def slice_table(reports: Sequence[Report], *, k: int) -> str:
    """nDCG by slice and recipe; without an interval where there are too few queries."""
    main = f"ndcg@{k}"
    names = list(dict.fromkeys(name for one in reports for name in one.slices))
    if not names:
        return ""
    first = max(len(name) for name in names) + 2
    head = "".join(f"{one.recipe:>24}" for one in reports)
    lines = [f"{main + ' by slice':{first}}{'queries':>8}{head}"]
    for name in names:
        cells = [one.slices[name] for one in reports]
        count = int(cells[0]["queries"])
        lines.append(f"{name:{first}}{count:>8}" + "".join(f"{_cell(c, main):>24}" for c in cells))
    lines.append(f"Without an interval: fewer than {LEAST_QUERIES} queries, nothing is claimed.")
    return "\n".join(lines)


def stage_table(reports: Sequence[Report]) -> str:
    """p50 / p95 / p99 in milliseconds by stage and recipe."""
    stages = list(dict.fromkeys(stage for one in reports for stage in one.stages))
    if not stages:
        return ""
    head = "".join(f"{one.recipe:>22}" for one in reports)
    lines = [f"{'ms p50/p95/p99':16}{head}"]
    for stage in stages:
        cells = (one.stages.get(stage) for one in reports)
        written = ("–" if c is None else "/".join(f"{v:.1f}" for v in c.values()) for c in cells)
        lines.append(f"{stage:16}" + "".join(f"{cell:>22}" for cell in written))
    return "\n".join(lines)


def per_query_lines(collection: Collection, reports: Sequence[Report]) -> Iterator[str]:
    """A table of every query under every recipe, its fields between tabs."""
    names = list(
        dict.fromkeys(name for one in reports for row in one.per_query.values() for name in row)
    )
    yield "\t".join(["recipe", "query", *names, "slices", "text"]) + "\n"
    for one in reports:
        for query in collection.queries:
            row = one.per_query[query.key]
            figures = [f"{row[name]:.6g}" if name in row else "" for name in names]
            words = ["; ".join(slices_of(query)), " ".join(query.words.split())]
            fields = [one.recipe, query.key, *figures, *words]
            yield "\t".join(" ".join(field.split()) for field in fields) + "\n"


def difference_table(found: Mapping[str, Difference]) -> str:
    """One line for each difference: mean, interval, p after Holm, wins and losses, verdict."""
    first = max((len(name) for name in found), default=0) + 2
    lines = [f"{'':{first}}{'difference [95 %]':<30}{'p (Holm)':>9}{'won/lost/same':>16}  "]
    for name, one in found.items():
        change = f"{one.mean:+.4f} [{one.low:+.4f}, {one.high:+.4f}]"
        balance = f"{one.wins}/{one.losses}/{one.ties}"
        lines.append(f"{name:{first}}{change:<30}{one.p_holm:>9.4f}{balance:>16}  {one.verdict}")
    return "\n".join(lines)


def _with_interval(one: Report, name: str) -> str:
    ends = one.intervals[name]
    return f"{one.figures[name]:.4f} [{ends.low:.3f}, {ends.high:.3f}]"


def _number(name: str, value: float) -> str:
    return f"{value:.1f}" if name.endswith("_ms") else f"{value:.4f}"


def _cell(part: Mapping[str, float], name: str) -> str:
    ends = f" [{part['low']:.3f}, {part['high']:.3f}]" if "low" in part else ""
    return f"{part[name]:.4f}{ends}"
