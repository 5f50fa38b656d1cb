"""Votes on answers and results."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from frontend.forms import viewer_of
from frontend.views.access import for_members
from search import services
from search.errors import NotVisibleError, QueryError


@require_POST
@for_members
def feedback(request: HttpRequest) -> HttpResponseBase:
    """Keep a vote; the same voter again replaces it."""
    asked = {name: _number(request.POST.get(name, "")) for name in ("answer", "search", "passage")}
    value = request.POST.get("value", "")
    try:
        if value not in {"1", "-1"}:
            raise QueryError(f"A vote is 1 or -1, not “{value[:20]}”.")
        services.give_feedback(
            viewer_of(request),
            **{name: number for name, number in asked.items() if number is not None},
            value=int(value),
            reason=request.POST.get("reason", "")[:100],
            comment=request.POST.get("comment", "")[:4000],
        )
    except NotVisibleError as error:
        raise Http404(str(error)) from error
    except QueryError as error:
        messages.error(request, str(error))
        return redirect(_back(request))
    if getattr(request, "htmx", False):
        context = {"voted": value, **{name: asked[name] for name in asked}}
        return render(request, "search/page.html#voted", context)
    messages.success(request, "Thank you, your vote is kept.")
    return redirect(_back(request))


def _number(word: str) -> int | None:
    return int(word) if word.isascii() and word.isdigit() and len(word) < 20 else None


def _back(request: HttpRequest) -> str:
    address = request.POST.get("next", "")
    hosts = {request.get_host()}
    is_ours = url_has_allowed_host_and_scheme(address, hosts, require_https=request.is_secure())
    return address if is_ours else "/"
