"""The words of recordings that are in the library already, heard and put in later."""

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, Max, OuterRef, QuerySet

from ingestion import hearing, staging
from ingestion.hearing import Transcript
from ingestion.models import Job
from ingestion.rows import passage_row
from ingestion.steps import cut, text_aliases
from ingestion.types import Media, Parsed, PassageDraft
from search import indexing, registry, spaces
from search.conf import conf
from search.errors import ModelMissingError
from search.models import Asset, Corpus, Document, Passage
from search.store import Store
from search.transcribers.base import Transcriber

_GAP = 2  # characters between two blocks of a document's text
_NOTICE = re.compile(r"\s*" + re.escape(hearing.NOT_HEARD).replace(r"\{why\}", ".*?"), re.DOTALL)


def speech_model() -> Transcriber:
    """The speech model of the settings, loaded.

    Raises:
        ModelMissingError: none is named, or it is not on this machine.
    """
    if not conf().transcriber:
        raise ModelMissingError(
            "No speech model is named; set MMSEARCH_SPEECH_MODEL to a folder or a hub name "
            "(docs/models.md)."
        )
    return registry.transcriber(conf().transcriber)


def unheard(corpus: Corpus, *, fingerprint: str, again: bool = False) -> "QuerySet[Document]":
    """The corpus's recordings with sound that have no words of their own.

    Those that this model heard already, and found nothing said in, are left out. ``again``: with
    all that a machine wrote down before.
    """
    said = Passage.objects.filter(document=OuterRef("pk"), views__0__0="transcript")
    tracks = Asset.objects.filter(document=OuterRef("pk"), kind=Asset.Kind.TRACK)
    found = Document.objects.filter(corpus=corpus).searchable().order_by("pk")
    if again:
        return found.filter(Exists(tracks)).exclude(Exists(said.exclude(views__0__1="derived")))
    return found.filter(Exists(tracks.exclude(caption=fingerprint))).exclude(Exists(said))


def write_down(document: Document, model: Transcriber, progress: Callable[[float], object]) -> int:
    """Give a recording the words that the model hears, in place of what a machine wrote before.

    Gives how many passages were added. Stopped, it goes on where it was; hearing holds no
    transaction.

    Raises:
        PausedError: it took too long for one go; call again.
        SearchError: the model fails.
        OSError, ValueError: the recording's track is gone, or cannot be read.
    """
    track = document.assets.filter(kind=Asset.Kind.TRACK).latest("pk")
    path = Store(Path(settings.MEDIA_ROOT)).path(track.sha256)
    kept_in = staging.folder(document.pk)
    transcript = hearing.transcribe(model, path, track.end_s or 0.0, kept_in, progress)
    drafts = _drafts(document, transcript)
    texts = [indexing.text_for_encoder(document.title, d.heading, d.text) for d in drafts]
    vectors = spaces.encode(text_aliases(), texts, lambda _: None)
    with transaction.atomic():
        added = _store(document, track, transcript, drafts, vectors)
    staging.clear(document.pk)
    return added


def _drafts(document: Document, transcript: Transcript) -> list[PassageDraft]:
    """The transcript's passages, each with the frame that is shown when it begins."""
    shown = document.assets.exclude(kind=Asset.Kind.TRACK).exclude(start_s=None)
    media = tuple(
        Media(one.kind, one.sha256, start_s=one.start_s, end_s=one.end_s, frame_s=one.frame_s)
        for one in shown
    )
    blocks = hearing.cues(transcript.segments)
    parsed = Parsed(document.media_type, blocks=blocks, media=media, duration_s=document.duration_s)
    return [draft for draft in cut(parsed) if draft.text]


def _store(
    document: Document,
    track: Asset,
    transcript: Transcript,
    drafts: list[PassageDraft],
    vectors: dict[str, spaces.Encoded],
) -> int:
    if not Corpus.objects.filter(pk=document.corpus_id).select_for_update().exists():
        return 0
    if not Document.objects.filter(pk=document.pk).exists():
        return 0  # removed meanwhile; the corpus's lock keeps it from going now
    own = Passage.objects.filter(document=document)
    before = own.filter(views__0__0="transcript", views__0__1="derived")
    gone = list(before.values_list("pk", flat=True))
    stays = own.exclude(pk__in=gone).aggregate(Max("ordinal"), Max("char_end"))
    first = -1 if stays["ordinal__max"] is None else stays["ordinal__max"]
    shift = (stays["char_end__max"] or -_GAP) + _GAP
    document.language = document.language or transcript.language[:10]
    pictures = {draft.picture: draft.picture for draft in drafts}
    rows = [
        passage_row(document, _moved(draft, shift), ordinal, pictures)
        for ordinal, draft in enumerate(drafts, start=first + 1)
    ]
    indexing.append(document, rows, vectors, in_place_of=gone)
    Document.objects.filter(pk=document.pk).update(language=document.language)
    Asset.objects.filter(pk=track.pk).update(caption=transcript.fingerprint)
    _take_back_notice(document)
    return len(rows)


def _moved(draft: PassageDraft, by: int) -> PassageDraft:
    if draft.chars is None:
        return draft
    return replace(draft, chars=(draft.chars[0] + by, draft.chars[1] + by))


def _take_back_notice(document: Document) -> None:
    """What was said to be lacking is here now."""
    for job in Job.objects.filter(document=document, failed_at=None).exclude(error=""):
        Job.objects.filter(pk=job.pk).update(error=_NOTICE.sub("", job.error).strip())
