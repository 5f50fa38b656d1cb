"""Corpora and their members."""

from typing import Any

from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.http import Http404
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import status
from rest_framework.response import Response
from rest_framework.views import APIView

from frontend.api import reference as ref
from frontend.api.bodies import corpus_body, described_corpora
from frontend.api.pagination import ByCursor
from frontend.api.serializers import CorpusFields, MemberFields
from frontend.forms import viewer_of
from frontend.library import is_last_owner
from frontend.problems import Conflict
from frontend.views.access import require_curator, require_owner, role_in, visible_corpus
from ingestion import services
from search.indexing import touch_readers
from search.models import Corpus, Membership, Role

_OWNERS_FIELDS = frozenset({"visibility", "retention_days"})


class CorporaView(APIView):
    """The corpora one may see."""

    @extend_schema(
        operation_id="listCorpora",
        summary="List corpora",
        parameters=ref.PAGING,
        responses=ref.page_of(ref.CorpusBody),
    )
    def get(self, request: Any) -> Response:
        """Those that are public and those one is a member of, newest first."""
        pages = ByCursor()
        rows = pages.paginate_queryset(described_corpora(viewer_of(request)), request, self)
        return pages.get_paginated_response([corpus_body(row) for row in rows])

    @extend_schema(
        operation_id="createCorpus",
        summary="Make a corpus",
        request=CorpusFields,
        responses={201: ref.CorpusBody, 409: ref.PROBLEM},
    )
    def post(self, request: Any) -> Response:
        """Whoever makes a corpus owns it. It is private unless it says otherwise."""
        fields = CorpusFields(data=request.data)
        fields.is_valid(raise_exception=True)
        try:
            with transaction.atomic():
                corpus = fields.save()
                Membership.objects.create(corpus=corpus, user=request.user, role=Role.OWNER)
        except IntegrityError as error:
            slug = fields.validated_data["slug"]
            raise Conflict(f"The slug {slug!r} is taken; choose another one.") from error
        body = _body(request, corpus)
        return Response(
            body, status.HTTP_201_CREATED, headers={"Location": request.path + f"{corpus.slug}/"}
        )


class CorpusView(APIView):
    """One corpus."""

    @extend_schema(operation_id="readCorpus", summary="Read a corpus", responses=ref.CorpusBody)
    def get(self, request: Any, slug: str) -> Response:
        """What it holds, and one's own role in it."""
        return Response(_body(request, visible_corpus(request, slug)))

    @extend_schema(
        operation_id="changeCorpus",
        summary="Change a corpus",
        request=CorpusFields(partial=True),
        responses=ref.CorpusBody,
    )
    def patch(self, request: Any, slug: str) -> Response:
        """Curators change name and description; owners also visibility and retention."""
        corpus = visible_corpus(request, slug)
        viewer = viewer_of(request)
        require_curator(corpus, viewer)
        fields = CorpusFields(corpus, data=request.data, partial=True)
        fields.is_valid(raise_exception=True)
        if _OWNERS_FIELDS & fields.validated_data.keys():
            require_owner(corpus, viewer)
        with transaction.atomic():
            for name, value in fields.validated_data.items():
                setattr(corpus, name, value)
            corpus.save(update_fields=list(fields.validated_data))
            touch_readers(corpus)
        return Response(_body(request, corpus))

    @extend_schema(
        operation_id="removeCorpus",
        summary="Remove a corpus",
        responses={200: OpenApiResponse(ref.CorpusRemoved, "With a certificate per document.")},
    )
    def delete(self, request: Any, slug: str) -> Response:
        """Removes it for good, with every document in it. Owners only."""
        corpus = visible_corpus(request, slug)
        viewer = viewer_of(request)
        require_owner(corpus, viewer)
        certificates = services.remove_corpus(corpus, viewer)
        return Response({"slug": slug, "documents": certificates})


class MembersView(APIView):
    """Who may do what in a corpus."""

    @extend_schema(
        operation_id="listMembers",
        summary="List the members of a corpus",
        responses=ref.MemberList,
    )
    def get(self, request: Any, slug: str) -> Response:
        """Names and roles, for curators and owners."""
        corpus = visible_corpus(request, slug)
        require_curator(corpus, viewer_of(request))
        members = corpus.memberships.select_related("user").order_by("user__username")
        return Response(
            {"results": [{"username": m.user.get_username(), "role": m.role} for m in members]}
        )


class MemberView(APIView):
    """One person's role in a corpus."""

    @extend_schema(
        operation_id="setMember",
        summary="Give a person a role",
        request=MemberFields,
        responses={200: ref.MemberBody, 201: ref.MemberBody, 409: ref.PROBLEM},
    )
    def put(self, request: Any, slug: str, username: str) -> Response:
        """Adds a member or changes a role; it counts from the next request on. Owners only."""
        corpus = visible_corpus(request, slug)
        require_owner(corpus, viewer_of(request))
        fields = MemberFields(data=request.data)
        fields.is_valid(raise_exception=True)
        user, role = _person(username), fields.validated_data["role"]
        with transaction.atomic():
            _keep_an_owner(corpus, user, role)
            _, created = Membership.objects.update_or_create(
                corpus=corpus, user=user, defaults={"role": role}
            )
            touch_readers(corpus)
        code = status.HTTP_201_CREATED if created else status.HTTP_200_OK
        return Response({"username": user.get_username(), "role": role}, code)

    @extend_schema(
        operation_id="removeMember",
        summary="Take a person's role away",
        request=None,
        responses={204: None, 409: ref.PROBLEM},
    )
    def delete(self, request: Any, slug: str, username: str) -> Response:
        """Owners remove anybody; members may leave. The last owner stays."""
        corpus = visible_corpus(request, slug)
        if request.user.get_username() != username or not role_in(corpus, viewer_of(request)):
            require_owner(corpus, viewer_of(request))
        user = _person(username)
        with transaction.atomic():
            _keep_an_owner(corpus, user, "")
            removed, _ = Membership.objects.filter(corpus=corpus, user=user).delete()
            if not removed:
                raise Http404
            touch_readers(corpus)
        return Response(status=status.HTTP_204_NO_CONTENT)


def _body(request: Any, corpus: Corpus) -> dict[str, Any]:
    return corpus_body(described_corpora(viewer_of(request)).get(pk=corpus.pk))


def _person(username: str) -> User:
    user = None if "\0" in username else User.objects.filter(username=username).first()
    if user is None:
        raise Http404
    return user


def _keep_an_owner(corpus: Corpus, user: User, role: str) -> None:
    """Refuse to leave a corpus without an owner, also when two owners leave at once."""
    if role != Role.OWNER and is_last_owner(corpus, user.pk):
        raise Conflict(
            f"{user.get_username()} is the last owner of {corpus.slug}; make another owner first."
        )
