"""The library: corpora, their documents, uploads and members."""

from pathlib import Path

from django.contrib import messages
from django.core.files.uploadedfile import TemporaryUploadedFile
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from frontend import library
from frontend.forms import viewer_of
from frontend.views.access import (
    for_members,
    for_readers,
    may_curate,
    require_curator,
    require_owner,
    role_in,
    visible_corpus,
)
from ingestion import services
from ingestion.errors import IngestError
from ingestion.models import Job
from search.models import Corpus, Role, Visibility

PER_PAGE = 50
PAGE = "corpora/page.html"


@require_safe
@for_readers
def corpora(request: HttpRequest) -> HttpResponseBase:
    found = library.counted(Corpus.objects.visible_to(viewer_of(request)))
    context = {"corpora": found, "visibilities": Visibility.choices}
    return render(request, "corpora/list.html", context)


@require_POST
@for_members
def create(request: HttpRequest) -> HttpResponseBase:
    name = request.POST.get("name", "").strip()[:200]
    visibility = request.POST.get("visibility", Visibility.PRIVATE)
    if not name or visibility not in Visibility.values:
        messages.error(request, "A corpus needs a name.")
        return redirect("frontend:corpora")
    corpus = library.create_corpus(
        name=name,
        description=request.POST.get("description", "").strip(),
        visibility=visibility,
        user_id=request.user.pk,
    )
    messages.success(request, f"“{corpus.name}” is ready. Add its first documents.")
    return redirect("frontend:corpus", slug=corpus.slug)


@require_safe
@for_readers
def corpus(request: HttpRequest, *, slug: str) -> HttpResponseBase:
    """A shelf; asked by htmx, only the table that moves."""
    found = visible_corpus(request, slug)
    role = role_in(found, viewer_of(request))
    documents = found.documents.select_related("job").order_by("-added_at", "-pk")
    page = Paginator(documents, PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "corpus": found,
        "page": page,
        "rows": library.shelf(list(page.object_list)),
        "progress": library.progress_of(found),
        "may_curate": may_curate(role),
    }
    if getattr(request, "htmx", False):
        return render(request, f"{PAGE}#documents", context)
    if role == Role.OWNER:
        context["members"] = found.memberships.select_related("user").order_by("user__username")
        context["roles"] = Role.choices
    return render(request, PAGE, context)


@require_POST
@for_members
def upload(request: HttpRequest, *, slug: str) -> HttpResponseBase:
    """Take files in: JSON for the script that shows a bar for each, else back to the shelf."""
    found = visible_corpus(request, slug)
    require_curator(found, viewer_of(request))
    files = [_incoming(file) for file in request.FILES.getlist("file")]
    if not files:
        return _told(request, slug, "Choose at least one file.", status=400)
    try:
        accepted = services.accept_files(files, corpus=found, user_id=request.user.pk)
    except IngestError as error:
        return _told(request, slug, str(error), status=422)
    new = sum(1 for entry in accepted if entry.created)
    return _told(request, slug, _sentence_on(new, len(accepted) - new), status=202)


@require_POST
@for_members
def retry(request: HttpRequest, *, slug: str) -> HttpResponseBase:
    """Take the failed step again, of one document or of all that failed."""
    found = visible_corpus(request, slug)
    require_curator(found, viewer_of(request))
    failed = Job.objects.filter(document__corpus=found, failed_at__isnull=False)
    if document := request.POST.get("document", ""):
        failed = failed.filter(document_id=int(document)) if document.isdigit() else failed.none()
    jobs = list(failed[:1000])
    for job in jobs:
        services.retry(job)
    word = "document is" if len(jobs) == 1 else "documents are"
    messages.success(request, f"{len(jobs)} {word} tried again.")
    return redirect("frontend:corpus", slug=slug)


@require_POST
@for_members
def members(request: HttpRequest, *, slug: str) -> HttpResponseBase:
    """Give, change or take away somebody's role."""
    found = visible_corpus(request, slug)
    require_owner(found, viewer_of(request))
    username, role = request.POST.get("username", "").strip(), request.POST.get("role", "")
    if request.POST.get("remove"):
        problem, done = library.remove_member(found, username), f"{username} is no longer a member."
    elif role in Role.values:
        problem, done = library.set_member(found, username, role), f"{username} is now {role}."
    else:
        raise Http404(f"There is no role “{role[:20]}”.")
    if problem:
        messages.error(request, problem)
    else:
        messages.success(request, done)
    still_here = Corpus.objects.visible_to(viewer_of(request)).filter(pk=found.pk).exists()
    return redirect("frontend:corpus", slug=slug) if still_here else redirect("frontend:corpora")


def _incoming(file: object) -> services.IncomingFile:
    if not isinstance(file, TemporaryUploadedFile):
        raise TypeError(f"{file!r} is not on disk; FILE_UPLOAD_HANDLERS must keep uploads there.")
    return services.IncomingFile(name=file.name or "file", path=Path(file.temporary_file_path()))


def _told(request: HttpRequest, slug: str, sentence: str, *, status: int) -> HttpResponse:
    if request.headers.get("Accept", "").startswith("application/json"):
        return JsonResponse({"detail": sentence}, status=status)
    tell = messages.success if status < 400 else messages.error
    tell(request, sentence)
    return redirect("frontend:corpus", slug=slug)


def _sentence_on(new: int, known: int) -> str:
    sentences = []
    if new:
        sentences.append(f"{new} {'file was' if new == 1 else 'files were'} taken in.")
    if known:
        sentences.append(f"{known} {'was' if known == 1 else 'were'} already here.")
    return " ".join(sentences)
