"""What is searched: passages, their vectors, and the term statistics of a corpus."""

from typing import ClassVar, Self

from django.contrib.postgres.search import SearchVectorField
from django.db import models
from pgvector.django import HalfVectorField, SparseVectorField

from search.ids import new_id
from search.models.corpus import Corpus, Document
from search.types import Modality, Viewer


class PassageQuerySet(models.QuerySet["Passage"]):
    def visible_to(self, viewer: Viewer) -> Self:
        return self.filter(corpus__in=Corpus.objects.visible_to(viewer))

    def looked_at(self) -> Self:
        """What encoders look at or listen to: ``search.types.is_looked_at``, asked of rows."""
        return self.filter(models.Q(text="") | models.Q(kind=Modality.IMAGE, page__isnull=False))


class Passage(models.Model):
    """The smallest thing an answer can cite. Rows exist only for searchable documents.

    ``anchors``: [[start, end, x, y, w, h], …] or [[start, end, null, null, null, null, start_s,
    end_s], …]: where characters of ``text`` stand on the page, or when they are said.
    ``views``: [[name, origin, start, end], …]; origin "source" or "derived".
    ``boxes``: [[x, y, w, h], …], fractions of the page from the top left.
    """

    id = models.BigIntegerField(primary_key=True, default=new_id, editable=False)
    document = models.ForeignKey(Document, models.CASCADE, related_name="passages")
    corpus = models.ForeignKey(Corpus, models.CASCADE, related_name="+")
    ordinal = models.PositiveIntegerField()
    kind = models.CharField(max_length=10, choices=[(m.value, m.value) for m in Modality])
    text = models.TextField(blank=True)
    heading = models.TextField(blank=True)
    language = models.CharField(max_length=10, blank=True)  # ISO 639-1
    page = models.PositiveIntegerField(null=True)
    page_label = models.CharField(max_length=100, blank=True)
    boxes = models.JSONField(default=list)
    start_s = models.FloatField(null=True)
    end_s = models.FloatField(null=True)
    char_start = models.PositiveIntegerField(null=True)
    char_end = models.PositiveIntegerField(null=True)
    anchors = models.JSONField(default=list)
    views = models.JSONField(default=list)
    picture = models.CharField(max_length=64, blank=True)  # sha256 of the asset that shows it
    text_hash = models.CharField(max_length=64, blank=True)  # of the normalised text
    # Written only by search.indexing: the terms that BM25 counts, how many they are, and the place
    # of the passage in its corpus's postings.
    terms = SearchVectorField(null=True, editable=False)
    length = models.PositiveIntegerField(default=0, editable=False)
    slot = models.PositiveIntegerField(default=0, editable=False)

    objects: ClassVar = PassageQuerySet.as_manager()

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["corpus", "kind"], name="passage_corpus_kind"),
            models.Index(
                fields=["corpus", "slot"],
                name="passage_corpus_slot",
                include=["id", "document", "kind", "language"],  # facets read nothing else
            ),
            models.Index(fields=["document", "ordinal"], name="passage_document_order"),
        ]

    def __str__(self) -> str:
        return self.text[:80] or f"{self.kind} {self.pk}"


class TermFrequency(models.Model):
    """In how many passages of a corpus a term occurs. Kept by search.indexing."""

    pk = models.CompositePrimaryKey("corpus_id", "term")
    corpus = models.ForeignKey(Corpus, models.CASCADE, related_name="+", db_index=False)
    term = models.TextField(db_collation="C")  # prefixes are ranges of bytes
    passages = models.BigIntegerField()

    def __str__(self) -> str:
        return f"{self.term}: {self.passages}"


class Posting(models.Model):
    """Where a term stands in a block of a corpus's slots. Kept by search.postings, which reads
    the bytes."""

    pk = models.CompositePrimaryKey("corpus_id", "term", "block")
    corpus = models.ForeignKey(Corpus, models.CASCADE, related_name="+", db_index=False)
    term = models.TextField(db_collation="C")
    block = models.IntegerField()
    entries = models.BinaryField()

    class Meta:
        indexes: ClassVar = [
            models.Index(
                fields=["corpus", "block"], name="posting_fresh", condition=models.Q(block__gte=0)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.term}, block {self.block}: {len(self.entries)} bytes"


class SpaceKind(models.TextChoices):
    """What a passage is in a space; it says which table holds it."""

    DENSE = "dense"  # a unit vector, in Vector
    FDE = "fde"  # a vector that stands for many, in Vector; its length counts
    MULTI = "multi"  # a unit vector for each token or group of tokens, in TokenVectors
    SPARSE = "sparse"  # weights of words, in SparseVector


class VectorSpace(models.Model):
    """One encoder, in one version, at one precision. Vectors of two spaces are never compared."""

    id = models.BigIntegerField(primary_key=True, default=new_id, editable=False)
    alias = models.CharField(max_length=100)  # the encoder's name in settings
    fingerprint = models.CharField(
        max_length=200, unique=True
    )  # model, revision, engine, precision
    dim = models.PositiveIntegerField()
    kind = models.CharField(max_length=10, default=SpaceKind.DENSE, choices=SpaceKind.choices)
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return f"{self.alias} ({self.dim})"


class Vector(models.Model):
    """A passage's place in one space. The column has no width; each index has.

    ``weights``: of a vector that joins several media, what each of them weighs in it.
    """

    id = models.BigIntegerField(primary_key=True, default=new_id, editable=False)
    passage = models.ForeignKey(Passage, models.CASCADE, related_name="vectors")
    corpus = models.ForeignKey(Corpus, models.CASCADE, related_name="+", db_index=False)
    space = models.ForeignKey(VectorSpace, models.CASCADE, related_name="+", db_index=False)
    values = HalfVectorField()
    weights = models.JSONField(null=True)

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["corpus", "space"], name="vector_corpus_space"),
            # Walked by search.retrieval.background: the lowest are a random sample of the corpus.
            models.Index(
                models.F("corpus"),
                models.F("space"),
                models.Func("passage", function="hashint8"),
                name="vector_lots",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.passage_id} in {self.space_id}"


class TokenVectors(models.Model):
    """A passage's token vectors in one space: ``count`` unit vectors, float16, low byte first."""

    id = models.BigIntegerField(primary_key=True, default=new_id, editable=False)
    passage = models.ForeignKey(Passage, models.CASCADE, related_name="token_vectors")
    corpus = models.ForeignKey(Corpus, models.CASCADE, related_name="+", db_index=False)
    space = models.ForeignKey(VectorSpace, models.CASCADE, related_name="+", db_index=False)
    count = models.PositiveIntegerField()
    values = models.BinaryField()

    class Meta:
        indexes: ClassVar = [models.Index(fields=["corpus", "space"], name="tokens_corpus_space")]

    def __str__(self) -> str:
        return f"{self.count} of {self.passage_id} in {self.space_id}"


class SparseVector(models.Model):
    """A passage's weights of the words of a vocabulary, at most 1,000 of them not zero."""

    id = models.BigIntegerField(primary_key=True, default=new_id, editable=False)
    passage = models.ForeignKey(Passage, models.CASCADE, related_name="sparse_vectors")
    corpus = models.ForeignKey(Corpus, models.CASCADE, related_name="+", db_index=False)
    space = models.ForeignKey(VectorSpace, models.CASCADE, related_name="+", db_index=False)
    values = SparseVectorField()

    class Meta:
        indexes: ClassVar = [models.Index(fields=["corpus", "space"], name="sparse_corpus_space")]

    def __str__(self) -> str:
        return f"{self.passage_id} in {self.space_id}"


class PictureDetails(models.Model):
    """What a picture of a passage is known again by, beside its vectors in the space of details.

    A clip that moves has several: ``second`` says when each is shown. ``look``: 64 signs of how
    brightness changes over the picture; ``packed``: where its details are and what they look like
    (see search/encoders/picture_signature.py).
    """

    id = models.BigIntegerField(primary_key=True, default=new_id, editable=False)
    passage = models.ForeignKey(Passage, models.CASCADE, related_name="details")
    corpus = models.ForeignKey(Corpus, models.CASCADE, related_name="+")
    picture = models.CharField(max_length=64)  # sha256 of the asset
    second = models.FloatField(null=True)
    look = models.BigIntegerField()
    packed = models.BinaryField()

    def __str__(self) -> str:
        return f"{len(self.packed)} bytes of {self.passage_id}"
