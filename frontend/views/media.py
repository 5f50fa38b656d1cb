"""Originals and the pictures we made of them. Permission is checked at each request."""

from pathlib import Path

from django.conf import settings
from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    HttpResponseForbidden,
    HttpResponseNotModified,
    StreamingHttpResponse,
)
from django.utils.http import content_disposition_header, parse_etags
from django.views.decorators.http import require_safe

from frontend.ranges import ByteRange, UnsatisfiableRangeError, read_range, requested_range
from frontend.transcript import transcript_of, web_vtt
from frontend.views.access import for_readers, visible_document
from search.models import Asset
from search.store import Store

# Shown in place because no browser runs what is in them. All else is a download of plain bytes.
SHOWN_IN_PLACE = frozenset(
    {"image/png", "image/jpeg", "image/gif", "image/webp", "image/avif", "image/bmp"}
    | {"video/mp4", "video/webm", "video/ogg", "video/quicktime", "video/x-matroska"}
    | {"audio/mpeg", "audio/mp4", "audio/ogg", "audio/wav", "audio/x-wav", "audio/flac"}
    | {"audio/x-flac", "audio/aac", "audio/webm", "audio/opus"}
)
_GUARDS = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Accept-Ranges": "bytes",
}


@require_safe
@for_readers
def original(request: HttpRequest, *, document_id: int) -> HttpResponseBase:
    """The file as it came: in place where that is safe, else as a download."""
    if _comes_from_elsewhere(request):
        return HttpResponseForbidden("This file is shown only on our own pages.")
    document = visible_document(request, document_id)
    safe = document.media_type in SHOWN_IN_PLACE
    media_type = document.media_type if safe else "application/octet-stream"
    response = _file(request, document.sha256, media_type)
    as_attachment = not safe or "download" in request.GET
    disposition = content_disposition_header(as_attachment, document.filename or "document")
    response.headers["Content-Disposition"] = disposition or "attachment"
    response.headers["Cache-Control"] = "private, no-store"
    return response


@require_safe
@for_readers
def asset(request: HttpRequest, *, document_id: int, sha256: str) -> HttpResponseBase:
    """A page image, frame or picture that we made ourselves, always WebP."""
    if _comes_from_elsewhere(request):
        return HttpResponseForbidden("This picture is shown only on our own pages.")
    document = visible_document(request, document_id)
    ours = Asset.objects.filter(document=document, sha256=sha256, media_type="image/webp")
    if not ours.exists():
        raise Http404("This document has no such picture.")
    response = _file(request, sha256, "image/webp")
    response.headers["Content-Disposition"] = "inline"
    response.headers["Cache-Control"] = "private, no-cache"  # kept, and asked about each time
    return response


@require_safe
@for_readers
def subtitles(request: HttpRequest, *, document_id: int) -> HttpResponseBase:
    """What is said in a recording, as WebVTT."""
    document = visible_document(request, document_id)
    lines = transcript_of(document.passages.exclude(start_s=None).order_by("start_s", "ordinal"))
    headers = {**_GUARDS, "Cache-Control": "private, no-cache"}
    del headers["Accept-Ranges"]
    return HttpResponse(web_vtt(lines), content_type="text/vtt; charset=utf-8", headers=headers)


def _file(request: HttpRequest, sha256: str, media_type: str) -> HttpResponseBase:
    path = _stored(sha256)
    size, tag = path.stat().st_size, f'"{sha256}"'
    headers = {**_GUARDS, "ETag": tag}
    if tag in parse_etags(request.headers.get("If-None-Match", "")):
        return HttpResponseNotModified(headers=headers)
    try:
        span = _range(request, size, tag)
    except UnsatisfiableRangeError:
        headers["Content-Range"] = f"bytes */{size}"
        return HttpResponse(status=416, content_type="text/plain", headers=headers)
    if span:
        headers["Content-Range"] = f"bytes {span.first}-{span.last}/{size}"
    whole = ByteRange(0, size - 1)
    headers["Content-Length"] = str((span or whole).length)
    status = 206 if span else 200
    if request.method == "HEAD":
        return HttpResponse(status=status, content_type=media_type, headers=headers)
    blocks = read_range(path, span or whole)
    return StreamingHttpResponse(blocks, status=status, content_type=media_type, headers=headers)


def _range(request: HttpRequest, size: int, tag: str) -> ByteRange | None:
    header = request.headers.get("Range", "")
    if not header or request.method != "GET":  # the RFC defines Range for GET alone
        return None
    condition = request.headers.get("If-Range", "").strip()
    if condition and condition != tag:  # dates never match: a file is known by what it contains
        return None
    return requested_range(header, size)


def _stored(sha256: str) -> Path:
    path = Store(Path(settings.MEDIA_ROOT)).path(sha256)
    if not path.is_file():
        raise Http404("The file is not in the store.")
    return path


def _comes_from_elsewhere(request: HttpRequest) -> bool:
    """Another site embeds or fetches it; a link that somebody follows is welcome."""
    return (
        request.headers.get("Sec-Fetch-Site") == "cross-site"
        and request.headers.get("Sec-Fetch-Mode") != "navigate"
    )
