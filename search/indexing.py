"""The write side of the index: passages, their terms and vectors, and the counts BM25 needs.

Every function here runs inside the caller's transaction; all lock the corpus row
first, so the writers of one corpus wait for each other and term counts cannot be lost.
"""

import hashlib
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import batched, count
from types import MappingProxyType
from typing import Any

from django.db import connection
from django.db.models import F
from django.db.models.functions import Now

from search import picture_index, postings, spaces
from search.language import LANGUAGE_MARKERS, configuration, fold, storable
from search.models import (
    Corpus,
    Document,
    Passage,
    Posting,
    TermFrequency,
)
from search.picture_index import SignedPicture
from search.spaces import Encoded, space_for, text_for_encoder
from search.vector_index import maintain_indexes, needs_maintenance

__all__ = [
    "append",
    "maintain_indexes",
    "needs_maintenance",
    "publish",
    "publish_all",
    "rewrite_terms",
    "space_for",
    "text_for_encoder",
    "touch_readers",
    "withdraw",
    "withdraw_corpus",
]

BATCH = 1000
_COLUMNS = {
    "id": "bigint",
    "document_id": "bigint",
    "corpus_id": "bigint",
    "ordinal": "integer",
    "kind": "text",
    "text": "text",
    "heading": "text",
    "language": "text",
    "page": "integer",
    "page_label": "text",
    "boxes": "jsonb",
    "start_s": "float8",
    "end_s": "float8",
    "char_start": "integer",
    "char_end": "integer",
    "anchors": "jsonb",
    "views": "jsonb",
    "picture": "text",
    "text_hash": "text",
}
_NAMES = ", ".join(_COLUMNS)
_RECORD = ", ".join(f"{name} {kind}" for name, kind in _COLUMNS.items())
_LENGTH = "(SELECT coalesce(sum(cardinality(u.positions)), 0) FROM unnest(t.terms) u)"
# ruff: noqa: S608  (only the constants above are joined)
# What titles and headings hold has weight A. OFFSET 0 keeps the planner from working out each
# tsvector twice.
_COUNTED = """(
    SELECT setweight(to_tsvector(c, r.head), 'A') || to_tsvector(c, r.body) AS terms
    FROM (SELECT r.configuration::regconfig AS c) named OFFSET 0
) t"""
_INSERT = f"""
INSERT INTO search_passage ({_NAMES}, slot, terms, length)
SELECT {_NAMES}, slot, t.terms, {_LENGTH}
FROM json_to_recordset(%s::json) AS r({_RECORD}, slot int, head text, body text, configuration text)
CROSS JOIN LATERAL {_COUNTED}
RETURNING length
"""
_REWRITE = f"""
UPDATE search_passage p SET terms = t.terms, length = {_LENGTH}
FROM json_to_recordset(%s::json) AS r(id bigint, head text, body text, configuration text)
CROSS JOIN LATERAL {_COUNTED}
WHERE p.id = r.id
"""


def publish(
    document: Document,
    passages: Sequence[Passage],
    vectors: Mapping[str, Encoded],
    *,
    signed: Mapping[int, Sequence[SignedPicture]] = MappingProxyType({}),
) -> None:
    """Make a document searchable with these passages, in place of those it had.

    ``vectors`` holds, for each encoder alias, what it made of each passage: one unit row for each,
    (n, dim), or several. A passage without words gets none. ``signed`` are, by ordinal, the
    pictures by which passages are known again. Raises the corpus's generation.

    Raises:
        ValueError: a row is missing, or is not of length 1.
    """
    corpus = _locked(document.corpus_id)
    if Passage.objects.filter(document=document).exists():
        _take_out(corpus, document)
    _put_in(corpus, [(document, passages)], vectors)
    picture_index.store(passages, signed)


def append(
    document: Document,
    passages: Sequence[Passage],
    vectors: Mapping[str, Encoded] = MappingProxyType({}),
    *,
    in_place_of: Sequence[int] = (),
) -> None:
    """Put further passages behind those that a searchable document has.

    ``vectors`` as in ``publish``; the passages with the ids ``in_place_of`` go.
    """
    corpus = _locked(document.corpus_id)
    _remove(corpus, in_place_of)
    _put_in(corpus, [(document, passages)], vectors)


def lock(corpus_id: int) -> Corpus:
    """The corpus's row, held until the transaction ends: its writers wait for each other."""
    return _locked(corpus_id)


def publish_all(
    corpus: Corpus,
    documents: Sequence[tuple[Document, Sequence[Passage]]],
    vectors: Mapping[str, Encoded],
) -> None:
    """Make many new documents of one corpus searchable at once.

    ``vectors`` has one row for each passage, in the order of the documents.
    """
    _put_in(_locked(corpus.pk), documents, vectors)


def withdraw(document: Document) -> dict[str, int]:
    """Take a document out of the index; gives how many rows went from which table."""
    return _take_out(_locked(document.corpus_id), document)


def withdraw_corpus(corpus: Corpus) -> dict[str, int]:
    """Empty a corpus's index; its documents stay, unpublished."""
    corpus = _locked(corpus.pk)
    counts = spaces.remove_corpus(corpus)
    for model in (Passage, Posting, TermFrequency):
        counts[model._meta.db_table] = model._base_manager.filter(corpus=corpus)._raw_delete(
            "default"
        )
    Document.objects.filter(corpus=corpus).update(published_at=None)
    Corpus.objects.filter(pk=corpus.pk).update(
        passage_count=0, token_count=0, next_slot=0, languages=[], generation=F("generation") + 1
    )
    return counts


def rewrite_terms(document: Document) -> None:
    """Count the words of a document again, after its title or a language changed."""
    corpus = _locked(document.corpus_id)
    passages = list(Passage.objects.filter(document=document).order_by("id"))
    for some in batched(passages, BATCH):
        ids = [passage.pk for passage in some]
        before = _token_count(ids)
        postings.remove(corpus, ids, _configurations(ids))
        rows = [{"id": p.pk} | _words(document, p) for p in some]
        with connection.cursor() as cursor:
            cursor.execute(_REWRITE, [json.dumps(rows)])
        postings.add(corpus, ids, [row["configuration"] for row in rows])
        _adjust(corpus, passages=0, tokens=_token_count(ids) - before)
    _remember_languages(corpus)


def touch_readers(corpus: Corpus) -> None:
    """Raise the generation because other people may read the corpus from now on."""
    Corpus.objects.filter(pk=corpus.pk).update(generation=F("generation") + 1)


def _locked(corpus_id: int) -> Corpus:
    return Corpus.objects.select_for_update().get(pk=corpus_id)


def _put_in(
    corpus: Corpus,
    documents: Sequence[tuple[Document, Sequence[Passage]]],
    vectors: Mapping[str, Encoded],
) -> None:
    pairs = [(document, passage) for document, own in documents for passage in own]
    for alias, rows in vectors.items():
        spaces.check(alias, rows, len(pairs))
    names, tokens, slots = set(corpus.languages), 0, count(corpus.next_slot)
    for some in batched(pairs, BATCH):
        records = [_row(document, passage) | {"slot": next(slots)} for document, passage in some]
        ids = [passage.pk for _, passage in some]
        with connection.cursor() as cursor:
            cursor.execute(_INSERT, [json.dumps(records)])
            tokens += sum(length for (length,) in cursor.fetchall())
        used = [record["configuration"] for record in records]
        postings.add(corpus, ids, used)
        names |= set(used)
    postings.merge(corpus, corpus.next_slot + len(pairs))
    for alias, rows in vectors.items():
        spaces.store(space_for(alias), pairs, rows)
    Corpus.objects.filter(pk=corpus.pk).update(
        passage_count=F("passage_count") + len(pairs), token_count=F("token_count") + tokens,
        next_slot=F("next_slot") + len(pairs), languages=sorted(names),
        generation=F("generation") + 1,
    )  # fmt: skip
    keys = [document.pk for document, _ in documents]
    Document.objects.filter(pk__in=keys, published_at=None).update(published_at=Now())


def _take_out(corpus: Corpus, document: Document) -> dict[str, int]:
    ids = list(Passage.objects.filter(document=document).values_list("pk", flat=True))
    gone = _remove(corpus, ids)
    _remember_languages(corpus)
    Document.objects.filter(pk=document.pk).update(published_at=None)
    return gone


def _remove(corpus: Corpus, ids: Sequence[int]) -> dict[str, int]:
    """Remove passages with all that is kept of them; gives how many rows went from which table."""
    gone: Counter[str] = Counter()
    for some in batched(ids, BATCH):
        keys = list(some)
        gone += postings.remove(corpus, keys, _configurations(keys))
        _adjust(corpus, passages=-len(keys), tokens=-_token_count(keys))
    rows = spaces.remove(ids)
    # None, not 0, is what an empty list of ids gives: a document that never became searchable.
    passages = Passage.objects.filter(pk__in=ids)._raw_delete("default") or 0
    return rows | {"search_passage": passages} | gone


def _row(document: Document, passage: Passage) -> dict[str, Any]:
    passage.document, passage.corpus_id = document, document.corpus_id
    passage.text, passage.heading = storable(passage.text), storable(passage.heading)
    if not passage.text_hash and passage.text:
        passage.text_hash = hashlib.sha256(fold(passage.text).encode()).hexdigest()
    row = {name: getattr(passage, name) for name in _COLUMNS}
    return row | _words(document, passage)


def _words(document: Document, passage: Passage) -> dict[str, str]:
    """What is counted of a passage: each of title, heading and text once.

    A page or a clip without words is not found by its document's title, unless it comes first:
    a title would bring up all of them.
    """
    title, heading, text = (s.strip() for s in (document.title, passage.heading, passage.text))
    is_named = bool(heading or text) or not passage.ordinal
    head = text_for_encoder(title, heading, "") if is_named else ""
    return {
        "head": fold(head),
        "body": "" if text in {title, heading} else fold(text),
        "configuration": configuration(passage.language),
    }


def _configurations(ids: Sequence[int]) -> list[str]:
    languages = Passage.objects.filter(pk__in=ids).values_list("language", flat=True)
    return [configuration(language) for language in languages]


def _token_count(ids: Sequence[int]) -> int:
    return sum(Passage.objects.filter(pk__in=ids).values_list("length", flat=True))


def _adjust(corpus: Corpus, *, passages: int, tokens: int) -> None:
    Corpus.objects.filter(pk=corpus.pk).update(
        passage_count=F("passage_count") + passages, token_count=F("token_count") + tokens
    )


def _remember_languages(corpus: Corpus) -> None:
    """Note which configurations the corpus uses, and that it changed."""
    markers = TermFrequency.objects.filter(corpus=corpus, term__in=LANGUAGE_MARKERS)
    names = sorted(term.strip() for term in markers.values_list("term", flat=True))
    Corpus.objects.filter(pk=corpus.pk).update(languages=names, generation=F("generation") + 1)
