"""Questions: what was found, what was answered, and what people thought of it."""

from dataclasses import replace
from typing import Any

from django.http import HttpResponseBase, StreamingHttpResponse
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import status
from rest_framework.exceptions import ValidationError
from rest_framework.renderers import JSONRenderer
from rest_framework.response import Response
from rest_framework.views import APIView

from frontend.api import search_reference as ref
from frontend.api.content import EventStreamRenderer
from frontend.api.serializers import FeedbackFields
from frontend.api.stream import answer_events
from frontend.fields import FieldError, identifier
from frontend.forms import goes_on, query_from_request, viewer_of
from search import planning, services
from search.types import Query


class SearchView(APIView):
    """Questions answered by a list."""

    throttle_scope = "search"

    @extend_schema(
        operation_id="search",
        summary="Search",
        request=ref.QUERY_REQUEST,
        responses=ref.SearchBody,
    )
    def post(self, request: Any) -> Response:
        """The passages that fit best, with facets. `next_cursor` leads to the next page."""
        query = _query(request)
        body = services.open_search(query, viewer_of(request)).body
        return Response(body if goes_on(query) else {**body, "next_cursor": None})


class AnswersView(APIView):
    """Questions answered in sentences."""

    throttle_scope = "answer"
    renderer_classes = (JSONRenderer, EventStreamRenderer)

    @extend_schema(
        operation_id="ask",
        summary="Ask",
        request=ref.ANSWER_REQUEST,
        responses={
            (200, "application/json"): ref.AnswerBody,
            (200, "text/event-stream"): OpenApiResponse(
                ref.EVENTS, "Events `hits`, `step`, `token`, `citation`, `answer`, `error`."
            ),
        },
    )
    def post(self, request: Any) -> HttpResponseBase:
        """An answer of which every sentence is cited, or a refusal with the nearest misses.

        With `Accept: text/event-stream`, or `"stream": true`, it comes as events.
        """
        query, viewer = _query(request), viewer_of(request)
        if answer_id := _conversation(request):
            query = replace(query, turns=(services.turn_of(answer_id, viewer),))
        conversation = _text(answer_id)
        if not _wants_stream(request):
            body = services.open_answer(query, viewer).body
            return Response({**body, "conversation": conversation or body["id"]})
        found = services.open_search(query, viewer).body  # what fails here has its own status
        events = answer_events(found, query, viewer, conversation)
        response = StreamingHttpResponse(events, content_type="text/event-stream")
        response["Cache-Control"] = "no-store"
        response["X-Accel-Buffering"] = "no"  # a proxy that waits for the end is no stream
        return response


class AnswerView(APIView):
    """One answer of one's own."""

    @extend_schema(operation_id="readAnswer", summary="Read an answer", responses=ref.AnswerBody)
    def get(self, request: Any, answer_id: int) -> Response:
        """As it was, with its evidence as it was."""
        return Response(services.read_answer(answer_id, viewer_of(request)))


class FeedbackView(APIView):
    """Votes."""

    @extend_schema(
        operation_id="giveFeedback",
        summary="Vote on an answer or a hit",
        request=FeedbackFields,
        responses={201: ref.FeedbackBody},
    )
    def post(self, request: Any) -> Response:
        """1 is helpful, -1 is not. The same voter again replaces the vote."""
        fields = FeedbackFields(data=request.data)
        fields.is_valid(raise_exception=True)
        vote = dict(fields.validated_data)
        given = services.give_feedback(viewer_of(request), **vote)
        things = {name: _text(vote.get(name)) for name in ("answer", "search", "passage")}
        words = {name: getattr(given, name) for name in ("value", "reason", "comment")}
        return Response({"id": str(given.pk), **things, **words}, status.HTTP_201_CREATED)


class RecipesView(APIView):
    """The ways to search."""

    @extend_schema(operation_id="listRecipes", summary="List recipes", responses=ref.RecipeList)
    def get(self, request: Any) -> Response:
        """Each with its stages, what it needs, and whether it can run here."""
        return Response({"recipes": [_recipe_body(recipe) for recipe in planning.recipes()]})


class PreferencesView(APIView):
    """How the person who asks searches."""

    @extend_schema(
        operation_id="readPreferences", summary="Read preferences", responses=ref.PreferencesBody
    )
    def get(self, request: Any) -> Response:
        """The recipe of questions that name none."""
        return Response({"recipe": services.preference_of(viewer_of(request))})

    @extend_schema(
        operation_id="writePreferences",
        summary="Change preferences",
        request=ref.PreferencesBody,
        responses=ref.PreferencesBody,
    )
    def put(self, request: Any) -> Response:
        """Fast, balanced, thorough, or any recipe by name; empty for what the library says."""
        fields = ref.PreferencesBody(data=request.data)
        fields.is_valid(raise_exception=True)
        services.prefer(viewer_of(request), fields.validated_data["recipe"])
        return self.get(request)


def _query(request: Any) -> Query:
    return query_from_request(request.data, request.FILES, viewer_of(request))


def _wants_stream(request: Any) -> bool:
    if request.accepted_renderer.format == EventStreamRenderer.format:
        return True
    accepts = request.headers.get("Accept", "*/*")
    return request.data.get("stream") in (True, "true", "1") and "application/json" not in accepts


def _conversation(request: Any) -> int | None:
    """The answer that began the conversation this question belongs to."""
    if not (value := request.data.get("conversation")):
        return None
    try:
        return identifier(value)
    except FieldError as error:
        raise ValidationError({"conversation": [str(error)]}) from error


def _recipe_body(recipe: Any) -> dict[str, Any]:
    return {
        "name": recipe.name,
        "title": recipe.title,
        "source": recipe.source,
        "stages": list(recipe.stages),
        "needs": list(recipe.needs),
        "available": recipe.available,
        "why_not": recipe.why_not,
        "digest": recipe.digest,
    }


def _text(number: int | None) -> str | None:
    return None if number is None else str(number)
