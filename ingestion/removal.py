"""Remove for good, and prove it: one transaction, a certificate, and a probe that finds nothing."""

import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from ingestion import staging
from ingestion.models import Job
from ingestion.sources.files import lock_bytes
from search import indexing, pipeline, services
from search.errors import NotVisibleError, SearchError
from search.models import Asset, Corpus, Document, Feedback, Passage
from search.store import Store
from search.types import Query, Viewer

PROBES = 3  # queries a certificate tries
PROBE_WORDS = 12


def remove_documents(ids: Sequence[int], viewer: Viewer) -> list[dict[str, Any]]:
    """Remove documents with all that was made of them, and certify each.

    Raises:
        NotVisibleError: an id that does not exist or that the viewer may not edit. Nothing is
            removed then.
    """
    found = {d.pk: d for d in Document.objects.curated_by(viewer).filter(pk__in=ids)}
    for number in ids:
        if number not in found:
            raise NotVisibleError(f"There is no document {number} that you may remove.")
    return [_remove(found[number]) for number in dict.fromkeys(ids)]


def remove_corpus(corpus: Corpus, viewer: Viewer) -> list[dict[str, Any]]:
    """Remove a corpus with every document in it."""
    if not Corpus.objects.owned_by(viewer).filter(pk=corpus.pk).exists():
        raise NotVisibleError(f"There is no corpus {corpus.slug} that you may remove.")
    certificates = [_remove(document) for document in corpus.documents.all()]
    corpus.delete()
    return certificates


def _remove(document: Document) -> dict[str, Any]:
    queries = _best_queries(document)
    certificate: dict[str, Any] = {
        "document": str(document.pk),
        "title": document.title,
        "sha256": document.sha256,
        "corpus": document.corpus.slug,
    }
    hashes, job_ids, document_id = _hashes(document), _job_ids(document), document.pk
    with transaction.atomic():
        certificate["rows"] = _remove_rows(document)
    for key in (*job_ids, document_id):  # a transcript that was begun lies under the document's own
        staging.clear(key)
    certificate["files"] = sum(_unlink_if_orphan(sha256) for sha256 in hashes)
    certificate["files_shared_with_others"] = len(hashes) - certificate["files"]
    certificate["removed_at"] = timezone.now().isoformat()
    certificate["probe"] = _probe(queries, document)
    return certificate


def _remove_rows(document: Document) -> dict[str, int]:
    passages = list(Passage.objects.filter(document=document).values_list("pk", flat=True))
    counts: Counter[str] = Counter()
    counts["search_feedback"], _ = Feedback.objects.filter(passage_id__in=passages).delete()
    counts.update(services.forget_documents([document.pk]))
    counts.update(indexing.withdraw(document))
    _, by_table = Document.objects.filter(pk=document.pk).delete()
    for label, number in by_table.items():
        counts[label.replace(".", "_").lower()] += number
    return dict(counts)


def _hashes(document: Document) -> list[str]:
    """Every file in the store that this document brought along."""
    hashes = {document.sha256}
    hashes |= set(Asset.objects.filter(document=document).values_list("sha256", flat=True))
    for sidecars in Job.objects.filter(document=document).values_list("sidecars", flat=True):
        hashes |= {sidecar["sha256"] for sidecar in sidecars}
    return sorted(hashes)


def _job_ids(document: Document) -> list[int]:
    return list(Job.objects.filter(document=document).values_list("pk", flat=True))


def _unlink_if_orphan(sha256: str) -> bool:
    """Unlink bytes that no row names any more, while nobody can begin to name them."""
    with transaction.atomic():
        lock_bytes([sha256])
        named = (
            Document.objects.filter(sha256=sha256).exists()
            or Asset.objects.filter(sha256=sha256).exists()
            or Job.objects.filter(sidecars__contains=[{"sha256": sha256}]).exists()
        )
        return False if named else Store(Path(settings.MEDIA_ROOT)).remove(sha256)


def _best_queries(document: Document) -> list[str]:
    """Questions in the document's own words: those that find it best."""
    texts = Passage.objects.filter(document=document).exclude(text="").order_by("ordinal")
    chosen = [document.title, *texts.values_list("text", flat=True)[: PROBES - 1]]
    words = (re.findall(r"\w+", text)[:PROBE_WORDS] for text in chosen)
    return [" ".join(found) for found in words if found]


def _probe(queries: Sequence[str], document: Document) -> dict[str, Any]:
    """Ask those questions again, in every corpus, and look for the document."""
    corpora = tuple(Corpus.objects.values_list("pk", flat=True))
    found = False
    for text in queries:
        try:
            result = pipeline.find(Query(text=text, corpora=corpora, k=100))
        except SearchError:
            continue
        found = found or any(c.source.id == document.pk for c in result.candidates)
    return {"queries": list(queries), "found": found}
