"""What was asked, what was shown, what people thought of it."""

from datetime import timedelta
from typing import ClassVar, Self

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone

from search.ids import new_id
from search.types import Viewer


class AskedQuerySet(models.QuerySet):  # type: ignore[type-arg]
    def asked_by(self, viewer: Viewer) -> Self:
        """One's own. An unsigned reader's are found by id in the same session only."""
        if viewer.unrestricted:
            return self
        return self.filter(user_id=viewer.user_id) if viewer.user_id else self.none()

    def found_in_memory(self, *, days: int) -> tuple[int, int]:
        """How many of the last days' questions were found in memory, and how many were asked."""
        recent = self.filter(created_at__gte=timezone.now() - timedelta(days=days))
        return recent.filter(body__cache__results="hit").count(), recent.count()


class Search(models.Model):
    """One question and the list it got. ``body`` is the answer to POST /search/ as it was."""

    id = models.BigIntegerField(primary_key=True, default=new_id, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, null=True, related_name="+")
    text = models.TextField(blank=True)
    recipe = models.CharField(max_length=100)
    corpora = ArrayField(models.BigIntegerField(), default=list)  # those it looked into
    passages = ArrayField(models.BigIntegerField(), default=list)  # those it showed, best first
    body = models.JSONField(default=dict)
    took_ms = models.FloatField(default=0)
    created_at = models.DateTimeField(auto_now_add=True, db_index=True)

    objects: ClassVar = AskedQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "searches"

    def __str__(self) -> str:
        return self.text[:80]


class Answer(models.Model):
    """An answer with its evidence as it was. ``documents`` are those it quotes."""

    id = models.BigIntegerField(primary_key=True, default=new_id, editable=False)
    search = models.OneToOneField(Search, models.CASCADE, related_name="answer")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, null=True, related_name="+")
    documents = ArrayField(models.BigIntegerField(), default=list)
    body = models.JSONField(default=dict)
    created_at = models.DateTimeField(auto_now_add=True, db_index=True)

    objects: ClassVar = AskedQuerySet.as_manager()

    def __str__(self) -> str:
        return f"Answer {self.pk}"


class Feedback(models.Model):
    """A vote on an answer, or on one passage of a result list. One per voter and thing."""

    id = models.BigIntegerField(primary_key=True, default=new_id, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    answer = models.ForeignKey(Answer, models.CASCADE, null=True, related_name="feedback")
    search = models.ForeignKey(Search, models.CASCADE, null=True, related_name="feedback")
    passage_id = models.BigIntegerField(null=True)  # survives the passage: a vote is history
    value = models.SmallIntegerField(choices=[(1, "helpful"), (-1, "not helpful")])
    reason = models.CharField(max_length=100, blank=True)
    comment = models.TextField(blank=True, max_length=4000)
    created_at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name_plural = "feedback"
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["user", "answer"],
                condition=models.Q(answer__isnull=False),
                name="one_vote_per_answer",
            ),
            models.UniqueConstraint(
                fields=["user", "search", "passage_id"],
                condition=models.Q(search__isnull=False),
                name="one_vote_per_hit",
            ),
            models.CheckConstraint(
                condition=models.Q(answer__isnull=False) ^ models.Q(search__isnull=False),
                name="vote_on_one_thing",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.value:+d}"
