"""A data set in the product's database, put there by the product's own write path.

Kept between runs; a load that was cut off goes on where it stopped.
"""

import time
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench.scale.material import BATCH, Material, parts

DOCUMENT = 10  # passages of a document


def load(material: Material, name: str) -> tuple[list[int], dict[str, Any]]:
    """The corpora, smallest first, and what loading took; nothing if all was there."""
    from search.conf import conf
    from search.models import Corpus

    began, published, corpora = time.perf_counter(), 0, []
    for number, (begin, end) in enumerate(parts(len(material.vectors))):
        corpus, _ = Corpus.objects.get_or_create(
            slug=f"{name}-{number}", defaults={"name": f"Passages {begin} to {end}"}
        )
        corpora.append(corpus.pk)
        for start in range(begin + corpus.passage_count, end, BATCH):
            stop = min(start + BATCH, end)
            rows = np.array(material.vectors[start:stop])
            _publish(corpus, start, material.texts[start:stop], {conf().text_encoder: rows})
            published += stop - start
            if published % 20_000 == 0:
                rate = published / (time.perf_counter() - began)
                print(f"  {stop:,} published, {rate:.0f} a second", flush=True)
    facts: dict[str, Any] = {}
    if published:
        facts = {"published": published, "publish_s": round(time.perf_counter() - began)}
    return corpora, facts | _settle(vacuum=bool(published))


def numbers_of(corpora: list[int]) -> dict[int, int]:
    """Passage id → number in the data set."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT p.id, d.filename::int + p.ordinal FROM search_passage p "
            "JOIN search_document d ON d.id = p.document_id WHERE p.corpus_id = ANY(%s)",
            [corpora],
        )
        return dict(cursor.fetchall())


def lexemes(words: list[str]) -> dict[str, list[str]]:
    """What the product makes of each word: its tokens, for a reference that has no stemmer."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT w, array(SELECT u.lexeme FROM unnest(to_tsvector('english', w)) u, "
            "unnest(u.positions)) FROM unnest(%s::text[]) w",
            [words],
        )
        return dict(cursor.fetchall())


def sizes() -> dict[str, int]:
    """Bytes of the whole database and of its largest parts."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_database_size(current_database()), pg_total_relation_size('search_posting'),"
            "pg_table_size('search_vector'), pg_indexes_size('search_vector')"
        )
        names = ("database", "postings", "vectors", "vector indexes")
        return dict(zip(names, cursor.fetchone(), strict=True))


def _publish(
    corpus: Any, start: int, texts: list[str], vectors: dict[str, NDArray[np.float32]]
) -> None:
    from django.db import transaction

    from search import indexing
    from search.models import Document, Passage

    documents = []
    for place in range(0, len(texts), DOCUMENT):
        first = start + place
        document = Document(corpus=corpus, filename=str(first), sha256=f"{first:064x}")
        own = [
            Passage(ordinal=n, kind="text", text=text, language="en")
            for n, text in enumerate(texts[place : place + DOCUMENT])
        ]
        documents.append((document, own))
    with transaction.atomic():
        Document.objects.bulk_create([document for document, _ in documents])
        indexing.publish_all(corpus, documents, vectors)


def _settle(*, vacuum: bool) -> dict[str, Any]:
    """What the index task and autovacuum would do in time."""
    from django.db import connection

    from search import indexing

    began = time.perf_counter()
    built = indexing.maintain_indexes()["built"] if indexing.needs_maintenance() else []
    took = round(time.perf_counter() - began)
    if vacuum or built:
        with connection.cursor() as cursor:
            cursor.execute("SET statement_timeout = 0")
            cursor.execute("VACUUM ANALYZE")
            cursor.execute("RESET statement_timeout")
    return {"indexes_built": len(built), "index_s": took} if built else {}
