"""Measurements that were kept, collection by collection."""

from itertools import groupby
from typing import Any

from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_safe

from frontend.views.access import for_readers
from search.models import EvaluationRun

MEASURES = (
    ("nDCG@10", "How well the first ten are ordered, best first. 1 is perfect."),
    ("Recall@10, recall@100", "Which part of the relevant documents is among the first 10, 100."),
    ("MRR@10", "How far down the first relevant document stands: 1 for first, ½ for second."),
    ("MAP", "Precision at each relevant document, averaged over the whole list."),
    ("p50, p95", "Milliseconds that half, and 95 of 100, of the questions take at most."),
)
SHOWN = 200  # newest runs


@require_safe
@for_readers
def evaluation(request: HttpRequest) -> HttpResponseBase:
    """What was measured here, and how to measure.

    Figures are shown to those who have signed in; questions only in the administration.
    """
    runs = _collections() if request.user.is_authenticated else []
    context = {"measures": MEASURES, "collections": runs}
    return render(request, "evaluation/page.html", context)


def _collections() -> list[tuple[str, list[dict[str, Any]]]]:
    """The newest run of every recipe on every collection, best first."""
    newest: dict[tuple[str, str], EvaluationRun] = {}
    fields = ("recipe", "collection", "figures", "intervals", "created_at")
    for run in EvaluationRun.objects.newest_first().only(*fields)[:SHOWN]:
        newest.setdefault((run.collection, run.recipe), run)
    rows = sorted(newest.values(), key=lambda run: (run.collection, -_ndcg(run), run.recipe))
    return [
        (collection, [_row(run) for run in found])
        for collection, found in groupby(rows, key=lambda run: run.collection)
    ]


def _ndcg(run: EvaluationRun) -> float:
    return float(run.figures.get("ndcg@10") or 0.0)


def _row(run: EvaluationRun) -> dict[str, Any]:
    low, high = run.intervals.get("ndcg@10") or (None, None)
    return {
        "recipe": run.recipe,
        "ndcg": _ndcg(run),
        "low": low,
        "high": high,
        "recall": run.figures.get("recall@100"),
        "p95_ms": run.figures.get("p95_ms"),
        "queries": run.figures.get("queries"),
        "at": run.created_at,
    }
