"""Two measurements of the same questions side by side."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean

from search.errors import SearchError
from search.evaluation.figures import PerQuery
from search.evaluation.report import Body, difference_body
from search.evaluation.statistics import NOTHING, Difference, corrected, differences
from search.models import EvaluationRun

NOT_QUALITY = ("ms", "text", "judged@")  # no better or worse in these
ORDER = ("ndcg", "recall", "success", "mrr", "map", "ap", "accuracy")  # the database keeps none
SAME = 1e-9  # figures closer than this are one


@dataclass(frozen=True, slots=True)
class Changed:
    """One question in both runs."""

    key: str
    text: str
    before: float
    after: float

    @property
    def change(self) -> float:
        return self.after - self.before


@dataclass(frozen=True, slots=True)
class Comparison:
    """The second run against the first, on the questions they share."""

    before: EvaluationRun
    after: EvaluationRun
    main: str  # the figure that questions are listed by
    means: Mapping[str, tuple[float, float]]
    differences: Mapping[str, Difference]
    changed: tuple[Changed, ...]  # the most changed first, those of equal value left out
    notes: tuple[str, ...] = ()

    @property
    def verdict(self) -> str:
        """One sentence about the main figure."""
        found = self.differences[self.main]
        if not found.is_shown:
            return f"{self.main}: {found.verdict}."
        return f"{self.main} is {found.verdict} by {abs(found.mean):.4f} in the second run."


def compare_runs(before: EvaluationRun, after: EvaluationRun) -> Comparison:
    """Compare what both measured, question by question; Holm over the figures.

    Raises:
        SearchError: they share no question, or no figure.
    """
    keys = [key for key in before.per_query if key in after.per_query]
    if not keys:
        raise SearchError(f"The runs {before.pk} and {after.pk} share no question.")
    old = _columns(before.per_query, keys)
    new = _columns(after.per_query, keys)
    names = [name for name in old if name in new]
    if not names:
        raise SearchError(f"The runs {before.pk} and {after.pk} share no figure.")
    main = next((name for name in names if name.startswith("ndcg@")), names[0])
    return Comparison(
        before=before,
        after=after,
        main=main,
        means={name: (fmean(old[name]), fmean(new[name])) for name in names},
        differences=differences(
            {name: new[name] for name in names}, {name: old[name] for name in names}
        ),
        changed=_changed(before, after, keys, main),
        notes=tuple(_notes(before, after, keys)),
    )


def against_baseline(
    tables: Mapping[str, PerQuery], baseline: str
) -> Mapping[str, Mapping[str, Difference]]:
    """Recipe → figure → its difference from the baseline; Holm over the recipes for each figure."""
    keys = list(tables[baseline])
    base = _columns(tables[baseline], keys)
    found = {
        recipe: differences(_columns(table, keys), base)
        for recipe, table in tables.items()
        if recipe != baseline
    }
    by_figure = {
        name: corrected({recipe: row[name] for recipe, row in found.items()}) for name in base
    }
    return {recipe: {name: by_figure[name][recipe] for name in base} for recipe in found}


def comparison_body(found: Comparison) -> Body:
    """A comparison as one JSON document."""
    return {
        "before": run_body(found.before),
        "after": run_body(found.after),
        "queries": found.differences[found.main].queries,
        "verdict": found.verdict,
        "means": {name: list(pair) for name, pair in found.means.items()},
        "differences": difference_body(found.differences),
        "changed": [
            {"query": one.key, "text": one.text, "before": one.before, "after": one.after}
            for one in found.changed
        ],
        "notes": list(found.notes),
    }


def run_body(run: EvaluationRun) -> Body:
    """What names a run."""
    return {
        "id": str(run.pk),
        "recipe": run.recipe,
        "collection": run.collection,
        "configuration_hash": run.configuration_hash,
        "data_hash": run.data_hash,
        "created_at": run.created_at.isoformat(),
    }


def _columns(table: PerQuery, keys: Sequence[str]) -> dict[str, list[float]]:
    """The figures of quality that every one of these questions has."""
    names = [name for name in table[keys[0]] if not name.startswith(NOT_QUALITY)]
    names.sort(key=_place)
    return {
        name: [table[key][name] for key in keys]
        for name in names
        if all(name in table[key] for key in keys)
    }


def _place(name: str) -> tuple[int, int]:
    """Where a figure stands in a table: by measure, then by its cut."""
    measure, _, cut = name.partition("@")
    return (ORDER.index(measure) if measure in ORDER else len(ORDER), int(cut or 0))


def _changed(
    before: EvaluationRun, after: EvaluationRun, keys: Sequence[str], main: str
) -> tuple[Changed, ...]:
    rows = [
        Changed(
            key,
            after.per_query[key]["text"],
            before.per_query[key][main],
            after.per_query[key][main],
        )
        for key in keys
    ]
    moved = [row for row in rows if abs(row.change) > SAME]
    return tuple(sorted(moved, key=lambda row: (-abs(row.change), row.key)))


def _notes(before: EvaluationRun, after: EvaluationRun, keys: Sequence[str]) -> list[str]:
    notes = []
    if before.data_hash != after.data_hash:
        notes.append(
            "The two runs were not measured on the same data (documents, questions or judgments "
            f"differ): the {len(keys)} questions they share are compared, and {NOTHING!r} or not, "
            "the data may be the reason."
        )
    if before.pk == after.pk:
        notes.append("Both are the same run.")
    elif before.configuration_hash == after.configuration_hash:
        notes.append("Both ran the same recipe with the same settings and models.")
    elif before.model_versions != after.model_versions:
        notes.append("The models that were loaded differ.")
    return notes
