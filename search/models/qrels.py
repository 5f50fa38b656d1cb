"""Questions with judgments, made from what people asked and how they voted."""

from typing import ClassVar, Self

from django.contrib.postgres.fields import ArrayField
from django.db import models

from search.ids import new_id
from search.models.log import Search


class TopicQuerySet(models.QuerySet["Topic"]):
    def named(self, collection: str) -> Self:
        return self.filter(collection=collection)


class Topic(models.Model):
    """A question that was judged. It goes with the search it was taken from."""

    id = models.BigIntegerField(primary_key=True, default=new_id, editable=False)
    collection = models.CharField(max_length=200)  # the name of the set it belongs to
    text = models.TextField()
    text_hash = models.CharField(max_length=64)  # of the folded text: one topic, however written
    corpora = ArrayField(models.BigIntegerField(), default=list)  # those it may be asked in
    search = models.ForeignKey(Search, models.CASCADE, null=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    objects: ClassVar = TopicQuerySet.as_manager()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["collection", "text_hash"], name="topic_once_per_collection"
            )
        ]

    def __str__(self) -> str:
        return self.text[:80]


class Judged(models.Model):
    """What a topic's passage is worth. Gain 0: somebody looked and it is not relevant."""

    id = models.BigIntegerField(primary_key=True, default=new_id, editable=False)
    topic = models.ForeignKey(Topic, models.CASCADE, related_name="judged")
    passage_id = models.BigIntegerField()  # survives the passage, as a vote does
    gain = models.FloatField()
    votes = models.PositiveIntegerField(default=1)

    class Meta:
        verbose_name_plural = "judged"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["topic", "passage_id"], name="judged_once_per_topic")
        ]

    def __str__(self) -> str:
        return f"{self.passage_id}: {self.gain:g}"
