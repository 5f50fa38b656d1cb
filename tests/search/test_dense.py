"""Passages by the nearness of vectors, scanned or by index."""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from django.db import connection, transaction
from numpy.typing import NDArray

from search import indexing
from search.models import Corpus, Document, Passage, Vector, VectorSpace
from search.retrieval import dense
from search.retrieval.local_settings import local_settings
from search.types import Filters
from search.vector_index import index_name
from tests.search.library import with_hashing

DIM = 64


def unit_rows(count: int, seed: int) -> NDArray[np.float32]:
    """Points in clusters, as texts are."""
    rng = np.random.default_rng(seed)
    centres = rng.normal(size=(20, DIM))
    rows = centres[rng.integers(0, 20, count)] + rng.normal(scale=0.7, size=(count, DIM))
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


def fill(corpus: Corpus, rows: NDArray[np.float32]) -> list[int]:
    """One passage for each row, ten to a document; every fifth document is in German."""
    documents = []
    for start in range(0, len(rows), 10):
        language = "de" if start % 50 == 0 else "en"
        document = Document(
            corpus=corpus, filename="f", sha256=f"{corpus.pk:032x}{start:032x}", language=language
        )
        passages = [
            Passage(ordinal=n, kind="text", text=f"w{n}", language=language)
            for n in range(min(10, len(rows) - start))
        ]
        documents.append((document, passages))
    with transaction.atomic():
        Document.objects.bulk_create([document for document, _ in documents])
        indexing.publish_all(corpus, documents, {"hashing": rows})
    return [passage.pk for _, passages in documents for passage in passages]


def nearest(scores: NDArray[np.float32], keys: list[int], k: int) -> list[int]:
    """The keys of the highest scores, ties in their order."""
    return [keys[place] for place in np.argsort(-scores, kind="stable")[:k]]


def space() -> VectorSpace:
    return indexing.space_for("hashing")


def test_the_scan_finds_exactly_the_nearest(corpus: Corpus) -> None:
    rows = unit_rows(500, seed=1)
    keys = fill(corpus, rows)
    for query in unit_rows(5, seed=2):
        run = dense.search(query, space(), [corpus.pk], depth=20)
        assert [hit.passage_id for hit in run.hits] == nearest(rows @ query, keys, 20)
        best = float(np.max(rows @ query))
        assert run.hits[0].score == pytest.approx(best, abs=2e-3)  # halfvec


def test_spaces_are_never_mixed(corpus: Corpus) -> None:
    keys = fill(corpus, unit_rows(20, seed=1))
    foreign = VectorSpace.objects.create(alias="other", fingerprint="other", dim=8)
    Vector.objects.create(
        passage_id=keys[0], corpus=corpus, space=foreign, values=np.eye(1, 8)[0].tolist()
    )
    run = dense.search(np.eye(1, 8, dtype=np.float32)[0], foreign, [corpus.pk])
    assert [hit.passage_id for hit in run.hits] == keys[:1]


def test_equal_vectors_come_in_the_order_of_their_ids(corpus: Corpus) -> None:
    row = unit_rows(1, seed=3)
    keys = fill(corpus, np.repeat(row, 15, axis=0))
    run = dense.search(row[0], space(), [corpus.pk], depth=10)
    assert [hit.passage_id for hit in run.hits] == keys[:10]


def test_settings_for_one_statement_do_not_outlive_it(corpus: Corpus) -> None:
    with local_settings(enable_sort="off"), connection.cursor() as cursor:
        cursor.execute("SHOW enable_sort")
        assert cursor.fetchone() == ("off",)
    with connection.cursor() as cursor:
        cursor.execute("SHOW enable_sort")
        assert cursor.fetchone() == ("on",)


@pytest.fixture
def libraries(transactional_db: None, settings: Any) -> Iterator[Callable[[str, int], Corpus]]:
    """Makes corpora large enough, for these settings, to be indexed."""
    settings.MMSEARCH = with_hashing(EXACT_SCAN_LIMIT=400)

    def make(slug: str, count: int) -> Corpus:
        corpus = Corpus.objects.create(slug=slug, name=slug)
        corpus.rows = unit_rows(count, seed=count)  # type: ignore[attr-defined]
        corpus.keys = fill(corpus, corpus.rows)  # type: ignore[attr-defined]
        return corpus

    yield make
    for corpus in Corpus.objects.all():
        with transaction.atomic():
            indexing.withdraw_corpus(corpus)
    indexing.maintain_indexes()


def plans(do: Callable[[], Any]) -> str:
    """The plans of the vector statements that ``do`` runs."""
    seen = []

    def explain(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if "<#>" in sql:
            execute(f"EXPLAIN {sql}", params, many, context)
            seen.extend(row[0] for row in context["cursor"].fetchall())
        return execute(sql, params, many, context)

    with connection.execute_wrapper(explain):
        do()
    return "\n".join(seen)


def test_large_corpora_are_answered_by_their_own_indexes(libraries: Any) -> None:
    one, two, small = libraries("one", 1500), libraries("two", 900), libraries("small", 40)
    done = indexing.maintain_indexes()
    assert sorted(done["built"]) == sorted(index_name(space().pk, c.pk) for c in (one, two))
    rows, keys = np.vstack([c.rows for c in (one, two, small)]), one.keys + two.keys + small.keys
    corpora = [one.pk, two.pk, small.pk]
    found, wanted = 0, 0
    for query in unit_rows(20, seed=5):
        run = dense.search(query, space(), corpora, depth=50)
        assert len(run.hits) == 50
        assert [h.score for h in run.hits] == sorted((h.score for h in run.hits), reverse=True)
        exact = nearest(rows @ query, keys, 50)
        found += len({hit.passage_id for hit in run.hits} & set(exact))
        wanted += 50
    assert found / wanted > 0.97
    plan = plans(lambda: dense.search(unit_rows(1, seed=6)[0], space(), corpora))
    assert index_name(space().pk, one.pk) in plan
    assert index_name(space().pk, two.pk) in plan
    assert index_name(space().pk, small.pk) not in plan


def test_a_small_corpus_beside_a_large_one_is_found_whole(libraries: Any) -> None:
    libraries("large", 1500)
    small = libraries("small", 40)
    indexing.maintain_indexes()
    run = dense.search(unit_rows(1, seed=9)[0], space(), [small.pk], depth=100)
    assert {hit.passage_id for hit in run.hits} == set(small.keys)


def test_a_filter_in_a_large_corpus_starves_nobody(libraries: Any) -> None:
    large = libraries("large", 2500)
    indexing.maintain_indexes()
    german = Passage.objects.filter(language="de").values_list("pk", flat=True)
    inside = np.isin(large.keys, list(german))
    for query in unit_rows(5, seed=8):
        run = dense.search(query, space(), [large.pk], depth=30, filters=Filters(language=("de",)))
        scores = np.where(inside, large.rows @ query, -2)
        exact = nearest(scores, large.keys, 30)
        assert len({hit.passage_id for hit in run.hits} & set(exact)) >= 28


def test_a_narrow_filter_is_scanned_and_a_wide_one_walks_the_index(libraries: Any) -> None:
    large = libraries("large", 2500)
    indexing.maintain_indexes()
    document = Passage.objects.get(pk=large.keys[777]).document_id
    query, name = unit_rows(1, seed=4)[0], index_name(space().pk, large.pk)

    def ask(filters: Filters) -> str:
        return plans(lambda: dense.search(query, space(), [large.pk], depth=10, filters=filters))

    assert name not in ask(Filters(document=(document,)))
    assert name in ask(Filters(language=("en",)))


def test_the_first_question_of_a_connection_walks_the_index_too(libraries: Any) -> None:
    corpus = libraries("one", 600)
    indexing.maintain_indexes()
    key = space()
    connection.close()  # a new one has not loaded pgvector: its settings are unknown there
    with transaction.atomic(), local_settings(jit="off"):
        run = dense.search(corpus.rows[5], key, [corpus.pk], depth=10)
    assert run.hits[0].passage_id == corpus.keys[5]


def test_indexes_follow_the_corpora(libraries: Any) -> None:
    corpus = libraries("one", 300)
    name = index_name(space().pk, corpus.pk)
    assert indexing.needs_maintenance()
    assert indexing.maintain_indexes() == {"built": [name], "dropped": []}
    assert not indexing.needs_maintenance()
    assert indexing.maintain_indexes() == {"built": [], "dropped": []}
    with transaction.atomic():
        indexing.withdraw_corpus(corpus)
    assert indexing.maintain_indexes() == {"built": [], "dropped": [name]}


def test_a_passage_removed_from_an_indexed_corpus_is_gone_at_once(libraries: Any) -> None:
    corpus = libraries("one", 600)
    indexing.maintain_indexes()
    gone = Passage.objects.get(pk=corpus.keys[5])
    with transaction.atomic():
        indexing.withdraw(gone.document)
    run = dense.search(corpus.rows[5], space(), [corpus.pk], depth=100)
    assert gone.pk not in {hit.passage_id for hit in run.hits}
