"""Errors that Django itself answers, said in the API's way when they happen under its addresses."""

import logging
from collections.abc import Callable

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.template.loader import render_to_string

from frontend.problems import CONTENT_TYPE, RETRY_S, Problem, problem_response

log = logging.getLogger(__name__)

_PREFIX = "/api/"
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


class ProblemDetails:
    """No HTML error page leaves /api/: 404, 403, 400 and 500 become problem details."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        if not request.path_info.startswith(_PREFIX):
            return response
        if response.status_code in {301, 302} and request.method not in _SAFE:
            response.status_code = 308  # a forgotten slash must not turn a POST into a GET
        response.headers.setdefault("Cache-Control", "no-store")  # what is removed is gone
        if response.status_code < 400 or not _is_page(response):
            return response
        return problem_response(_problem(response.status_code))


class Unavailable:
    """A page whose database is away or too slow says so, with when to come again: 503, not 500."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponseBase | None:
        """The page of a database that does not answer; every other error is another's."""
        if not isinstance(error, OperationalError | InterfaceError):
            return None
        log.warning("%s: the database did not answer: %s", request.path, error)
        page = HttpResponse(render_to_string("503.html"), status=503)
        page.headers["Retry-After"] = str(RETRY_S)
        return page


def _problem(status: int) -> Problem:
    return Problem(status, headers={"Retry-After": str(RETRY_S)} if status == 503 else {})


def _is_page(response: HttpResponseBase) -> bool:
    kind = response.get("Content-Type", "")
    return not kind.startswith((CONTENT_TYPE, "application/json"))
