"""The queue, as site administrators see it: what is on its way, and what went wrong."""

from typing import ClassVar

from django.contrib import admin, messages
from django.db.models import Q, QuerySet
from django.http import HttpRequest

from ingestion.models import Job, State


class StandingFilter(admin.SimpleListFilter):
    """Where jobs stand, in the words that users are told."""

    title = "standing"
    parameter_name = "standing"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin) -> list[tuple[str, str]]:
        return [
            ("moving", "On the way"),
            ("failed", "Failed"),
            ("partial", "Searchable, with gaps"),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Job]) -> QuerySet[Job]:
        choices = {
            "moving": Q(failed_at__isnull=True) & ~Q(state=State.SEARCHABLE),
            "failed": Q(failed_at__isnull=False),
            "partial": Q(failed_at__isnull=True, state=State.SEARCHABLE) & ~Q(error=""),
        }
        return queryset.filter(choices[word]) if (word := self.value()) in choices else queryset


@admin.register(Job)
class JobAdmin(admin.ModelAdmin):
    list_display: ClassVar = ["document", "standing", "progress", "tries", "error", "updated_at"]
    list_filter: ClassVar = [StandingFilter, "state", "document__corpus"]
    list_select_related: ClassVar = ["document"]
    search_fields: ClassVar = ["document__title", "document__filename", "error"]
    actions: ClassVar = ["try_again"]

    @admin.display(description="standing")
    def standing(self, job: Job) -> str:
        return job.status

    @admin.action(description="Try again")
    def try_again(self, request: HttpRequest, queryset: QuerySet[Job]) -> None:
        from ingestion import services  # every command loads this module, and needs no services

        failed = list(queryset.filter(failed_at__isnull=False))
        for job in failed:
            services.retry(job)
        self.message_user(request, f"{len(failed)} failed jobs are tried again.", messages.SUCCESS)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Job | None = None) -> bool:
        return request.method in {"GET", "HEAD"} or request.POST.get("action") == "try_again"

    def has_delete_permission(self, request: HttpRequest, obj: Job | None = None) -> bool:
        return False  # a job belongs to its document and goes with it
