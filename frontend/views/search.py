"""Ask: the box, the answer, and the list below it."""

from dataclasses import dataclass, replace
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from frontend.asked import Asked
from frontend.asked_files import by_medium
from frontend.examples import example_questions
from frontend.forms import InvalidQuery, query_from_request, viewer_of
from frontend.library import counted
from frontend.presentation import ShownAnswer, ShownResults, shown_answer, shown_results
from frontend.structured_data import answer_page
from frontend.views.access import for_readers
from search import services
from search.errors import NotVisibleError, QueryError
from search.models import Corpus
from search.types import Query, Viewer

PAGE = "search/page.html"


@dataclass(frozen=True, slots=True)
class Found:
    """What one question brought: a list always, an answer where there were words."""

    results: ShownResults
    answer: ShownAnswer | None = None


@require_safe
@for_readers
def home(request: HttpRequest) -> HttpResponseBase:
    viewer = viewer_of(request)
    corpora = list(counted(Corpus.objects.visible_to(viewer)))
    context = {
        "corpora": corpora,
        "documents": sum(corpus.document_count for corpus in corpora),
        "examples": example_questions(corpora),
    }
    return render(request, "search/home.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@for_readers
def results(request: HttpRequest) -> HttpResponseBase:
    """The page of a question: words in the address, a picture, clip or sound in the body."""
    if request.method == "POST":
        return _ask_with_file(request)
    asked, viewer = Asked(request.GET), viewer_of(request)
    if asked.is_empty:
        return redirect("frontend:home")
    try:
        query = query_from_request(asked.as_query(), {}, viewer)
        query = replace(query, offset=asked.offset)
        found = _find(query, viewer, asked)
    except (InvalidQuery, QueryError) as error:
        return _unusable(request, asked, error)
    except NotVisibleError as error:
        raise Http404(str(error)) from error
    return _page(request, found, asked)


@require_safe
@for_readers
def stored_answer(request: HttpRequest, *, answer_id: int) -> HttpResponseBase:
    """An answer as it was, with its evidence as it was."""
    try:
        body = services.read_answer(answer_id, viewer_of(request))
    except NotVisibleError as error:
        raise Http404(str(error)) from error
    return _page(request, Found(shown_results(_as_search(body)), shown_answer(body)), None)


def _ask_with_file(request: HttpRequest) -> HttpResponseBase:
    viewer, words = viewer_of(request), Asked(request.POST)
    try:
        query = query_from_request(_with_crop(request, words), by_medium(request.FILES), viewer)
        row = services.open_answer(query, viewer)
    except (InvalidQuery, QueryError) as error:
        return _unusable(request, words, error)
    except NotVisibleError as error:
        raise Http404(str(error)) from error
    if request.user.is_authenticated:
        return redirect("frontend:stored_answer", answer_id=row.pk)
    found = Found(shown_results(row.search.body), shown_answer(row.body))
    return _page(request, found, None)


def _with_crop(request: HttpRequest, words: Asked) -> dict[str, Any]:
    """The question with the part of its picture, if one was drawn."""
    crop = request.POST.get("crop", "").strip()
    return words.as_query() | ({"crop": crop} if crop else {})


def _find(query: Query, viewer: Viewer, asked: Asked) -> Found:
    """The list; above its first page also the answer, where there are words to answer."""
    if asked.page > 1 or not asked.text:
        return Found(shown_results(services.open_search(query, viewer).body, asked))
    row = services.open_answer(query, viewer)
    return Found(shown_results(row.search.body, asked), shown_answer(row.body))


def _page(request: HttpRequest, found: Found, asked: Asked | None) -> HttpResponse:
    body = found.answer.body if found.answer else found.results.body
    context: dict[str, Any] = {
        "asked": asked,
        "results": found.results,
        "answer": found.answer,
        "question": _question_of(body),
        "asked_media": _media_of(body),
        "degraded": body.get("degraded", ()),
        "corpora": list(Corpus.objects.visible_to(viewer_of(request))),
        "chosen": asked.address.getlist("corpus") if asked else [],
    }
    if found.answer:
        context["structured"] = answer_page(found.answer.body, request.build_absolute_uri)
    return render(request, PAGE, context)


def _unusable(request: HttpRequest, asked: Asked, error: Exception) -> HttpResponse:
    status = getattr(error, "status", 400)
    listed = getattr(error, "errors", None) or {"question": [str(error)]}
    sentences = [
        sentence
        for value in listed.values()
        for sentence in ([value] if isinstance(value, str) else value)
    ]
    context = {
        "asked": asked,
        "question": asked.text,
        "problems": sentences,
        "corpora": list(Corpus.objects.visible_to(viewer_of(request))),
        "chosen": asked.address.getlist("corpus"),
    }
    return render(request, PAGE, context, status=status)


def _question_of(body: Any) -> str:
    query = body.get("query", "")
    return str(query.get("text", "")) if isinstance(query, dict) else str(query)


def _media_of(body: Any) -> list[dict[str, Any]]:
    query = body.get("query", "")
    return list(query.get("media", ())) if isinstance(query, dict) else []


def _as_search(body: dict[str, Any]) -> dict[str, Any]:
    return {**body, "total": len(body.get("hits", ()))}
