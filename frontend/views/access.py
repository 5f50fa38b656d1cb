"""Who may open a page, and the rows behind its address. What one may not see does not exist."""

from collections.abc import Callable
from functools import wraps

from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponseBase
from django.utils.cache import patch_cache_control
from django_htmx.http import HttpResponseClientRedirect

from frontend.forms import viewer_of
from search.models import Corpus, Document, Membership, Role
from search.types import Viewer

View = Callable[..., HttpResponseBase]


def for_readers(view: View) -> View:
    """Signed-in people, and everybody where the settings allow anonymous reading."""

    @wraps(view)
    def guarded(request: HttpRequest, /, **places: object) -> HttpResponseBase:
        if request.user.is_authenticated or settings.MMSEARCH["ANONYMOUS_READING"]:
            return _for_one(view(request, **places))
        return _to_login(request)

    return guarded


def for_members(view: View) -> View:
    """Signed-in people only."""

    @wraps(view)
    def guarded(request: HttpRequest, /, **places: object) -> HttpResponseBase:
        if request.user.is_authenticated:
            return _for_one(view(request, **places))
        return _to_login(request)

    return guarded


def visible_document(request: HttpRequest, document_id: int) -> Document:
    """The document, if this reader may see it."""
    found = (
        Document.objects.visible_to(viewer_of(request))
        .select_related("corpus", "job")
        .filter(pk=document_id)
        .first()
    )
    if found is None:
        raise Http404("There is no such document, or you may not see it.")
    return found


def visible_corpus(request: HttpRequest, slug: str) -> Corpus:
    """The corpus, if this reader may see it."""
    found = Corpus.objects.visible_to(viewer_of(request)).filter(slug=slug).first()
    if found is None:
        raise Http404("There is no such corpus, or you may not see it.")
    return found


def role_in(corpus: Corpus, viewer: Viewer) -> str:
    """The reader's role: owner, curator, reader, or empty for a guest of a public corpus."""
    if viewer.unrestricted:
        return str(Role.OWNER)
    if viewer.user_id is None:
        return ""
    held = Membership.objects.filter(corpus=corpus, user_id=viewer.user_id)
    return held.values_list("role", flat=True).first() or ""


def may_curate(role: str) -> bool:
    return role in {Role.CURATOR, Role.OWNER}


def require_curator(corpus: Corpus, viewer: Viewer) -> str:
    """The role, when it allows adding and removing.

    Raises:
        PermissionDenied: it does not.
    """
    role = role_in(corpus, viewer)
    if not may_curate(role):
        raise PermissionDenied(f"Only curators of “{corpus.name}” may do this; ask its owner.")
    return role


def require_owner(corpus: Corpus, viewer: Viewer) -> str:
    """The role, when it is the owner's.

    Raises:
        PermissionDenied: it is not.
    """
    role = role_in(corpus, viewer)
    if role != Role.OWNER:
        raise PermissionDenied(f"Only owners of “{corpus.name}” may do this.")
    return role


def _for_one(response: HttpResponseBase) -> HttpResponseBase:
    """What one reader may see is kept by no proxy, and asked about again each time."""
    if not response.has_header("Cache-Control"):
        patch_cache_control(response, private=True, no_cache=True)
    return response


def _to_login(request: HttpRequest) -> HttpResponseBase:
    if getattr(request, "htmx", False):
        return HttpResponseClientRedirect(f"{redirect_to_login('/').url}")
    return redirect_to_login(request.get_full_path())
