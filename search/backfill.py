"""What came before an encoder, or before pictures were passages, read now, batch by batch."""

from collections.abc import Callable, Sequence

from django.db import transaction
from django.db.models import F, Max, QuerySet

from search import indexing, registry, spaces
from search.encoders.base import Ragged
from search.encoders.fused_media import FusedMedia
from search.encoders.media import MediaEncoder
from search.material import material_of
from search.models import Asset, Corpus, Document, Passage, VectorSpace
from search.retrieval.stored import StoredVectors
from search.spaces import Encoded, space_for, text_for_encoder
from search.types import Modality

_SEEN = {  # what an asset shows -> the kind of its passage
    Asset.Kind.PAGE: Modality.PAGE,
    Asset.Kind.IMAGE: Modality.IMAGE,
    Asset.Kind.SHOT: Modality.VIDEO,
}


def add_seen(corpus: Corpus) -> int:
    """Give documents that came before pictures were passages a passage for each; gives how many."""
    seen = Passage.objects.filter(text="", ordinal__gt=0).values("document")
    older = Document.objects.filter(corpus=corpus).searchable().exclude(pk__in=seen)
    added = 0
    for document in older.filter(assets__kind__in=_SEEN).distinct():
        with transaction.atomic():
            indexing.lock(corpus.pk)
            passages = _seen_passages(document)
            if passages:
                indexing.append(document, passages)
                added += len(passages)
    return added


def _seen_passages(document: Document) -> list[Passage]:
    """Passages without words for the pages, pictures and shots of a document."""
    known = set(
        Passage.objects.looked_at().filter(document=document).values_list("picture", flat=True)
    )
    last = Passage.objects.filter(document=document).aggregate(Max("ordinal"))["ordinal__max"] or 0
    assets = document.assets.filter(kind__in=_SEEN).exclude(sha256__in=known)
    return [
        Passage(
            document=document,
            corpus_id=document.corpus_id,
            ordinal=ordinal,
            kind=_SEEN[asset.kind],
            language=document.language,
            page=asset.page,
            page_label=asset.page_label,
            start_s=asset.start_s,
            end_s=asset.end_s,
            picture=asset.sha256,
        )
        for ordinal, asset in enumerate(assets.order_by("page", "start_s", "pk"), last + 1)
    ]


def fill_space(alias: str, corpus: Corpus, done: Callable[[int], object]) -> int:
    """Add what a space lacks of a corpus's passages, batch by batch; gives how many were added.

    Encoding holds no transaction, and what was added stays when the next batch fails: run again,
    it goes on where it stopped. ``done`` is told how many more passages were looked at.

    Raises:
        SearchError: the encoder is not configured, or not on this machine.
    """
    space, last, added = space_for(alias), 0, 0
    lacking = spaces.without_row(space, readable(alias, Passage.objects.filter(corpus=corpus)))
    lacking = lacking.select_related("document").order_by("pk")
    while some := list(lacking.filter(pk__gt=last)[: spaces.ENCODE_BATCH]):
        added += _add_rows(alias, space, some)
        last = some[-1].pk
        done(len(some))
    return added


def readable(alias: str, passages: "QuerySet[Passage]") -> "QuerySet[Passage]":
    """Those of the passages that an encoder reads: words, or what is looked at or listened to."""
    encoder = registry.encoder(alias)
    if not isinstance(encoder, MediaEncoder):
        return passages.exclude(text="", heading="")
    kinds = [kind for kind in Modality if encoder.reads(kind)]
    return passages & Passage.objects.looked_at().filter(kind__in=kinds)


def _add_rows(alias: str, space: VectorSpace, passages: Sequence[Passage]) -> int:
    encoded = _encoded(alias, passages)
    spaces.check(alias, encoded, len(passages))
    with transaction.atomic():
        corpus = indexing.lock(passages[0].corpus_id)
        among = Passage.objects.filter(pk__in=[passage.pk for passage in passages])
        lacking = set(spaces.without_row(space, among).values_list("pk", flat=True))
        chosen = [
            ((passage.document, passage), row)
            for passage, row in zip(passages, encoded, strict=True)
            if passage.pk in lacking  # neither removed meanwhile nor added by another
        ]
        Corpus.objects.filter(pk=corpus.pk).update(generation=F("generation") + 1)
        return spaces.store(space, [pair for pair, _ in chosen], [row for _, row in chosen])


def _encoded(alias: str, passages: Sequence[Passage]) -> Encoded:
    encoder = registry.encoder(alias)
    if isinstance(encoder, FusedMedia):
        materials, known = material_of(passages, with_words=True), _known(encoder, passages)
        return spaces.encode_media([alias], materials, lambda _: None, known=known)[alias]
    if isinstance(encoder, MediaEncoder):
        return spaces.encode_media([alias], material_of(passages), lambda _: None)[alias]
    texts = [text_for_encoder(p.document.title, p.heading, p.text) for p in passages]
    return spaces.encode([alias], texts, lambda _: None)[alias]


def _known(encoder: FusedMedia, passages: Sequence[Passage]) -> Ragged | None:
    """The vectors that are to be joined, if all of them are stored."""
    space = VectorSpace.objects.filter(fingerprint=encoder.media_encoder.fingerprint).first()
    if space is None:
        return None
    keys, corpora = [p.pk for p in passages], {p.corpus_id for p in passages}
    rows = [row for row in StoredVectors(space, sorted(corpora)).of(keys) if row is not None]
    if len(rows) < len(passages):
        return None
    return Ragged.of([row[None] for row in rows], width=space.dim)
