"""Measurements in the administration: read, compared two at a time, never changed."""

from typing import Any, ClassVar
from urllib.parse import urlencode

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse

from search.models import EvaluationRun, Judged, Topic

MOST = 15  # questions shown at once; the rest behind a link


@admin.register(EvaluationRun)
class EvaluationRunAdmin(admin.ModelAdmin):
    list_display: ClassVar = ["recipe", "collection", "ndcg", "questions", "took", "created_at"]
    list_filter: ClassVar = ["collection", "recipe"]
    search_fields: ClassVar = ["recipe", "collection", "configuration_hash", "data_hash"]
    date_hierarchy = "created_at"
    actions: ClassVar = ["compare"]
    exclude: ClassVar = ["per_query"]  # the comparison shows it question by question

    def get_queryset(self, request: HttpRequest) -> QuerySet[EvaluationRun]:
        return super().get_queryset(request).defer("per_query")

    def get_urls(self) -> list[URLPattern]:
        compare = self.admin_site.admin_view(self.compare_view)
        return [
            path("compare/", compare, name="search_evaluationrun_compare"),
            *super().get_urls(),
        ]

    @admin.display(description="nDCG [95 %]")
    def ndcg(self, run: EvaluationRun) -> str:
        name = next((name for name in run.figures if name.startswith("ndcg@")), "")
        if not name:
            return "–"
        low, high = run.intervals.get(name, (run.figures[name],) * 2)
        return f"{run.figures[name]:.4f} [{low:.3f}, {high:.3f}]"

    @admin.display
    def questions(self, run: EvaluationRun) -> int:
        return int(run.figures.get("queries", 0))

    @admin.display(description="seconds", ordering="took_s")
    def took(self, run: EvaluationRun) -> str:
        return f"{run.took_s:.1f}"

    @admin.action(description="Compare the two selected runs", permissions=["view"])
    def compare(
        self, request: HttpRequest, chosen: QuerySet[EvaluationRun]
    ) -> HttpResponseRedirect | None:
        keys = list(chosen.order_by("created_at", "pk").values_list("pk", flat=True))
        if len(keys) != 2:
            said = f"Select two runs to compare; {len(keys)} are selected."
            self.message_user(request, said, messages.WARNING)
            return None
        query = urlencode({"before": keys[0], "after": keys[1]})
        return HttpResponseRedirect(f"{reverse('admin:search_evaluationrun_compare')}?{query}")

    def compare_view(self, request: HttpRequest) -> HttpResponse:
        """Two runs side by side: ``before`` and ``after`` are their ids."""
        from search.errors import SearchError
        from search.evaluation.compare import compare_runs  # every command loads this module

        if not self.has_view_permission(request):
            raise PermissionDenied
        before, after = (_chosen(request, name) for name in ("before", "after"))
        context = {
            **self.admin_site.each_context(request),
            "title": "Comparison of two runs",
            "opts": self.opts,
            "sides": [("A", before), ("B", after)],
            "swap": urlencode({"before": after.pk, "after": before.pk}),
        }
        try:
            found = compare_runs(before, after)
        except SearchError as error:
            context["problem"] = str(error)
        else:
            shown = len(found.changed) if "all" in request.GET else MOST
            context |= _shown(found, shown)
        return TemplateResponse(request, "admin/search/evaluationrun/compare.html", context)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False  # manage.py evaluate DIR --save

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False  # a measurement is what was measured


class JudgedInline(admin.TabularInline):
    model = Judged
    extra = 0


@admin.register(Topic)
class TopicAdmin(admin.ModelAdmin):
    list_display: ClassVar = ["text", "collection", "created_at"]
    list_filter: ClassVar = ["collection"]
    search_fields: ClassVar = ["text"]
    readonly_fields: ClassVar = ["collection", "text", "corpora", "search", "created_at"]
    exclude: ClassVar = ["text_hash"]
    inlines: ClassVar = [JudgedInline]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False  # manage.py make_topics


def _chosen(request: HttpRequest, name: str) -> EvaluationRun:
    key = request.GET.get(name, "")
    return get_object_or_404(EvaluationRun, pk=int(key) if key.isascii() and key.isdecimal() else 0)


def _shown(found: Any, most: int) -> dict[str, Any]:
    """What the page needs of a comparison."""
    rows = [
        {"name": name, "before": found.means[name][0], "after": found.means[name][1], "by": one}
        for name, one in found.differences.items()
    ]
    better = [one for one in found.changed if one.change > 0]
    worse = [one for one in found.changed if one.change < 0]
    return {
        "found": found,
        "before": found.before,
        "after": found.after,
        "main": found.differences[found.main],
        "rows": rows,
        "lists": [("Better in B", better[:most]), ("Worse in B", worse[:most])],
        "hidden": len(better[most:]) + len(worse[most:]),
    }
