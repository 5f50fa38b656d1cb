"""Ids into candidates: the content of passages, and once more the check that it may be seen."""

from collections.abc import Sequence
from typing import Any

from django.db import connection

from search.models import Passage
from search.retrieval.conditions import condition
from search.types import Anchor, Candidate, Filters, Hit, Locator, Modality, Source, View

_READ = (
    *("kind", "text", "heading", "language", "ordinal", "page", "page_label", "boxes"),
    *("start_s", "end_s", "char_start", "char_end", "anchors", "views", "picture", "text_hash"),
    *("document__title", "document__filename", "document__authors", "document__issued"),
    *("document__doi", "document__url", "document__media_type", "document__language"),
    "corpus__slug",
)
_AT = """
SELECT p.document_id, p.ordinal, p.id
FROM unnest(%(documents)s::bigint[], %(ordinals)s::int[]) AS at(document, ordinal)
JOIN search_passage p ON p.document_id = at.document AND p.ordinal = at.ordinal {join}
WHERE p.corpus_id = ANY(%(corpora)s){clause}
"""


def hydrate(hits: Sequence[Hit], corpora: Sequence[int]) -> tuple[Candidate, ...]:
    """The hits with their content, in their order; what is gone or not visible is left out."""
    rows = (
        Passage.objects.filter(pk__in=[hit.passage_id for hit in hits], corpus__in=list(corpora))
        .select_related("document", "corpus")
        .only(*_READ)
    )
    passages = {passage.pk: passage for passage in rows}
    return tuple(
        as_candidate(hit, passages[hit.passage_id]) for hit in hits if hit.passage_id in passages
    )


def passages_at(
    places: Sequence[tuple[int, int]], corpora: Sequence[int], filters: Filters
) -> dict[tuple[int, int], int]:
    """Place (document, ordinal) → passage id, of those that may be seen and pass the filters."""
    if not places:
        return {}
    wanted = condition(filters)
    values = {
        **wanted.values,
        "corpora": list(corpora),
        "documents": [document for document, _ in places],
        "ordinals": [ordinal for _, ordinal in places],
    }
    with connection.cursor() as cursor:
        cursor.execute(_AT.format(join=wanted.join, clause=wanted.clause), values)
        return {(document, ordinal): key for document, ordinal, key in cursor.fetchall()}


def as_candidate(hit: Hit, passage: Passage) -> Candidate:
    """A hit with the content of its passage."""
    return Candidate(
        passage_id=hit.passage_id,
        score=hit.score,
        signals=hit.signals,
        kind=Modality(passage.kind),
        text=passage.text,
        heading=passage.heading,
        source=_source(passage),
        locator=_locator(passage),
        anchors=tuple(_anchor(row) for row in passage.anchors),
        views=tuple(View(*row) for row in passage.views),
        thumbnail=passage.picture,
        ordinal=passage.ordinal,
        text_hash=passage.text_hash,
    )


def _source(passage: Passage) -> Source:
    document = passage.document
    return Source(
        id=document.pk,
        title=document.title,
        filename=document.filename,
        corpus=passage.corpus.slug,
        authors=tuple(document.authors),
        published=document.issued,
        doi=document.doi,
        url=document.url,
        media_type=document.media_type,
        language=passage.language or document.language,
    )


def _locator(passage: Passage) -> Locator:
    start, end = passage.char_start, passage.char_end
    return Locator(
        page=passage.page,
        page_label=passage.page_label,
        boxes=tuple((box[0], box[1], box[2], box[3]) for box in passage.boxes),
        start_s=passage.start_s,
        end_s=passage.end_s,
        chars=None if start is None or end is None else (start, end),
    )


def _anchor(row: Sequence[Any]) -> Anchor:
    """[start, end, x, y, w, h] or [start, end, null, null, null, null, start_s, end_s]."""
    padded = [*row, *[None] * (8 - len(row))]
    box = None if padded[2] is None else (padded[2], padded[3], padded[4], padded[5])
    return Anchor(padded[0], padded[1], box, padded[6], padded[7])
