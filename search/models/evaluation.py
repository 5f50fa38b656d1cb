"""Measurements that are kept: one recipe on one collection, with all that it takes to compare."""

from typing import ClassVar, Self

from django.contrib.postgres.fields import ArrayField
from django.db import models

from search.ids import new_id


class EvaluationRunQuerySet(models.QuerySet["EvaluationRun"]):
    def newest_first(self) -> Self:
        return self.order_by("-created_at", "-pk")


class EvaluationRun(models.Model):
    """What one recipe reached. Written once; two runs with one ``data_hash`` can be compared.

    ``intervals``: figure → [low, high]. ``per_query``: query id → {"text", figure: value, …}.
    ``stages``: stage → {"p50", "p95", "p99"} in ms. ``slices``: slice → {"queries", figure: value}.
    """

    id = models.BigIntegerField(primary_key=True, default=new_id, editable=False)
    recipe = models.CharField(max_length=100)
    collection = models.CharField(max_length=200)
    configuration = models.JSONField(default=dict)  # the recipe and the settings it ran under
    configuration_hash = models.CharField(max_length=64)
    data_hash = models.CharField(max_length=64)  # of documents, questions and judgments
    model_versions = models.JSONField(default=dict)  # "KIND alias" -> fingerprint
    figures = models.JSONField(default=dict)
    intervals = models.JSONField(default=dict)
    per_query = models.JSONField(default=dict)
    slices = models.JSONField(default=dict)
    stages = models.JSONField(default=dict)
    degraded = ArrayField(models.TextField(), default=list)
    took_s = models.FloatField(default=0)  # of all queries together
    created_at = models.DateTimeField(auto_now_add=True, db_index=True)

    objects: ClassVar = EvaluationRunQuerySet.as_manager()

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["collection", "recipe"], name="run_collection_recipe")
        ]

    def __str__(self) -> str:
        return f"{self.recipe} on {self.collection}, {self.created_at:%Y-%m-%d %H:%M}"
