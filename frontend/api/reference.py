"""The bodies of the API as the OpenAPI schema describes them. Nothing here runs on a request."""

from functools import cache

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import (
    OpenApiParameter,
    OpenApiResponse,
    extend_schema_field,
    inline_serializer,
)
from rest_framework import serializers as s

from search.models import Role, Visibility
from search.types import Modality

MODALITIES = [modality.value for modality in Modality]
_STATES = ["received", "parsed", "chunked", "encoded", "searchable", "partial", "failed"]
OPTIONAL = {"required": False, "allow_null": True}


class ProblemBody(s.Serializer):
    """RFC 9457 problem details."""

    type = s.CharField(help_text="An address that explains this kind of problem.")
    title = s.CharField()
    status = s.IntegerField()
    detail = s.CharField(help_text="A sentence: what is wrong, and what would help.")
    errors = s.DictField(child=s.ListField(child=s.CharField()), help_text="Sentences by field.")


PROBLEM = OpenApiResponse(ProblemBody, "A problem; `detail` says what would help.")
PAGING = [
    OpenApiParameter("cursor", str, description="From `next` or `previous` of a page."),
    OpenApiParameter(
        "limit",
        {"type": "integer", "minimum": 1, "maximum": 100, "default": 25},
        description="How many on a page.",
    ),
]


@cache
def page_of(body: type[s.Serializer]) -> s.Serializer:
    """A page of a list: rows, and the addresses of its neighbours."""
    return inline_serializer(
        f"{body.__name__.removesuffix('Body')}Page",
        {
            "next": s.CharField(allow_null=True),
            "previous": s.CharField(allow_null=True),
            "results": body(many=True),
        },
    )


@extend_schema_field(OpenApiTypes.BINARY)
class FileField(s.FileField):
    """Bytes in a form."""


class CheckBody(s.Serializer):
    """One finding of the doctor."""

    name = s.CharField()
    ok = s.BooleanField()
    detail = s.CharField()
    remedy = s.CharField()
    required = s.BooleanField(help_text="Whether the site is not ready without it.")


class HealthBody(s.Serializer):
    """The checks of `manage.py doctor`."""

    ok = s.BooleanField()
    checks = CheckBody(many=True)


class CorpusBody(s.Serializer):
    """A library within the library."""

    slug = s.CharField()
    name = s.CharField()
    description = s.CharField()
    visibility = s.ChoiceField(Visibility.choices)
    role = s.ChoiceField(Role.choices, allow_null=True, help_text="Yours; null for a guest.")
    documents = s.IntegerField()
    passages = s.IntegerField()
    bytes = s.IntegerField()
    retention_days = s.IntegerField(allow_null=True)
    created_at = s.DateTimeField()


class MemberBody(s.Serializer):
    """A person's role."""

    username = s.CharField()
    role = s.ChoiceField(Role.choices)


class MemberList(s.Serializer):
    """The members of a corpus."""

    results = MemberBody(many=True)


class PassageCounts(s.Serializer):
    """How many passages of each kind."""

    text = s.IntegerField()
    page = s.IntegerField()
    image = s.IntegerField()
    video = s.IntegerField()
    audio = s.IntegerField()


class DocumentBody(s.Serializer):
    """One thing that was brought in."""

    id = s.CharField()
    corpus = s.CharField()
    title = s.CharField()
    authors = s.ListField(child=s.CharField())
    published = s.CharField(help_text="When the work came out: 2009, 2009-06 or 2009-06-15.")
    doi = s.CharField()
    url = s.CharField()
    media_type = s.CharField()
    sha256 = s.CharField()
    size = s.IntegerField()
    filename = s.CharField()
    state = s.ChoiceField(_STATES)
    progress = s.FloatField(min_value=0, max_value=1)
    error = s.CharField(help_text="What went wrong, or what could not be read.")
    passages = PassageCounts()
    pages = s.IntegerField(allow_null=True)
    duration_s = s.FloatField(allow_null=True)
    language = s.CharField()
    licence = s.CharField()
    added_at = s.DateTimeField()
    file_url = s.CharField()
    view_url = s.CharField()
    status_url = s.CharField()


class AcceptedDocument(s.Serializer):
    """A file that is safe on disk."""

    id = s.CharField()
    title = s.CharField()
    state = s.ChoiceField(_STATES)
    status_url = s.CharField()
    filename = s.CharField()
    created = s.BooleanField(help_text="False when these bytes were here before.")
    subtitles_of = s.CharField(allow_null=True, help_text="The recording these subtitles go with.")


class AcceptedBody(s.Serializer):
    """What became of an upload."""

    documents = AcceptedDocument(many=True)


class UploadForm(s.Serializer):
    """Files to add."""

    file = s.ListField(child=FileField(), min_length=1)


class ProbeBody(s.Serializer):
    """The document's own best questions, asked again after its removal."""

    queries = s.ListField(child=s.CharField())
    found = s.BooleanField()


class CertificateBody(s.Serializer):
    """What was removed, and the proof that it is gone."""

    document = s.CharField()
    title = s.CharField()
    sha256 = s.CharField()
    corpus = s.CharField()
    rows = s.DictField(child=s.IntegerField(), help_text="Rows removed, by table.")
    files = s.IntegerField()
    files_shared_with_others = s.IntegerField()
    removed_at = s.DateTimeField()
    probe = ProbeBody()


class CorpusRemoved(s.Serializer):
    """A removed corpus, with a certificate for each of its documents."""

    slug = s.CharField()
    documents = CertificateBody(many=True)


class LocatorBody(s.Serializer):
    """Where evidence stands; what applies is there. Pages count from 1, boxes are fractions."""

    page = s.IntegerField(**OPTIONAL)
    page_label = s.CharField(**OPTIONAL)
    boxes = s.ListField(
        child=s.ListField(child=s.FloatField(), min_length=4, max_length=4), **OPTIONAL
    )
    start_s = s.FloatField(**OPTIONAL)
    end_s = s.FloatField(**OPTIONAL)
    chars = s.ListField(child=s.IntegerField(), min_length=2, max_length=2, **OPTIONAL)


class PassageBody(s.Serializer):
    """The smallest thing an answer can cite."""

    id = s.CharField()
    ordinal = s.IntegerField()
    kind = s.ChoiceField(MODALITIES)
    text = s.CharField()
    heading = s.CharField()
    language = s.CharField()
    locator = LocatorBody()
    view_url = s.CharField()
    thumbnail_url = s.CharField(allow_null=True)
