"""Work that a web process asks of a worker and waits for: the row carries question and answer."""

from typing import ClassVar

from django.db import models

from search.ids import new_id


class Errand(models.Model):
    """A reranking that a worker is to do. It goes with its answer; a sweep takes what is left."""

    id = models.BigIntegerField(primary_key=True, default=new_id, editable=False)
    asked = models.JSONField()
    answer = models.JSONField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)
    taken_at = models.DateTimeField(null=True)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["created_at"], name="errand_created")]

    def __str__(self) -> str:
        return f"errand {self.pk}"
