"""Corpora and their shelves: what the library pages count, list and change."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib.auth import get_user_model
from django.db import transaction
from django.db.models import Count, QuerySet, Sum
from django.db.models.functions import Coalesce
from django.utils.text import slugify

from ingestion.models import Job
from ingestion.services import job_state
from search import indexing
from search.models import Corpus, Document, Membership, Role


@dataclass(frozen=True, slots=True)
class ShelfRow:
    """A document in the table of its corpus, with where it stands."""

    document: Document
    state: str
    progress: float
    error: str

    @property
    def is_moving(self) -> bool:
        return self.state not in {"searchable", "partial", "failed"}


@dataclass(frozen=True, slots=True)
class Progress:
    """How far the documents of a corpus have come."""

    total: int
    moving: int
    failed: int

    @property
    def searchable(self) -> int:
        return self.total - self.moving - self.failed


def counted(corpora: QuerySet[Corpus]) -> QuerySet[Corpus]:
    """The corpora with ``document_count`` and ``byte_count``."""
    return corpora.annotate(
        document_count=Count("documents"), byte_count=Coalesce(Sum("documents__size"), 0)
    )


def shelf(documents: Sequence[Document]) -> list[ShelfRow]:
    """Rows of the table, in the order given."""
    return [ShelfRow(document, **_standing(document)) for document in documents]


def progress_of(corpus: Corpus) -> Progress:
    """Counts of moving and failed documents."""
    jobs = Job.objects.filter(document__corpus=corpus)
    return Progress(
        total=corpus.documents.count(),
        moving=jobs.unfinished().count(),
        failed=jobs.filter(failed_at__isnull=False).count(),
    )


def create_corpus(*, name: str, description: str, visibility: str, user_id: int) -> Corpus:
    """A new corpus with its first owner. The slug is made of the name, and free."""
    with transaction.atomic():
        corpus = Corpus.objects.create(
            slug=_free_slug(name), name=name, description=description, visibility=visibility
        )
        Membership.objects.create(corpus=corpus, user_id=user_id, role=Role.OWNER)
    return corpus


def set_member(corpus: Corpus, username: str, role: str) -> str:
    """Give somebody a role. Returns a sentence that says why not, or nothing."""
    user = get_user_model().objects.filter(username=username, is_active=True).first()
    if user is None:
        return f"There is nobody with the user name “{username}”."
    with transaction.atomic():
        if role != Role.OWNER and is_last_owner(corpus, user.pk):
            return f"{username} is the only owner; make somebody else an owner first."
        Membership.objects.update_or_create(corpus=corpus, user=user, defaults={"role": role})
        indexing.touch_readers(corpus)
    return ""


def remove_member(corpus: Corpus, username: str) -> str:
    """Take somebody's role away. Returns a sentence that says why not, or nothing."""
    with transaction.atomic():
        held = Membership.objects.filter(corpus=corpus, user__username=username).first()
        if held is None:
            return f"“{username}” is not a member."
        if is_last_owner(corpus, held.user_id):
            return f"{username} is the only owner; make somebody else an owner first."
        held.delete()
        indexing.touch_readers(corpus)
    return ""


def is_last_owner(corpus: Corpus, user_id: int) -> bool:
    """Whether nobody else owns the corpus; holds its row until the transaction ends."""
    Corpus.objects.select_for_update().get(pk=corpus.pk)  # two changes of roles wait for each other
    owners = Membership.objects.filter(corpus=corpus, role=Role.OWNER)
    return list(owners.values_list("user_id", flat=True)) == [user_id]


def _free_slug(name: str) -> str:
    stem = slugify(name)[:90] or "corpus"
    taken = set(Corpus.objects.filter(slug__startswith=stem).values_list("slug", flat=True))
    numbered = (f"{stem}-{number}" for number in range(2, len(taken) + 3))
    return stem if stem not in taken else next(slug for slug in numbered if slug not in taken)


def _standing(document: Document) -> dict[str, Any]:
    state = job_state(document)
    return {name: state[name] for name in ("state", "progress", "error")}
