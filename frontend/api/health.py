"""Is the site alive, and is it ready? The checks of ``manage.py doctor``, asked over HTTP."""

import time
from threading import Lock
from typing import Any

from django.conf import settings
from drf_spectacular.utils import extend_schema
from rest_framework.permissions import AllowAny
from rest_framework.response import Response
from rest_framework.views import APIView

from frontend.api import reference as ref
from frontend.problems import RETRY_S
from mmsearch_site import health

KEPT_S = 4  # a finding is given again for so long: asking often costs nothing
_lock = Lock()
_last: tuple[float, list[health.Check]] | None = None


class HealthView(APIView):
    """Alive."""

    authentication_classes = ()
    permission_classes = (AllowAny,)
    throttle_classes = ()

    @extend_schema(
        operation_id="healthz", summary="Is it alive?", auth=[], responses=ref.HealthBody
    )
    def get(self, request: Any) -> Response:
        """200 as long as the web server answers, whatever else is down; the checks say what."""
        return Response(_report(request))


class ReadyView(HealthView):
    """Ready."""

    @extend_schema(
        operation_id="readyz",
        summary="Is it ready?",
        auth=[],
        responses={200: ref.HealthBody, 503: ref.HealthBody},
    )
    def get(self, request: Any) -> Response:
        """503 while something that is required does not work; what only degrades stays 200."""
        body = _report(request)
        if body["ok"]:
            return Response(body)
        return Response(body, status=503, headers={"Retry-After": str(RETRY_S)})


def forget() -> None:
    """Look again at the next question."""
    global _last  # noqa: PLW0603
    _last = None


def _report(request: Any) -> dict[str, Any]:
    body = health.report(_checks())
    if not _asked_from_here(request):
        for check in body["checks"]:
            check["detail"] = "works" if check["ok"] else "does not work"
            check["remedy"] = "" if check["ok"] else "Run manage.py doctor on the server."
    return body


def _checks() -> list[health.Check]:
    global _last  # noqa: PLW0603
    with _lock:
        if _last is None or time.monotonic() - _last[0] > KEPT_S:
            _last = (time.monotonic(), health.run_checks())
        return _last[1]


def _asked_from_here(request: Any) -> bool:
    """Details name versions and hosts: only for the machine the site runs on."""
    forwarded = any(name in request.headers for name in ("X-Forwarded-For", "Forwarded"))
    return settings.ON_LOOPBACK and not settings.HTTPS and not forwarded
