"""Pages that stand by themselves, and those for when something went wrong."""

from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_safe

from frontend.views.access import for_readers

MEASURES = (
    ("nDCG@10", "How well the first ten are ordered, best first. 1 is perfect."),
    ("Recall@10, recall@100", "Which part of the relevant documents is among the first 10, 100."),
    ("MRR@10", "How far down the first relevant document stands: 1 for first, ½ for second."),
    ("MAP", "Precision at each relevant document, averaged over the whole list."),
    ("p50, p95", "Milliseconds that half, and 95 of 100, of the questions take at most."),
)


@require_safe
@for_readers
def evaluation(request: HttpRequest) -> HttpResponseBase:
    """What can be measured here, and how."""
    return render(request, "evaluation/page.html", {"measures": MEASURES})
