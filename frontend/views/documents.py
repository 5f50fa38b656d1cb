"""The page of a document, opened where it is cited."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from frontend import sheets
from frontend.citing import citation_text, doi_address, web_address
from frontend.forms import viewer_of
from frontend.places import Place, place_in
from frontend.structured_data import address_of_asset, document_page
from frontend.templatetags.evidence import time_span
from frontend.views.access import (
    for_members,
    for_readers,
    may_curate,
    require_curator,
    role_in,
    visible_document,
)
from ingestion import services
from search.errors import NotVisibleError
from search.models import Asset, Document

PAGE = "documents/page.html"


@require_safe
@for_readers
def document(request: HttpRequest, *, document_id: int) -> HttpResponseBase:
    """The whole page; asked by htmx, only the evidence, for the panel beside an answer."""
    found = visible_document(request, document_id)
    place = place_in(found, request.GET)
    context: dict[str, Any] = {
        "document": found,
        "place": place,
        "standing": services.job_state(found),
        "cite": _cite(found, place),
        "doi_address": doi_address(found.doi),
        "source_address": web_address(found.url),
        **_sheet(request, found, place),
    }
    if getattr(request, "htmx", False):
        return render(request, f"{PAGE}#evidence", context | {"in_panel": True})
    context["may_curate"] = may_curate(role_in(found.corpus, viewer_of(request)))
    context["structured"] = _described(request, found, context)
    return render(request, PAGE, context)


@require_http_methods(["GET", "HEAD", "POST"])
@for_members
def delete(request: HttpRequest, *, document_id: int) -> HttpResponseBase:
    """Ask once, then remove for good and show the certificate."""
    found, viewer = visible_document(request, document_id), viewer_of(request)
    require_curator(found.corpus, viewer)
    if request.method != "POST":
        return render(request, "documents/delete.html", {"document": found})
    try:
        certificate = services.remove_documents([found.pk], viewer)[0]
    except NotVisibleError as error:
        raise Http404(str(error)) from error
    context = {"certificate": certificate, "title": found.title, "corpus": found.corpus}
    return render(request, "documents/removed.html", context)


def _sheet(request: HttpRequest, found: Document, place: Place) -> dict[str, Any]:
    assets = list(found.assets.order_by("page", "start_s", "pk"))
    family = found.media_type.partition("/")[0]
    pages = [a for a in assets if a.kind == Asset.Kind.PAGE and a.page is not None]
    if family in {"video", "audio"}:
        return {"recording": sheets.recording_sheet(found, place, assets)}
    if pages:
        return {"paper": sheets.page_sheet(found, place, pages)}
    if family == "image":
        whole = [a for a in assets if a.kind in {Asset.Kind.IMAGE, Asset.Kind.POSTER}]
        return {"picture": sheets.picture_sheet(found, place, whole[0] if whole else None)}
    part = request.GET.get("part", "")
    number = int(part) if part.isascii() and part.isdigit() and len(part) < 7 else None
    return {"prose": sheets.text_sheet(found, place, number)}


def _cite(found: Document, place: Place) -> str:
    return citation_text(
        title=found.title,
        authors=found.authors,
        issued=found.issued,
        doi=found.doi,
        url=web_address(found.url),
        where=_where(place),
    )


def _where(place: Place) -> str:
    passage = place.passage
    if passage is None:
        return ""
    if passage.start_s is not None:
        return f"At {time_span(passage.start_s, passage.end_s)}"
    label = passage.page_label or (str(passage.page) if passage.page else "")
    return f"P. {label}" if label else ""


def _described(request: HttpRequest, found: Document, context: dict[str, Any]) -> dict[str, Any]:
    recording = context.get("recording")
    sheet = context.get("paper") or context.get("picture")
    shown = recording.poster if recording else getattr(sheet, "asset", None)
    return document_page(
        found,
        absolute=request.build_absolute_uri,
        address=reverse("frontend:document", args=[found.pk]),
        file_address=reverse("frontend:document_file", args=[found.pk]),
        picture=address_of_asset(shown),
        moments=context["place"].evidence,
    )
