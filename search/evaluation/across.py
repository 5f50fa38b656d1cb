"""Recipes over several collections: one table, their mean, and what others have published."""

from collections.abc import Mapping, Sequence
from statistics import fmean

from search.evaluation.figures import Report
from search.evaluation.lines import Collection
from search.evaluation.published import PUBLISHED
from search.evaluation.report import Body, body

Measurements = Sequence[tuple[Collection, Sequence[Report]]]


def across_body(measured: Measurements, *, k: int) -> Body:
    """Each collection's body by its name, the means over collections, and published figures."""
    return {
        "collections": {one.name: body(one, reports) for one, reports in measured},
        "means": means(measured, k=k),
        "published": {
            one.name: {system: list(cell) for system, cell in PUBLISHED[one.name].items()}
            for one, _ in measured
            if one.name in PUBLISHED
        },
    }


def means(measured: Measurements, *, k: int) -> dict[str, dict[str, float]]:
    """Recipe → nDCG and recall, each collection counting once, and all seconds together."""
    names = (f"ndcg@{k}", "recall@100")
    by_recipe: dict[str, list[Report]] = {}
    for _, reports in measured:
        for one in reports:
            by_recipe.setdefault(one.recipe, []).append(one)
    return {
        recipe: {name: fmean(one.figures[name] for one in own) for name in names}
        | {"seconds": sum(one.seconds for one in own)}
        for recipe, own in by_recipe.items()
    }


def across_table(measured: Measurements, *, k: int) -> str:
    """Markdown: a row for each recipe, nDCG with its interval and recall for each collection.

    The best mean of a column is marked with a star.
    """
    mean = means(measured, k=k)
    columns = [{one.recipe: one for one in reports} for _, reports in measured]
    best = [max(one.figures[f"ndcg@{k}"] for one in column.values()) for column in columns]
    top = max(row[f"ndcg@{k}"] for row in mean.values())
    heads = [f"{one.name} nDCG@{k} [95 %] / recall@100" for one, _ in measured]
    lines = [
        f"| recipe | {' | '.join(heads)} | mean nDCG@{k} | seconds |",
        "|---|" + "---|" * len(columns) + "--:|--:|",
    ]
    for recipe, row in mean.items():
        cells = [_cell(column[recipe], bar, k) for column, bar in zip(columns, best, strict=True)]
        figure = row[f"ndcg@{k}"]
        lines.append(
            f"| {recipe} | {' | '.join(cells)} | {figure:.4f}{'*' * (figure == top)} "
            f"| {row['seconds']:.1f} |"
        )
    return "\n".join([*lines, *_published([one.name for one, _ in measured])])


def _cell(one: Report, best: float, k: int) -> str:
    figure, ends = one.figures[f"ndcg@{k}"], one.intervals[f"ndcg@{k}"]
    return (
        f"{figure:.4f}{'*' * (figure == best)} [{ends.low:.3f}, {ends.high:.3f}] "
        f"/ {one.figures['recall@100']:.3f}"
    )


def _published(names: Sequence[str]) -> list[str]:
    """A row for each system that others have measured on one of the collections."""
    known: list[Mapping[str, tuple[float, str]]] = [PUBLISHED.get(name, {}) for name in names]
    systems = dict.fromkeys(system for one in known for system in one)
    return [
        f"| *published:* {system} | "
        + " | ".join(
            f"{one[system][0]:.3f} ({one[system][1]})" if system in one else "–" for one in known
        )
        + " | – | – |"
        for system in systems
    ]
