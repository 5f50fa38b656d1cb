"""Small real libraries for the tests of search."""

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from django.conf import settings
from django.db import transaction

from search import indexing, registry
from search.models import Corpus, Document, Passage
from search.types import Query

HASHING = {"BACKEND": "search.encoders.hashing.HashingEncoder", "OPTIONS": {"dim": 64}}


def with_hashing(**changes: Any) -> dict[str, Any]:
    """settings.MMSEARCH with an encoder that needs no weights."""
    encoders = {"ENCODERS": {"hashing": HASHING}, "TEXT_ENCODER": "hashing"}
    return settings.MMSEARCH | encoders | changes


def add(
    corpus: Corpus, *texts: str, title: str = "", language: str = "en", **fields: Any
) -> list[int]:
    """A searchable document with one passage for each text; gives the passages' ids.

    ``kind`` goes to the passages, all other fields to the document.
    """
    kind = fields.pop("kind", "text")
    digest = hashlib.sha256(f"{title}|{texts}|{Document.objects.count()}".encode()).hexdigest()
    document = Document.objects.create(
        corpus=corpus, title=title, filename="notes.txt", sha256=digest, **fields
    )
    passages = [
        Passage(ordinal=place, kind=kind, text=text, language=language)
        for place, text in enumerate(texts)
    ]
    with transaction.atomic():
        indexing.publish(document, passages, vectors(title, texts))
    return [passage.pk for passage in passages]


def vectors(title: str, texts: Sequence[str]) -> dict[str, Any]:
    """Rows of the configured encoder for a document's passages."""
    alias = settings.MMSEARCH["TEXT_ENCODER"]
    if not alias:
        return {}
    inputs = [indexing.text_for_encoder(title, "", text) for text in texts]
    return {alias: registry.encoder(alias).encode_documents(inputs)}


def question(text: str, *corpora: Corpus, **fields: Any) -> Query:
    """A query over whole corpora."""
    return Query(text=text, corpora=tuple(corpus.pk for corpus in corpora), **fields)


@contextmanager
def undone() -> Iterator[None]:
    """What the block does to the database is taken back: one example does not see another."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)
