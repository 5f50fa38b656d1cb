"""Documents: brought in, read, corrected, removed."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from django.db import transaction
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import status
from rest_framework.exceptions import ValidationError
from rest_framework.parsers import MultiPartParser
from rest_framework.response import Response
from rest_framework.views import APIView

from frontend.api import reference as ref
from frontend.api.bodies import document_bodies, passage_body, status_url
from frontend.api.content import StrictJSONParser
from frontend.api.pagination import ByCursor, ByOrdinal
from frontend.api.serializers import AddressFields, DocumentFields
from frontend.forms import InvalidQuery, viewer_of
from frontend.views.access import require_curator, visible_corpus, visible_document
from ingestion import services
from ingestion.errors import UnsupportedFormatError
from ingestion.parsers.detect import media_type
from search.indexing import rewrite_terms, touch_readers
from search.models import Corpus, Passage


class CorpusDocumentsView(APIView):
    """The documents of a corpus."""

    parser_classes = (MultiPartParser, StrictJSONParser)

    @property
    def throttle_scope(self) -> str:
        """Uploads are counted apart."""
        return "upload" if self.request.method == "POST" else "api"

    @extend_schema(
        operation_id="listDocuments",
        summary="List the documents of a corpus",
        parameters=ref.PAGING,
        responses=ref.page_of(ref.DocumentBody),
    )
    def get(self, request: Any, slug: str) -> Response:
        """Newest first, with those still on their way."""
        pages = ByCursor()
        found = visible_corpus(request, slug).documents.select_related("corpus", "job")
        rows = pages.paginate_queryset(found, request, self)
        return pages.get_paginated_response(document_bodies(rows))

    @extend_schema(
        operation_id="addDocuments",
        summary="Add documents",
        request={"multipart/form-data": ref.UploadForm, "application/json": AddressFields},
        responses={202: OpenApiResponse(ref.AcceptedBody, "Safe on disk, and on their way.")},
    )
    def post(self, request: Any, slug: str) -> Response:
        """Files, or an address to fetch. The same bytes twice in one corpus are one document.

        Subtitles (.vtt, .srt) go with the recording of the same name in the same request.
        """
        corpus = visible_corpus(request, slug)
        require_curator(corpus, viewer_of(request))
        files = request.FILES.getlist("file") if request.FILES else []
        accepted = (
            _take_files(files, corpus, request.user.pk)
            if files
            else [_take_address(request, corpus)]
        )
        return Response({"documents": _accepted_bodies(accepted)}, status.HTTP_202_ACCEPTED)


class DocumentView(APIView):
    """One document."""

    @extend_schema(
        operation_id="readDocument", summary="Read a document", responses=ref.DocumentBody
    )
    def get(self, request: Any, document_id: int) -> Response:
        """What it is, and how far it has come."""
        return Response(document_bodies([visible_document(request, document_id)])[0])

    @extend_schema(
        operation_id="changeDocument",
        summary="Correct a document",
        request=DocumentFields(partial=True),
        responses=ref.DocumentBody,
    )
    def patch(self, request: Any, document_id: int) -> Response:
        """Title, authors and the like, as citations show them. Curators and owners."""
        document = visible_document(request, document_id)
        require_curator(document.corpus, viewer_of(request))
        fields = DocumentFields(document, data=request.data, partial=True)
        fields.is_valid(raise_exception=True)
        with transaction.atomic():
            fields.save()
            if "title" in fields.validated_data:
                rewrite_terms(document)  # the words of the title count in its passages
            touch_readers(document.corpus)
        return Response(document_bodies([document])[0])

    @extend_schema(
        operation_id="removeDocument",
        summary="Remove a document",
        responses={200: OpenApiResponse(ref.CertificateBody, "The certificate.")},
    )
    def delete(self, request: Any, document_id: int) -> Response:
        """Removes it with all that was made of it, and proves it. Curators and owners."""
        document = visible_document(request, document_id)
        viewer = viewer_of(request)
        require_curator(document.corpus, viewer)
        return Response(services.remove_documents([document.pk], viewer)[0])


class PassagesView(APIView):
    """What a document was cut into."""

    @extend_schema(
        operation_id="listPassages",
        summary="List the passages of a document",
        parameters=ref.PAGING,
        responses=ref.page_of(ref.PassageBody),
    )
    def get(self, request: Any, document_id: int) -> Response:
        """Text and place of each passage, in the order of the document."""
        document = visible_document(request, document_id)
        pages = ByOrdinal()
        found = Passage.objects.filter(document=document).defer("terms", "anchors", "views")
        rows = pages.paginate_queryset(found, request, self)
        return pages.get_paginated_response([passage_body(row) for row in rows])


def _take_files(files: Sequence[Any], corpus: Corpus, user_id: int) -> list[services.Accepted]:
    """All of the files, or none."""
    incoming = [services.IncomingFile(f.name, Path(f.temporary_file_path())) for f in files]
    refused: list[str] = []
    for file in incoming:
        try:
            media_type(str(file.path), file.name)
        except UnsupportedFormatError as error:
            refused.append(str(error))
    if refused:
        raise InvalidQuery({"file": refused}, 415)
    return services.accept_files(incoming, corpus=corpus, user_id=user_id)


def _take_address(request: Any, corpus: Corpus) -> services.Accepted:
    if not isinstance(request.data, dict) or not request.data.get("url"):
        raise ValidationError(
            {"file": ["Send at least one file as multipart field “file”, or an address as “url”."]}
        )
    fields = AddressFields(data=request.data)
    fields.is_valid(raise_exception=True)
    return services.accept_url(fields.validated_data["url"], corpus=corpus, user_id=request.user.pk)


def _accepted_bodies(accepted: Sequence[services.Accepted]) -> list[dict[str, Any]]:
    return [
        {
            "id": str(entry.document.pk),
            "title": entry.document.title,
            "state": services.job_state(entry.document)["state"],
            "status_url": status_url(entry.document.pk),
            "filename": entry.name,
            "created": entry.created,
            "subtitles_of": entry.sidecar_of or None,
        }
        for entry in accepted
    ]
