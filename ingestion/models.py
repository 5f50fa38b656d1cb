"""A document on its way in. The row is the truth; a message is only a doorbell."""

from datetime import timedelta
from typing import ClassVar, Self

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from search.ids import new_id
from search.models import Document


class State(models.TextChoices):
    """How far a document has come."""

    RECEIVED = "received"
    PARSED = "parsed"
    CHUNKED = "chunked"
    ENCODED = "encoded"
    SEARCHABLE = "searchable"


class JobQuerySet(models.QuerySet["Job"]):
    def unfinished(self) -> Self:
        return self.exclude(state=State.SEARCHABLE).filter(failed_at__isnull=True)

    def waiting(self) -> Self:
        """Unfinished and held by nobody: never claimed, or the holder's lease ran out."""
        free = Q(lease_until__isnull=True) | Q(lease_until__lt=Now())
        return self.unfinished().filter(free)

    def unheard(self) -> Self:
        """Waiting, and no bell has rung since the last holder left, or for a minute."""
        never = Q(rung_at__isnull=True)
        before_release = Q(rung_at__lt=F("lease_until"))
        long_ago = Q(rung_at__lt=Now() - timedelta(minutes=1))
        return self.waiting().filter(never | before_release | long_ago)


class Job(models.Model):
    """Where a document stands, who holds it, and the last thing that went wrong.

    ``epoch`` rises with every claim: a step that was overtaken finds another epoch and stores
    nothing. ``tries`` counts claims since the last completed step, so the death of a worker counts
    too; ``crashes`` counts those in which the file itself brought its step down.
    """

    id = models.BigIntegerField(primary_key=True, default=new_id, editable=False)
    document = models.OneToOneField(Document, models.CASCADE, related_name="job")
    state = models.CharField(max_length=12, choices=State.choices, default=State.RECEIVED)
    epoch = models.PositiveIntegerField(default=0)
    tries = models.PositiveSmallIntegerField(default=0)
    crashes = models.PositiveSmallIntegerField(default=0)
    lease_until = models.DateTimeField(null=True)
    holder = models.CharField(max_length=200, blank=True)  # host and process of the last claim
    staged = models.JSONField(default=dict)  # product -> its folder or file in the staging folder
    rung_at = models.DateTimeField(null=True)  # when a worker was last told
    progress = models.FloatField(default=0)  # of the whole way, 0 to 1
    error = models.TextField(blank=True)  # a sentence for the uploader; a notice once searchable
    failed_at = models.DateTimeField(null=True)
    sidecars = models.JSONField(default=list)  # [{"name", "sha256"}]
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now_add=True)  # of the last step

    objects: ClassVar = JobQuerySet.as_manager()

    class Meta:
        indexes: ClassVar = [models.Index(fields=["state", "lease_until"], name="job_waiting")]

    def __str__(self) -> str:
        return f"{self.document}: {self.status}"

    @property
    def status(self) -> str:
        """What a user is told: a state, or "failed", or "partial" when something was left out."""
        if self.failed_at:
            return "failed"
        if self.state == State.SEARCHABLE and self.error:
            return "partial"
        return self.state

    @property
    def is_finished(self) -> bool:
        return bool(self.failed_at) or self.state == State.SEARCHABLE
