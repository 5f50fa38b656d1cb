"""Recipes against a baseline on one collection: what each part adds."""

from collections.abc import Sequence

from search.evaluation.compare import against_baseline
from search.evaluation.figures import Report
from search.evaluation.lines import Collection
from search.evaluation.report import Body, body, difference_body
from search.evaluation.statistics import Difference

Rows = dict[str, dict[str, Difference]]  # recipe -> figure -> difference from the baseline


def ablation(reports: Sequence[Report], baseline: str) -> Rows:
    """Every other recipe's differences from the baseline; Holm over the recipes."""
    tables = {one.recipe: one.per_query for one in reports}
    return {recipe: dict(row) for recipe, row in against_baseline(tables, baseline).items()}


def ablation_body(
    collection: Collection, reports: Sequence[Report], baseline: str, rows: Rows
) -> Body:
    """What ``evaluate`` says, with the baseline and the differences."""
    found = body(collection, reports)
    found["baseline"] = baseline
    found["differences"] = {recipe: difference_body(row) for recipe, row in rows.items()}
    return found


def ablation_table(reports: Sequence[Report], baseline: str, rows: Rows, *, k: int) -> str:
    """One line for each recipe: nDCG with its interval, the difference, the verdict, seconds."""
    main = f"ndcg@{k}"
    first = max(len("recipe"), *(len(one.recipe) for one in reports)) + 2
    lines = [
        f"{'recipe':{first}}{main + ' [95 %]':<24}{'against ' + baseline + ' [95 %]':<30}"
        f"{'p (Holm)':>9}{'seconds':>9}  "
    ]
    for one in reports:
        ends = one.intervals[main]
        figure = f"{one.figures[main]:.4f} [{ends.low:.3f}, {ends.high:.3f}]"
        change = rows[one.recipe][main] if one.recipe in rows else None
        told = (
            f"{change.mean:+.4f} [{change.low:+.4f}, {change.high:+.4f}]" if change else "baseline"
        )
        p = f"{change.p_holm:.4f}" if change else ""
        verdict = change.verdict if change else ""
        lines.append(
            f"{one.recipe:{first}}{figure:<24}{told:<30}{p:>9}{one.seconds:>9.1f}  {verdict}"
        )
    return "\n".join(lines)
