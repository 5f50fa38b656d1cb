"""Curation by site administrators: corpora, who reads them, documents, votes."""

from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.db import transaction
from django.db.models import Count, QuerySet
from django.http import HttpRequest

from search import admin_evaluation, planning  # noqa: F401  (registers measurements and topics)
from search.models import Corpus, Document, Feedback, Membership, Search, Token


class MembershipInline(admin.TabularInline):
    model = Membership
    extra = 0
    autocomplete_fields: ClassVar = ["user"]


class CorpusForm(forms.ModelForm):
    """The recipe is one of those there are."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        names = [name for name in planning.known_recipes() if name != planning.DEFAULT]
        kept = {self.instance.recipe} - {"", *names}
        choices = [("", "default"), *((name, name) for name in (*names, *kept))]
        self.fields["recipe"] = forms.ChoiceField(choices=choices, required=False)


@admin.register(Corpus)
class CorpusAdmin(admin.ModelAdmin):
    form = CorpusForm
    list_display: ClassVar = ["name", "slug", "visibility", "documents_here", "passage_count"]
    list_filter: ClassVar = ["visibility"]
    search_fields: ClassVar = ["name", "slug"]
    prepopulated_fields: ClassVar = {"slug": ["name"]}
    readonly_fields: ClassVar = ["generation", "passage_count", "created_at"]
    inlines: ClassVar = [MembershipInline]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Corpus]:
        return super().get_queryset(request).annotate(document_count=Count("documents"))

    @admin.display(description="documents", ordering="document_count")
    def documents_here(self, corpus: Corpus) -> int:
        return int(corpus.document_count)  # type: ignore[attr-defined]

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """Members or visibility may be others now: answers kept for the old readers are void."""
        from search.indexing import touch_readers  # every command loads this module, few index

        with transaction.atomic():
            super().save_related(request, form, formsets, change)
            touch_readers(form.instance)

    def has_delete_permission(self, request: HttpRequest, obj: Corpus | None = None) -> bool:
        return False  # rows alone would leave files behind; the library and the API remove both


@admin.register(Document)
class DocumentAdmin(admin.ModelAdmin):
    list_display: ClassVar = ["title", "corpus", "media_type", "issued", "added_at", "published_at"]
    list_filter: ClassVar = ["corpus", "media_type", "language"]
    list_select_related: ClassVar = ["corpus"]
    search_fields: ClassVar = ["title", "filename", "doi", "sha256"]
    date_hierarchy = "added_at"
    readonly_fields: ClassVar = [
        "corpus", "filename", "media_type", "sha256", "size", "duration_s", "page_count",
        "added_by", "added_at", "published_at",
    ]  # fmt: skip
    view_on_site = False

    def save_model(self, request: HttpRequest, obj: Document, form: Any, change: bool) -> None:
        """The words of the title and the language count in what is found."""
        from search.indexing import rewrite_terms, touch_readers

        with transaction.atomic():
            super().save_model(request, obj, form, change)
            if {"title", "language"} & set(form.changed_data):
                rewrite_terms(obj)
            touch_readers(obj.corpus)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False  # documents come in through an upload, which keeps their bytes

    def has_delete_permission(self, request: HttpRequest, obj: Document | None = None) -> bool:
        return False  # the document's own page removes rows, files and quotes, and certifies it


@admin.register(Feedback)
class FeedbackAdmin(admin.ModelAdmin):
    list_display: ClassVar = ["value", "question", "reason", "comment", "user", "created_at"]
    list_filter: ClassVar = ["value", "reason"]
    list_select_related: ClassVar = ["user", "search", "answer__search"]
    search_fields: ClassVar = ["comment", "reason"]
    date_hierarchy = "created_at"

    @admin.display
    def question(self, vote: Feedback) -> str:
        asked: Search | None = vote.search or (vote.answer.search if vote.answer else None)
        return asked.text[:80] if asked else ""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Feedback | None = None) -> bool:
        return False  # a vote is what somebody said


@admin.register(Token)
class TokenAdmin(admin.ModelAdmin):
    list_display: ClassVar = ["name", "user", "created_at", "expires_at", "used_at"]
    list_select_related: ClassVar = ["user"]
    readonly_fields: ClassVar = ["user", "created_at", "used_at"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False  # the text of a token is shown once, by create_token
