"""Corpora, who may read them, and the documents in them."""

from collections.abc import Collection
from typing import ClassVar, Self

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import connection, models
from django.db.models import Q

from search.ids import new_id
from search.types import Viewer

_HOLD = "SELECT id FROM search_document WHERE id = ANY(%s) ORDER BY id FOR KEY SHARE"


class Role(models.TextChoices):
    """What a member may do; each includes the one before."""

    READER = "reader"
    CURATOR = "curator"
    OWNER = "owner"


class Visibility(models.TextChoices):
    PRIVATE = "private"  # members only
    PUBLIC = "public"  # whoever may use the site


class CorpusQuerySet(models.QuerySet["Corpus"]):
    def visible_to(self, viewer: Viewer) -> Self:
        """The corpora this viewer may read. The only door: every retrieval passes through it."""
        if viewer.unrestricted:
            return self
        public = Q(visibility=Visibility.PUBLIC)
        if viewer.user_id is None:
            return self.filter(public)
        mine = Membership.objects.filter(user_id=viewer.user_id).values("corpus_id")
        return self.filter(public | Q(pk__in=mine))

    def with_role(self, viewer: Viewer, *roles: str) -> Self:
        """The corpora in which this viewer has one of the roles."""
        if viewer.unrestricted:
            return self
        mine = Membership.objects.filter(user_id=viewer.user_id, role__in=roles)
        return self.filter(pk__in=mine.values("corpus_id"))

    def curated_by(self, viewer: Viewer) -> Self:
        """The corpora this viewer may add to and edit."""
        return self.with_role(viewer, Role.CURATOR, Role.OWNER)

    def owned_by(self, viewer: Viewer) -> Self:
        """The corpora whose members, visibility and existence this viewer decides."""
        return self.with_role(viewer, Role.OWNER)


class Corpus(models.Model):
    """A library within the library: a set of documents with its own readers."""

    id = models.BigIntegerField(primary_key=True, default=new_id, editable=False)
    slug = models.SlugField(max_length=100, unique=True)
    name = models.CharField(max_length=200)
    description = models.TextField(blank=True)
    visibility = models.CharField(
        max_length=10, choices=Visibility.choices, default=Visibility.PRIVATE
    )
    recipe = models.CharField(max_length=100, blank=True)  # where a question names none
    retention_days = models.PositiveIntegerField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    # Raised, in the same transaction, by every publish, removal and change of readers.
    generation = models.BigIntegerField(default=0, editable=False)
    # BM25 statistics: sums over the searchable passages, kept by search.indexing.
    passage_count = models.BigIntegerField(default=0, editable=False)
    token_count = models.BigIntegerField(default=0, editable=False)
    languages = ArrayField(models.CharField(max_length=30), default=list, editable=False)
    next_slot = models.PositiveIntegerField(default=0, editable=False)  # of the next passage

    objects: ClassVar = CorpusQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "corpora"
        ordering: ClassVar = ["name", "id"]

    def __str__(self) -> str:
        return self.name


class Membership(models.Model):
    """A person's role in a corpus."""

    corpus = models.ForeignKey(Corpus, models.CASCADE, related_name="memberships")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=10, choices=Role.choices, default=Role.READER)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["corpus", "user"], name="member_once_per_corpus"),
        ]

    def __str__(self) -> str:
        return f"{self.user} is {self.role} of {self.corpus}"


class DocumentQuerySet(models.QuerySet["Document"]):
    def visible_to(self, viewer: Viewer) -> Self:
        return self.filter(corpus__in=Corpus.objects.visible_to(viewer))

    def curated_by(self, viewer: Viewer) -> Self:
        return self.filter(corpus__in=Corpus.objects.curated_by(viewer))

    def searchable(self) -> Self:
        return self.filter(published_at__isnull=False)

    def hold(self, ids: Collection[int]) -> set[int]:
        """Those of the ids that are there, kept from removal until the transaction ends.

        Whoever holds a document too, or edits it, does not wait.
        """
        with connection.cursor() as cursor:
            cursor.execute(_HOLD, [list(ids)])
            return {key for (key,) in cursor.fetchall()}


class Document(models.Model):
    """One thing a user put in: a paper, a picture, a recording.

    ``issued`` is when the work came out (CSL's word; ISO year, month or day);
    ``published_at`` is when it became searchable here.
    """

    id = models.BigIntegerField(primary_key=True, default=new_id, editable=False)
    corpus = models.ForeignKey(Corpus, models.CASCADE, related_name="documents")
    title = models.CharField(max_length=500)
    authors = ArrayField(models.CharField(max_length=200), default=list, blank=True)
    issued = models.CharField(max_length=10, blank=True)
    doi = models.CharField(max_length=200, blank=True)
    url = models.CharField(max_length=2000, blank=True)
    language = models.CharField(max_length=10, blank=True)
    licence = models.CharField(max_length=200, blank=True)
    media_type = models.CharField(max_length=100, blank=True)
    filename = models.CharField(max_length=500)  # as it came; never a path
    sha256 = models.CharField(max_length=64, editable=False)
    size = models.BigIntegerField(default=0, editable=False)
    duration_s = models.FloatField(null=True, editable=False)
    page_count = models.PositiveIntegerField(null=True, editable=False)
    added_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, editable=False
    )
    added_at = models.DateTimeField(auto_now_add=True)
    published_at = models.DateTimeField(null=True, editable=False)  # null: not searchable yet

    objects: ClassVar = DocumentQuerySet.as_manager()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["corpus", "sha256"], name="document_once_per_corpus"),
        ]
        indexes: ClassVar = [models.Index(fields=["sha256"], name="document_sha256")]

    def __str__(self) -> str:
        return self.title


class Asset(models.Model):
    """A file we made from a document: a page image, a frame, a picture to show. Found by hash."""

    class Kind(models.TextChoices):
        PAGE = "page"  # the picture of a page or slide
        IMAGE = "image"  # the picture itself, re-encoded, or one embedded in the document
        SHOT = "shot"  # the frame that stands for a span of video
        SOUND = "sound"  # the waveform of a span of sound
        POSTER = "poster"  # shows the whole document
        CLIP = "clip"  # a span of video as eight small frames side by side
        FRAME = "frame"  # stands for a clip that is no shot
        TRACK = "track"  # the whole sound, one channel, for encoders
        SUBTITLES = "subtitles"  # WebVTT of all cues

    id = models.BigIntegerField(primary_key=True, default=new_id, editable=False)
    document = models.ForeignKey(Document, models.CASCADE, related_name="assets")
    kind = models.CharField(max_length=10, choices=Kind.choices)
    sha256 = models.CharField(max_length=64, db_index=True)
    media_type = models.CharField(max_length=100, default="image/webp")
    size = models.BigIntegerField(default=0)
    page = models.PositiveIntegerField(null=True)
    page_label = models.CharField(max_length=100, blank=True)
    width = models.FloatField(default=0)
    height = models.FloatField(default=0)
    start_s = models.FloatField(null=True)
    end_s = models.FloatField(null=True)
    frame_s = models.FloatField(null=True)
    caption = models.TextField(blank=True)

    def __str__(self) -> str:
        return f"{self.kind} of {self.document_id}"
