"""Passage rows of drafts."""

from collections.abc import Mapping

from ingestion.types import PassageDraft
from search.models import Document, Passage
from search.types import Anchor


def passage_row(
    document: Document, draft: PassageDraft, ordinal: int, hashes: Mapping[str, str]
) -> Passage:
    """The row of a draft; ``hashes`` are those of the kept pictures, by file name."""
    start, end = draft.chars or (None, None)
    return Passage(
        document_id=document.pk,
        corpus_id=document.corpus_id,
        ordinal=ordinal,
        kind=draft.kind,
        text=draft.text,
        heading=draft.heading,
        language=document.language,
        page=draft.page,
        page_label=draft.page_label[:100],
        boxes=draft.boxes,
        start_s=draft.start_s,
        end_s=draft.end_s,
        char_start=start,
        char_end=end,
        anchors=[_flat(anchor) for anchor in draft.anchors],
        views=[[v.name, v.origin, v.start, v.end] for v in draft.views],
        picture=hashes.get(draft.picture, ""),
    )


def _flat(anchor: Anchor) -> list[float | None]:
    """[start, end, x, y, w, h], with [.., start_s, end_s] behind where there is a time."""
    box = [round(v, 5) for v in anchor.box] if anchor.box else [None] * 4
    place: list[float | None] = [anchor.start, anchor.end, *box]
    return place if anchor.start_s is None else [*place, anchor.start_s, anchor.end_s]
