"""How a person searches."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from frontend.forms import viewer_of
from frontend.views.access import for_members
from search import planning, services
from search.errors import QueryError

FIRST = ("fast", "balanced", "thorough")  # what most people choose between


@require_http_methods(["GET", "HEAD", "POST"])
@for_members
def preferences(request: HttpRequest) -> HttpResponseBase:
    """Choose a recipe for one's own questions; it holds where a question names none."""
    viewer = viewer_of(request)
    if request.method == "POST":
        try:
            services.prefer(viewer, request.POST.get("recipe", ""))
        except QueryError as error:
            messages.error(request, str(error))
        else:
            messages.success(request, "Your next questions are searched for so.")
        return redirect("frontend:preferences")
    preferred = services.preference_of(viewer)
    offered = [one for one in planning.recipes() if one.available and one.name != planning.DEFAULT]
    context = {
        "first": [one for name in FIRST for one in offered if one.name == name],
        "others": [one for one in offered if one.name not in FIRST],
        "preferred": preferred,
        "can_run": not preferred or any(one.name == preferred for one in offered),
    }
    return render(request, "account/preferences.html", context)
