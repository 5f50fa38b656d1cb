"""What went wrong, said as RFC 9457 says it: one body for every error of the API."""

import errno
import json
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

from django.core.exceptions import (
    PermissionDenied,
    RequestDataTooBig,
    SuspiciousOperation,
    TooManyFieldsSent,
    TooManyFilesSent,
)
from django.db import InterfaceError, OperationalError
from django.http import Http404, HttpResponse
from kombu.exceptions import OperationalError as BrokerError
from rest_framework import exceptions

from frontend.fields import InvalidQuery, clean
from ingestion.errors import (
    IngestError,
    NoSpaceError,
    TooLargeError,
    TransientError,
    UnsupportedFormatError,
)
from search.errors import ModelMissingError, NotVisibleError, QueryError

log = logging.getLogger(__name__)

CONTENT_TYPE = "application/problem+json"
RETRY_S = 5
_TYPE = "/api/v1/docs/#error-{status}"
_SIGN_IN = (
    "Sign in first: send Authorization: Bearer TOKEN (manage.py create_token USER makes one), or a "
    "session."
)
_DETAILS = {
    400: "The request cannot be read as it is.",
    403: "You may not do this.",
    404: "There is nothing here, or nothing that you may see.",
    405: "This address does not know that method.",
    413: "The request is too large.",
    500: "Something went wrong on our side; the log of the server has the details.",
    503: "A part of the installation is down or restarting. Try again in a few seconds.",
    507: "The disk is nearly full: nothing was stored. Remove documents or make room.",
}


@dataclass(frozen=True, slots=True)
class Problem:
    """An error as its reader gets it: a sentence, and sentences by field."""

    status: int
    detail: str = ""
    errors: Mapping[str, list[str]] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def body(self) -> dict[str, Any]:
        """The members of the problem document."""
        title = HTTPStatus(self.status).phrase
        return {
            "type": _TYPE.format(status=self.status),
            "title": title,
            "status": self.status,
            "detail": clean(self.detail) or _DETAILS.get(self.status, f"{title}."),
            "errors": {
                clean(name): [clean(s) for s in found] for name, found in self.errors.items()
            },
        }


class Conflict(exceptions.APIException):
    """What was asked does not fit the state of things."""

    status_code = 409


class NoSpaceLeft(OSError):  # noqa: N818  the name of the status
    """The disk is nearly full: refused before anything is written."""

    def __init__(self) -> None:
        super().__init__(errno.ENOSPC, "The disk is nearly full")


def problem_response(problem: Problem) -> HttpResponse:
    """The problem as a response."""
    response = HttpResponse(
        json.dumps(problem.body), content_type=CONTENT_TYPE, status=problem.status
    )
    for name, value in problem.headers.items():
        response[name] = value
    response["Cache-Control"] = "no-store"
    return response


def exception_handler(error: Exception, context: Mapping[str, Any]) -> HttpResponse | None:
    """The answer of the API to an exception; None when it is a bug of ours."""
    problem = problem_of(error)
    if problem is None:
        return None
    if problem.status >= 500:
        log.warning("%s: %s", type(error).__name__, error)
    return problem_response(problem)


def problem_of(error: BaseException) -> Problem | None:
    """What an exception says to whoever asked; None when it says nothing they could use."""
    for kinds, say in _SAYINGS:
        if isinstance(error, kinds):
            return say(error)
    return None


def _from_framework(error: Any) -> Problem:
    headers = {}
    if header := getattr(error, "auth_header", ""):
        headers["WWW-Authenticate"] = header
    if wait := getattr(error, "wait", None):
        headers["Retry-After"] = str(max(1, round(wait)))
    if isinstance(error, exceptions.NotAuthenticated):
        return Problem(error.status_code, _SIGN_IN, {}, headers)
    if isinstance(error, exceptions.ValidationError):
        errors = dict(_flat(error.detail))
        general = errors.pop("", [])
        return Problem(error.status_code, " ".join(general or _joined(errors)), errors, headers)
    return Problem(error.status_code, str(error.detail), {}, headers)


def _flat(detail: Any, name: str = "") -> list[tuple[str, list[str]]]:
    """Sentences by the path of their field: ``filters.kind``; those of no field under ""."""
    if isinstance(detail, Mapping):
        found = []
        for key, inner in detail.items():
            part = "" if key == "non_field_errors" else str(key)
            found += _flat(inner, ".".join(word for word in (name, part) if word))
        return found
    entries = detail if isinstance(detail, list | tuple) else [detail]
    return [(name, [str(entry) for entry in entries])]


def _joined(errors: Mapping[str, list[str]]) -> list[str]:
    return [f"{name}: {' '.join(sentences)}" for name, sentences in errors.items()]


def _from_query(error: Any) -> Problem:
    return Problem(error.status, " ".join(_joined(error.errors)), error.errors)


def _from_disk(error: Any) -> Problem | None:
    return Problem(507) if error.errno in {errno.ENOSPC, errno.EDQUOT} else None


def _plain(status: int, *, telling: bool = True) -> Callable[[Any], Problem]:
    headers = {"Retry-After": str(RETRY_S)} if status == 503 else {}
    return lambda error: Problem(status, str(error) if telling else "", {}, headers)


def _limit(error: Any) -> Problem:
    what = "files" if isinstance(error, TooManyFilesSent) else "fields"
    return Problem(413, f"Too many {what} in one request; send them in several.")


# From the special to the general: the first that fits speaks.
_SAYINGS: tuple[tuple[Any, Callable[[Any], Problem | None]], ...] = (
    (exceptions.APIException, _from_framework),
    (InvalidQuery, _from_query),
    (NotVisibleError, _plain(404)),
    (Http404, _plain(404, telling=False)),
    (PermissionDenied, _plain(403)),
    (UnsupportedFormatError, _plain(415)),
    (TooLargeError, _plain(413)),
    (NoSpaceError, _plain(507)),
    (IngestError, _plain(422)),
    (QueryError, _plain(422)),
    (ModelMissingError, _plain(503)),
    ((TransientError, BrokerError), _plain(503, telling=False)),
    ((OperationalError, InterfaceError), _plain(503, telling=False)),
    ((TooManyFieldsSent, TooManyFilesSent), _limit),
    (RequestDataTooBig, _plain(413, telling=False)),
    (SuspiciousOperation, _plain(400, telling=False)),
    (OSError, _from_disk),
)
