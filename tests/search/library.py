"""Small real libraries for the tests of search."""

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from django.conf import settings
from django.db import transaction

from search import indexing, spaces
from search.models import Corpus, Document, Passage
from search.types import Query

HASHING = {"BACKEND": "search.encoders.hashing.HashingEncoder", "OPTIONS": {"dim": 64}}


def folded(tokens: str) -> dict[str, Any]:
    """An encoder that folds the vectors of another into one."""
    return {
        "BACKEND": "search.encoders.fde.FixedDimensional",
        "OPTIONS": {"tokens": tokens, "repetitions": 8, "width": 8},
    }


SPACES = {
    "words": {"BACKEND": "tests.search.word_vectors.FakeWordVectors", "OPTIONS": {}},
    "folded": folded("words"),
    "pieces": {"BACKEND": "search.encoders.sparse.WordPieceCounts", "OPTIONS": {}},
}


def with_spaces(**changes: Any) -> dict[str, Any]:
    """settings.MMSEARCH with an encoder of each kind, none of which needs weights."""
    encoders = {"ENCODERS": {"hashing": HASHING} | SPACES, "SPACES": [*SPACES]}
    return with_hashing(**encoders) | changes


def with_hashing(**changes: Any) -> dict[str, Any]:
    """settings.MMSEARCH with an encoder that needs no weights."""
    encoders = {"ENCODERS": {"hashing": HASHING}, "TEXT_ENCODER": "hashing", "SPACES": []}
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
    """What the configured encoders make of a document's passages."""
    given = settings.MMSEARCH
    aliases = [alias for alias in (given["TEXT_ENCODER"], *given.get("SPACES", ())) if alias]
    inputs = [indexing.text_for_encoder(title, "", text) for text in texts]
    return spaces.encode(aliases, inputs, lambda _: None)


def question(text: str, *corpora: Corpus, **fields: Any) -> Query:
    """A query over whole corpora."""
    return Query(text=text, corpora=tuple(corpus.pk for corpus in corpora), **fields)


@contextmanager
def undone() -> Iterator[None]:
    """What the block does to the database is taken back: one example does not see another."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)
