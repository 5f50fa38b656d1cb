"""How much one person may ask in a minute. A courtesy, not a fence: generous, and settable."""

import time
from typing import Any

from django.core.cache import cache
from rest_framework.settings import api_settings
from rest_framework.throttling import BaseThrottle

_WINDOWS_S = {"second": 1, "minute": 60, "hour": 3600}


class PerUser(BaseThrottle):
    """Counts a person's requests of one scope in fixed windows, in the site's cache.

    The scope is the view's ``throttle_scope``, else "api"; "unsigned" counts those who are not
    signed in, by address. Rates are ``{scope: "600/minute"}`` in DEFAULT_THROTTLE_RATES.
    """

    def allow_request(self, request: Any, view: Any) -> bool:
        """Whether this one still fits into the window."""
        signed_in = bool(request.user and request.user.is_authenticated)
        scope = getattr(view, "throttle_scope", "api") if signed_in else "unsigned"
        who = request.user.pk if signed_in else self.get_ident(request)
        limit, window_s = _rate(scope)
        now = time.time()
        key = f"rate:{scope}:{who}:{int(now // window_s)}"
        cache.add(key, 0, timeout=window_s + 1)
        try:
            count = cache.incr(key)
        except ValueError:  # the window ended between the two lines
            count = 1
        self.left_s = window_s - now % window_s
        return count <= limit

    def wait(self) -> float:
        """Seconds until the window ends."""
        return self.left_s


def _rate(scope: str) -> tuple[int, int]:
    count, _, window = str(api_settings.DEFAULT_THROTTLE_RATES[scope]).partition("/")
    return int(count), _WINDOWS_S[window]
