"""A private corpus for the time of a measurement; nothing of it stays."""

import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import batched

import numpy as np
import py3langid
from django.db import connection, transaction

from search import indexing, registry, spaces
from search.conf import conf
from search.errors import SearchError
from search.evaluation.collection import Line
from search.ids import new_id
from search.models import Corpus, Document, Passage

log = logging.getLogger(__name__)

PREFIX = "scratch-"
LOAD_BATCH = 256
RARE = 0.02  # a language of fewer lines than this share was guessed wrongly
Progress = Callable[[int], object]  # told how many more are done


@contextmanager
def scratch_corpus() -> Iterator[Corpus]:
    """An empty private corpus, removed on leaving, also by Ctrl-C.

    What a killed run left behind is removed first: it no longer holds the lock on its corpus.
    """
    _sweep()
    corpus = Corpus.objects.create(slug=f"{PREFIX}{new_id()}", name="Measurement")
    _lock(corpus.pk)
    try:
        yield corpus
    finally:
        _remove(corpus)
        _unlock(corpus.pk)


def load(corpus: Corpus, lines: Sequence[Line], done: Progress) -> dict[int, str]:
    """Make every line one document with one passage, not cut; gives passage id → line id."""
    languages = _languages(lines)
    aliases = _aliases()
    keys: dict[int, str] = {}
    for some in batched(zip(lines, languages, strict=True), LOAD_BATCH):
        pairs = [_document(corpus, line, language) for line, language in some]
        inputs = [
            indexing.text_for_encoder(document.title, "", passage.text)
            for document, (passage,) in pairs
        ]
        rows = spaces.encode(aliases, inputs, lambda _: None)
        with transaction.atomic():
            Document.objects.bulk_create([document for document, _ in pairs])
            indexing.publish_all(corpus, pairs, rows)
        keys |= {
            passages[0].pk: line.key for (_, passages), (line, _) in zip(pairs, some, strict=True)
        }
        done(len(some))
    _settle(len(lines))
    return keys


def _document(corpus: Corpus, line: Line, language: str) -> tuple[Document, list[Passage]]:
    document = Document(
        corpus=corpus,
        title=line.title[:500],
        filename=line.key[:500],
        sha256=f"{new_id():064x}",
        language=language,
    )
    kind = line.media or "text"
    passage = Passage(document=document, ordinal=0, kind=kind, text=line.text, language=language)
    return document, [passage]


def _languages(lines: Sequence[Line]) -> list[str]:
    """The language of each line; the commonest one where a guess is a rare one."""
    guesses = [py3langid.classify(f"{line.title} {line.text}"[:1000])[0] for line in lines]
    names, counts = np.unique(guesses, return_counts=True)
    commonest = str(names[counts.argmax()])
    rare = {str(name) for name, n in zip(names, counts, strict=True) if n < RARE * len(lines)}
    return [commonest if guess in rare else str(guess) for guess in guesses]


def _aliases() -> list[str]:
    """The encoders that read every document, those that can be had here."""
    found = []
    for alias in filter(None, dict.fromkeys([conf().text_encoder, *conf().spaces])):
        try:
            registry.encoder(alias)
            found.append(alias)
        except SearchError as error:
            log.warning("The encoder %r is left out: %s", alias, error)
    return found


def _settle(count: int) -> None:
    """What autovacuum and the index task would do in time: statistics, and indexes if large."""
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE search_passage, search_termfrequency, search_posting")
        cursor.execute("ANALYZE search_vector, search_tokenvectors, search_sparsevector")
    if count > conf().exact_scan_limit and not connection.in_atomic_block:
        indexing.maintain_indexes()


def _remove(corpus: Corpus) -> None:
    with transaction.atomic():
        count = indexing.withdraw_corpus(corpus)["search_passage"]
        Document.objects.filter(corpus=corpus)._raw_delete("default")
        corpus.delete()
    if count > conf().exact_scan_limit and not connection.in_atomic_block:
        indexing.maintain_indexes()


def _sweep() -> None:
    for corpus in Corpus.objects.filter(slug__startswith=PREFIX):
        if _lock(corpus.pk):
            _remove(corpus)
            _unlock(corpus.pk)


def _lock(key: int) -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [key])
        return bool(cursor.fetchone()[0])


def _unlock(key: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_unlock(%s)", [key])
