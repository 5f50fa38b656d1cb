"""What removed documents leave behind in stored bodies: a mark where their words stood."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from search.models import Answer, Document, Search
from search.types import Support, Viewer

REMOVED = "[removed source]"
_BATCH = 500

Body = dict[str, Any]


def forget_documents(document_ids: Sequence[int]) -> dict[str, int]:
    """Take the words of removed documents out of stored searches and answers.

    Runs in the caller's transaction, before the documents' rows go. Gives how many rows changed.
    """
    gone = set(document_ids)
    corpora = set(Document.objects.filter(pk__in=gone).values_list("corpus_id", flat=True))
    searches = Search.objects.all()
    if corpora:
        searches = searches.filter(corpora__overlap=sorted(corpora))
    count = {"search": 0, "answer": 0}
    for row in searches.order_by("pk").iterator(_BATCH):
        count["search"] += _forget_in(row, gone)
        answer = Answer.objects.filter(search=row).first()
        count["answer"] += _forget_in(answer, gone) if answer else 0
    return count


def forget_searches(viewer: Viewer) -> int:
    """Delete one's own questions with their answers and votes; gives how many questions."""
    if viewer.user_id is None:
        return 0
    _, by_table = Search.objects.filter(user_id=viewer.user_id).delete()
    return by_table.get("search.Search", 0)


def shown_documents(body: Mapping[str, Any]) -> set[int]:
    """The documents whose words or titles a SEARCH or ANSWER body holds."""
    entries = [*body.get("hits", ()), *body.get("citations", ())]
    return {int(entry["document"]["id"]) for entry in entries if entry["document"].get("id")}


def without_documents(body: Mapping[str, Any], documents: Collection[int]) -> Body:
    """The body with hits and quotes of these documents taken out.

    What was derived from several documents (facets, follow-up questions) goes as a whole: it might
    hold their words. Citations keep their markers, so that sentences still resolve.
    """
    gone = {str(key) for key in documents}
    found = {**body, "hits": [h for h in body.get("hits", ()) if h["document"]["id"] not in gone]}
    for name, empty in (("facets", {}), ("followups", []), ("modality_shares", {})):
        if name in found:
            found[name] = empty
    if "citations" in found:
        found |= _quotes_out(found, gone)
    return found


def _quotes_out(body: Body, gone: set[str]) -> Body:
    removed = {c["marker"] for c in body["citations"] if c["document"]["id"] in gone}
    sentences = [
        {**s, "text": REMOVED, "support": Support.NONE.value}
        if removed & set(s["citations"])
        else s
        for s in body["sentences"]
    ]
    text = " ".join(
        s["text"] + " " + "".join(f"[{marker}]" for marker in s["citations"]) for s in sentences
    )
    return {
        "citations": [_marked(c) if c["marker"] in removed else c for c in body["citations"]],
        "sentences": sentences,
        "text": body["text"] if body.get("refused") else text,
    }


def _marked(citation: Body) -> Body:
    """The citation without a trace of its source."""
    nothing: Body = {"authors": [], "published": None, "doi": None, "url": None, "language": ""}
    document = {"id": "", "title": REMOVED, "filename": "", "corpus": "", "media_type": ""}
    return {
        "marker": citation["marker"],
        "passage": "",
        "quote": REMOVED,
        "kind": citation["kind"],
        "locator": {},
        "document": document | nothing,
        "view_url": "",
        "thumbnail_url": None,
        "note": "",
    }


def _forget_in(row: Search | Answer, gone: set[int]) -> int:
    if not shown_documents(row.body) & gone:
        return 0
    row.body = without_documents(row.body, gone)
    fields = ["body"]
    if isinstance(row, Answer):
        row.documents = [key for key in row.documents if key not in gone]
        fields.append("documents")
    row.save(update_fields=fields)
    return 1
