"""The write side: what BM25 counts is what is there."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import pytest
from django.conf import settings as django_settings
from django.db import connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from search import indexing, postings
from search.language import LANGUAGE_MARKERS
from search.models import Corpus, Document, Passage, Posting, TermFrequency, Vector, VectorSpace
from search.retrieval import lexical
from tests.search.library import add, undone, vectors

WORDS = ("heron", "herons", "the", "lake", "Reiher", "und", "2019", "naïve", "東京", "x-ray")
texts = st.lists(st.lists(st.sampled_from(WORDS), max_size=6).map(" ".join), max_size=4)
languages = st.sampled_from(["en", "de", "", "ja"])
deeds = st.lists(
    st.tuples(
        st.sampled_from(["publish", "withdraw", "retitle"]),
        st.integers(0, 3),
        texts,
        languages,
        st.sampled_from(["", "Lake birds", "The heron"]),
    ),
    max_size=12,
)


@contextmanager
def short_blocks() -> Iterator[None]:
    """Blocks of so few slots that examples fill and merge them."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(postings, "FRESH", 2)
        patch.setattr(postings, "FULL", 4)
        yield


def recount(corpus: Corpus) -> dict[str, int]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT u.lexeme, count(*) FROM search_passage p, unnest(p.terms) u "
            "WHERE p.corpus_id = %s GROUP BY u.lexeme",
            [corpus.pk],
        )
        return dict(cursor.fetchall())


def kept(corpus: Corpus) -> dict[str, int]:
    rows = TermFrequency.objects.filter(corpus=corpus).exclude(term__in=LANGUAGE_MARKERS)
    return dict(rows.values_list("term", "passages"))


def entries(corpus: Corpus, rows: str) -> list[tuple[str, int, int, int]]:
    """Term, slot, length and count of each occurrence: of the passages, or of the postings."""
    if rows == "passages":
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT u.lexeme, p.slot, p.length, cardinality(u.positions) "
                "FROM search_passage p, unnest(p.terms) u WHERE p.corpus_id = %s",
                [corpus.pk],
            )
            return sorted(cursor.fetchall())
    terms = list(Posting.objects.filter(corpus=corpus).values_list("term", flat=True).distinct())
    return sorted(
        (term, *(int(n) for n in one))
        for *_, term, packed in postings.read([corpus.pk], terms)
        for found in postings.unpacked([packed])
        for one in zip(found.slots, found.lengths, found.counts, strict=True)
    )


def publish(document: Document, some: list[str], language: str) -> None:
    passages = [
        Passage(ordinal=place, kind="text", text=text, language=language)
        for place, text in enumerate(some)
    ]
    with transaction.atomic():
        indexing.publish(document, passages, vectors(document.title, some))


@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(deeds=deeds)
def test_counts_and_postings_equal_a_recount_after_any_publishing_and_withdrawing(
    corpus: Corpus, deeds: list[tuple[str, int, list[str], str, str]]
) -> None:
    with undone(), short_blocks():
        documents = [
            Document.objects.create(corpus=corpus, title="", filename="f", sha256=f"{n:064d}")
            for n in range(4)
        ]
        for deed, number, some, language, title in deeds:
            document = documents[number]
            if deed == "publish":
                publish(document, some, language)
            elif deed == "withdraw":
                indexing.withdraw(document)
            else:
                document.title = title
                document.save()
                indexing.rewrite_terms(document)
            corpus.refresh_from_db()
            lengths = Passage.objects.filter(corpus=corpus).values_list("length", flat=True)
            assert kept(corpus) == recount(corpus)
            assert entries(corpus, "postings") == entries(corpus, "passages")
            assert (corpus.passage_count, corpus.token_count) == (len(lengths), sum(lengths))
        for document in documents:
            indexing.withdraw(document)
        corpus.refresh_from_db()
        assert (corpus.passage_count, corpus.token_count, corpus.languages) == (0, 0, [])
        assert not TermFrequency.objects.filter(corpus=corpus).exists()
        assert not Posting.objects.filter(corpus=corpus).exists()


def test_complete_blocks_are_merged_and_found_as_before(corpus: Corpus) -> None:
    with short_blocks():
        keys = [key for n in range(6) for key in add(corpus, f"heron number{n}", "an ibis")]
    blocks = Posting.objects.filter(corpus=corpus, term="heron").values_list("block", flat=True)
    assert sorted(blocks) == [-3, -2, -1]  # slots 0, 2 | 4, 6 | 8, 10
    fresh = Posting.objects.filter(corpus=corpus, block__gte=0)
    assert not fresh.exists()  # twelve slots are three whole blocks
    terms = lexical.read_terms("number4", [corpus.pk])
    assert [h.passage_id for h in lexical.search(terms, [corpus.pk]).hits] == [keys[8]]


def test_a_passage_of_very_many_words_is_counted_whole(corpus: Corpus) -> None:
    add(corpus, "heron " * 400 + "ibis")
    assert entries(corpus, "postings") == [("heron", 0, 256, 255), ("ibi", 0, 256, 1)]


def test_the_length_of_a_passage_is_the_number_of_its_counted_words(corpus: Corpus) -> None:
    (key,) = add(corpus, "The heron saw the heron.", title="Heron")
    assert Passage.objects.get(pk=key).length == 4  # heron three times, saw once


def test_publishing_again_replaces_the_passages(corpus: Corpus) -> None:
    (old,) = add(corpus, "An egret")
    document = Passage.objects.get(pk=old).document
    publish(document, ["A spoonbill", "A stork"], "en")
    found = Passage.objects.filter(document=document).order_by("ordinal")
    assert [passage.text for passage in found] == ["A spoonbill", "A stork"]
    assert Vector.objects.count() == 2
    assert "egret" not in kept(corpus)


def test_publishing_and_withdrawing_raise_the_generation(corpus: Corpus) -> None:
    seen = [corpus.generation]
    (key,) = add(corpus, "An egret")
    corpus.refresh_from_db()
    seen.append(corpus.generation)
    indexing.withdraw(Passage.objects.get(pk=key).document)
    corpus.refresh_from_db()
    seen.append(corpus.generation)
    indexing.touch_readers(corpus)
    corpus.refresh_from_db()
    seen.append(corpus.generation)
    assert seen == sorted(set(seen))


def test_a_document_is_searchable_exactly_while_it_is_published(corpus: Corpus) -> None:
    (key,) = add(corpus, "An egret")
    document = Passage.objects.get(pk=key).document
    assert document.published_at is not None
    counts = indexing.withdraw(document)
    rows = {"search_vector": 1, "search_tokenvectors": 0, "search_sparsevector": 0}
    rows |= {"search_picturedetails": 0}
    gone = {"search_passage": 1, "search_termfrequency": 2, "search_posting": 1}
    assert counts == rows | gone
    document.refresh_from_db()
    assert document.published_at is None


def test_a_passage_without_words_gets_no_vector(corpus: Corpus) -> None:
    add(corpus, "An egret", "   ", kind="image")
    assert (Passage.objects.count(), Vector.objects.count()) == (2, 1)


def test_vectors_that_are_not_of_length_one_are_refused(corpus: Corpus) -> None:
    document = Document.objects.create(corpus=corpus, filename="f", sha256="0" * 64)
    passage = Passage(ordinal=0, kind="text", text="An egret")
    for rows in (np.zeros((1, 64), np.float32), np.full((1, 64), 1, np.float32)):
        with pytest.raises(ValueError, match="it must be 1"), transaction.atomic():
            indexing.publish(document, [passage], {"hashing": rows})
    with pytest.raises(ValueError, match="1 passages came with 2 vectors"), transaction.atomic():
        indexing.publish(document, [passage], {"hashing": np.eye(2, 64, dtype=np.float32)})
    assert not Passage.objects.exists()


def test_what_postgresql_cannot_store_is_replaced_and_the_places_stay(corpus: Corpus) -> None:
    (key,) = add(corpus, "ab\x00cd \ud800 heron")
    assert Passage.objects.get(pk=key).text == "ab\ufffdcd \ufffd heron"


def test_every_field_of_a_passage_arrives(corpus: Corpus) -> None:
    document = Document.objects.create(corpus=corpus, filename="f", sha256="0" * 64)
    given = Passage(
        ordinal=3, kind="video", text="a heron", heading="Lakes", language="en", page=2,
        page_label="ii", boxes=[[0.1, 0.2, 0.3, 0.4]], start_s=1.5, end_s=2.5, char_start=4,
        char_end=11, anchors=[[0, 1, None, None, None, None, 1.5, 1.75]],
        views=[["transcript", "derived", 0, 7]], picture="ab" * 32,
    )  # fmt: skip
    with transaction.atomic():
        indexing.publish(document, [given], {})
    stored = Passage.objects.get(pk=given.pk)
    names = [f.attname for f in Passage._meta.fields if f.name not in {"terms", "length"}]
    assert {n: getattr(stored, n) for n in names} == {n: getattr(given, n) for n in names}
    assert len(stored.text_hash) == 64


def test_a_space_belongs_to_a_fingerprint(corpus: Corpus) -> None:
    assert indexing.space_for("hashing") == indexing.space_for("hashing")
    other = {"BACKEND": "search.encoders.hashing.HashingEncoder", "OPTIONS": {"dim": 32}}
    changed = dict(django_settings.MMSEARCH) | {"ENCODERS": {"hashing": other}}
    from django.test import override_settings

    with override_settings(MMSEARCH=changed):
        assert indexing.space_for("hashing").dim == 32
    assert VectorSpace.objects.count() == 2


def test_title_heading_and_text_are_each_read_once() -> None:
    assert indexing.text_for_encoder("Herons", "Herons", " They wade. ") == "Herons\nThey wade."


def test_a_passage_of_many_thousand_words_is_published(corpus: Corpus) -> None:
    words = " ".join(f"w{n}" for n in range(60_000))
    (key,) = add(corpus, words)
    assert Passage.objects.get(pk=key).length > 20_000
    assert json.dumps(kept(corpus))


def test_an_emptied_corpus_counts_nothing(corpus: Corpus, other_corpus: Corpus) -> None:
    add(corpus, "An egret", "A stork")
    add(other_corpus, "An egret")
    counts: dict[str, Any] = indexing.withdraw_corpus(corpus)
    assert (counts["search_passage"], counts["search_vector"]) == (2, 2)
    assert kept(corpus) == {}
    assert kept(other_corpus) == {"egret": 1}


def test_a_page_without_words_is_not_found_by_its_documents_title(public_corpus: Corpus) -> None:
    lone = add(public_corpus, "", title="Lake birds")
    keys = add(public_corpus, "The heron stands.", "", title="Lake birds")
    lengths = dict(Passage.objects.values_list("pk", "length"))
    assert lengths[lone[0]] == 2  # nothing else would find a picture
    assert (lengths[keys[0]] > 2, lengths[keys[1]]) == (True, 0)
