"""Bodies that come in, checked; the errors name the field."""

from typing import Any

from django.utils.text import slugify
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from frontend.fields import FieldError, date_text, identifier
from search.models import Corpus, Document, Role, Visibility


@extend_schema_field(str)
class IdField(serializers.Field):
    """An id: a string of digits, because a browser's number is too short for it."""

    def to_internal_value(self, value: Any) -> int:
        try:
            return identifier(value)
        except FieldError as error:
            raise serializers.ValidationError(str(error)) from error

    def to_representation(self, value: int) -> str:
        return str(value)


class CorpusFields(serializers.Serializer):
    """What a corpus is made of, and what may be changed about it."""

    slug = serializers.RegexField(
        r"^[a-z0-9]+(?:[-_][a-z0-9]+)*\Z",
        max_length=100,
        required=False,
        help_text="Its place in addresses; made from the name when absent, and kept for good.",
        error_messages={"invalid": "Use small letters, digits and single hyphens."},
    )
    name = serializers.CharField(max_length=200)
    description = serializers.CharField(max_length=5000, required=False, allow_blank=True)
    visibility = serializers.ChoiceField(Visibility.choices, required=False)
    retention_days = serializers.IntegerField(
        min_value=1, max_value=36_500, required=False, allow_null=True
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """A new corpus needs a slug of its own."""
        if self.instance is not None:
            attrs.pop("slug", None)
            return attrs
        slug = attrs.setdefault("slug", slugify(attrs["name"])[:100].strip("-_"))
        if not slug:
            raise serializers.ValidationError(
                {"slug": ["No slug can be made from this name; give one."]}
            )
        return attrs

    def create(self, validated_data: dict[str, Any]) -> Corpus:
        return Corpus.objects.create(**validated_data)


class MemberFields(serializers.Serializer):
    """A person's role."""

    role = serializers.ChoiceField(Role.choices)


class AddressFields(serializers.Serializer):
    """A document to fetch."""

    url = serializers.CharField(max_length=2000)


class DocumentFields(serializers.ModelSerializer):
    """What may be corrected about a document. All fields are optional."""

    authors = serializers.ListField(child=serializers.CharField(max_length=200), max_length=500)
    published = serializers.CharField(
        source="issued",
        max_length=10,
        allow_blank=True,
        help_text="When the work came out: 2009, 2009-06 or 2009-06-15.",
    )

    class Meta:
        model = Document
        fields = ("title", "authors", "published", "doi", "url", "language", "licence")

    def validate_published(self, value: str) -> str:
        """An ISO year, month or day."""
        try:
            return date_text(value) if value else ""
        except FieldError as error:
            raise serializers.ValidationError(str(error)) from error

    def validate_url(self, value: str) -> str:
        """An address that is safe to show as a link."""
        if value and not value.lower().startswith(("http://", "https://")):
            raise serializers.ValidationError("An address begins with http:// or https://.")
        return value


class FeedbackFields(serializers.Serializer):
    """A vote on an answer, or on one passage of a search."""

    answer = IdField(required=False, allow_null=True)
    search = IdField(required=False, allow_null=True)
    passage = IdField(required=False, allow_null=True)
    value = serializers.IntegerField()
    reason = serializers.CharField(max_length=100, required=False, allow_blank=True)
    comment = serializers.CharField(max_length=4000, required=False, allow_blank=True)

    def validate_value(self, value: int) -> int:
        """1 is helpful, -1 is not."""
        if value not in {1, -1}:
            raise serializers.ValidationError(f"{value} is not a vote; write 1 or -1.")
        return value

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """One thing is voted on."""
        on_answer, on_search = bool(attrs.get("answer")), bool(attrs.get("search"))
        if on_answer == on_search:
            raise serializers.ValidationError("Name an answer, or a search with a passage.")
        if on_search and not attrs.get("passage"):
            raise serializers.ValidationError({"passage": ["Name the passage of the search."]})
        if on_answer and attrs.get("passage"):
            raise serializers.ValidationError({"passage": ["A passage goes with its search."]})
        return attrs
