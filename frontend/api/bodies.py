"""Rows in the shape the contract gives them.

Ids travel as strings: a browser's number is too short for them.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from django.db.models import BigIntegerField, Count, OuterRef, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce
from django.urls import reverse

from ingestion.services import job_state
from search.models import Corpus, Document, Membership, Passage
from search.types import Modality, Viewer


def described_corpora(viewer: Viewer) -> QuerySet[Corpus]:
    """The corpora a viewer may see, with role, number of documents and bytes."""
    documents = Document.objects.filter(corpus=OuterRef("pk")).order_by().values("corpus")
    role = Membership.objects.filter(corpus=OuterRef("pk"), user_id=viewer.user_id).values("role")
    return Corpus.objects.visible_to(viewer).annotate(
        my_role=Subquery(role[:1]),
        document_count=_number(documents.annotate(n=Count("pk")).values("n")),
        byte_count=_number(documents.annotate(n=Sum("size")).values("n")),
    )


def corpus_body(corpus: Any) -> dict[str, Any]:
    """CORPUS, from a row of ``described_corpora``."""
    return {
        "slug": corpus.slug,
        "name": corpus.name,
        "description": corpus.description,
        "visibility": corpus.visibility,
        "role": corpus.my_role,
        "documents": corpus.document_count,
        "passages": corpus.passage_count,
        "bytes": corpus.byte_count,
        "retention_days": corpus.retention_days,
        "created_at": corpus.created_at.isoformat(),
    }


def document_bodies(documents: Sequence[Document]) -> list[dict[str, Any]]:
    """DOCUMENT of each row; the rows come with ``corpus`` and ``job`` selected."""
    counts: dict[int, dict[str, int]] = {document.pk: {} for document in documents}
    rows = Passage.objects.filter(document__in=counts).order_by().values("document_id", "kind")
    for row in rows.annotate(number=Count("pk")):
        counts[row["document_id"]][row["kind"]] = row["number"]
    return [_document_body(document, counts[document.pk]) for document in documents]


def _document_body(document: Document, passages: Mapping[str, int]) -> dict[str, Any]:
    place = f"/documents/{document.pk}/"
    return {
        "id": str(document.pk),
        "corpus": document.corpus.slug,
        "title": document.title,
        "authors": document.authors,
        "published": document.issued,
        "doi": document.doi,
        "url": document.url,
        "media_type": document.media_type,
        "sha256": document.sha256,
        "size": document.size,
        "filename": document.filename,
        **job_state(document),
        "passages": {kind.value: passages.get(kind.value, 0) for kind in Modality},
        "pages": document.page_count,
        "duration_s": document.duration_s,
        "language": document.language,
        "licence": document.licence,
        "added_at": document.added_at.isoformat(),
        "file_url": f"{place}file",
        "view_url": place,
        "status_url": status_url(document.pk),
    }


def status_url(document_id: int) -> str:
    """Where a document's state is read."""
    return reverse("api:document", args=[document_id])


def passage_body(passage: Passage) -> dict[str, Any]:
    """One passage with its place."""
    document = f"/documents/{passage.document_id}/"
    return {
        "id": str(passage.pk),
        "ordinal": passage.ordinal,
        "kind": passage.kind,
        "text": passage.text,
        "heading": passage.heading,
        "language": passage.language,
        "locator": _locator(passage),
        "view_url": f"{document}?passage={passage.pk}",
        "thumbnail_url": f"{document}assets/{passage.picture}" if passage.picture else None,
    }


def _locator(passage: Passage) -> dict[str, Any]:
    """What applies of page, boxes, times and characters."""
    chars = [passage.char_start, passage.char_end]
    found = {
        "page": passage.page,
        "page_label": passage.page_label or None,
        "boxes": passage.boxes or None,
        "start_s": passage.start_s,
        "end_s": passage.end_s,
        "chars": chars if None not in chars else None,
    }
    return {name: value for name, value in found.items() if value is not None}


def _number(rows: QuerySet[Any, Any]) -> Coalesce:
    return Coalesce(Subquery(rows, output_field=BigIntegerField()), 0)
