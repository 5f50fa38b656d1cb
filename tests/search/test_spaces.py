"""What encoders make of passages lies in the table of its kind, and goes with the passage."""

import json
from typing import Any

import numpy as np
import pytest
from django.core.management import CommandError, call_command
from django.db import transaction

from search import backfill, indexing, registry, spaces
from search.encoders.base import Ragged
from search.models import Corpus, Document, Passage, SparseVector, TokenVectors, Vector, VectorSpace
from tests.search.library import HASHING, SPACES, add, with_hashing, with_spaces

pytestmark = pytest.mark.django_db


def rows() -> dict[str, int]:
    return {table.__name__: table.objects.count() for table in (Vector, TokenVectors, SparseVector)}


def test_each_kind_lies_in_its_table(all_spaces: Any, corpus: Corpus) -> None:
    add(corpus, "A heron by the lake", "  ")  # the second has no words
    assert rows() == {"Vector": 2, "TokenVectors": 1, "SparseVector": 1}
    kinds = dict(VectorSpace.objects.values_list("alias", "kind"))
    assert kinds == {"hashing": "dense", "words": "multi", "folded": "fde", "pieces": "sparse"}


def test_token_vectors_come_back_as_they_were(all_spaces: Any, corpus: Corpus) -> None:
    add(corpus, "A heron by the lake")
    stored = TokenVectors.objects.get()
    (given,) = registry.encoder("words").encode_documents(["A heron by the lake"])
    found = np.frombuffer(stored.values, "<f2").reshape(stored.count, -1)
    assert found == pytest.approx(given, abs=1e-3)


def test_sparse_weights_come_back_as_they_were(all_spaces: Any, corpus: Corpus) -> None:
    add(corpus, "A heron by the lake, a heron")
    stored = SparseVector.objects.get().values
    (given,) = registry.encoder("pieces").encode_documents(["A heron by the lake, a heron"])
    assert stored.indices() == given[:, 0].astype(int).tolist()
    assert stored.values() == pytest.approx(given[:, 1].tolist())


def test_a_document_takes_its_rows_of_every_space_along(all_spaces: Any, corpus: Corpus) -> None:
    (key,) = add(corpus, "A heron by the lake")
    counts = indexing.withdraw(Passage.objects.get(pk=key).document)
    assert (counts["search_vector"], counts["search_tokenvectors"]) == (2, 1)
    assert counts["search_sparsevector"] == 1
    assert not any(rows().values())


def test_an_emptied_corpus_holds_nothing_in_any_space(all_spaces: Any, corpus: Corpus) -> None:
    add(corpus, "A heron", "An owl")
    counts = indexing.withdraw_corpus(corpus)
    assert (counts["search_vector"], counts["search_tokenvectors"]) == (4, 2)
    assert not any(rows().values())


def test_folding_uses_the_token_vectors_that_are_there(all_spaces: Any, corpus: Corpus) -> None:
    texts = ["A heron by the lake", "An owl"]
    both = spaces.encode(["folded", "words"], texts, lambda _: None)
    alone = spaces.encode(["folded"], texts, lambda _: None)
    assert both["folded"] == pytest.approx(alone["folded"])


def test_what_must_not_be_stored_is_refused(all_spaces: Any, corpus: Corpus) -> None:
    document = Document.objects.create(corpus=corpus, filename="f", sha256="0" * 64)
    passage = Passage(ordinal=0, kind="text", text="An egret")
    long = np.column_stack([np.arange(1001), np.ones(1001)]).astype(np.float32)
    bad = {
        "words": (Ragged.of([np.full((1, 32), 1, np.float32)], width=32), "it must be 1"),
        "folded": (np.full((1, 1024), np.nan, np.float32), "not finite"),
        "pieces": (Ragged.of([long], width=2), "1001 weights"),
    }
    for alias, (encoded, sentence) in bad.items():
        with pytest.raises(ValueError, match=sentence), transaction.atomic():
            indexing.publish(document, [passage], {alias: encoded})
    assert not Passage.objects.exists()


@pytest.fixture
def later(all_spaces: Any, corpus: Corpus, settings: Any) -> list[int]:
    """Passages that were put in before the other spaces were configured."""
    settings.MMSEARCH = with_hashing()
    keys = [key for n in range(5) for key in add(corpus, f"Heron number {n}", title=f"Part {n}")]
    settings.MMSEARCH = with_spaces(SPACES=[])
    return keys


def test_a_space_is_filled_with_what_it_lacks(
    later: list[int], corpus: Corpus, other_corpus: Corpus, capsys: Any
) -> None:
    add(other_corpus, "A secret heron")
    call_command("build_space", "words", "--corpus", corpus.slug, "--json")
    body = json.loads(capsys.readouterr().out)
    assert (body["added"], body["corpora"]) == (5, {corpus.slug: 5})
    assert set(TokenVectors.objects.values_list("passage_id", flat=True)) == set(later)
    call_command("build_space", "words", "--json")
    assert json.loads(capsys.readouterr().out)["added"] == 1  # the other corpus's


@pytest.mark.parametrize("alias", SPACES)
def test_a_filled_space_is_the_same_as_one_that_was_there_from_the_start(
    alias: str, later: list[int], corpus: Corpus, settings: Any
) -> None:
    call_command("build_space", alias, verbosity=0, stdout=open("/dev/null", "w"))  # noqa: SIM115
    table = spaces._table(indexing.space_for(alias))
    filled = [str(row) for row in table.objects.order_by("passage_id").values_list("values")]
    table.objects.filter(space=indexing.space_for(alias)).delete()
    settings.MMSEARCH = with_spaces(SPACES=[alias])
    document = Passage.objects.get(pk=later[0]).document
    again = [Passage(ordinal=0, kind="text", text="Heron number 0")]
    text = indexing.text_for_encoder(document.title, "", again[0].text)
    indexing.publish(document, again, spaces.encode([alias], [text], lambda _: None))
    fresh = table.objects.get(space=indexing.space_for(alias), passage=again[0])
    assert str((fresh.values,)) in filled


def test_filling_goes_on_where_it_stopped(
    later: list[int], corpus: Corpus, monkeypatch: Any
) -> None:
    monkeypatch.setattr(spaces, "ENCODE_BATCH", 2)

    def stop(_: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        backfill.fill_space("words", corpus, stop)
    assert TokenVectors.objects.count() == 2
    assert backfill.fill_space("words", corpus, lambda _: None) == 3
    assert TokenVectors.objects.count() == 5


def test_a_filled_space_raises_the_generation(later: list[int], corpus: Corpus) -> None:
    before = Corpus.objects.get(pk=corpus.pk).generation
    backfill.fill_space("pieces", corpus, lambda _: None)
    assert Corpus.objects.get(pk=corpus.pk).generation > before


def test_a_wrong_name_is_wrong_usage_and_a_missing_model_is_a_failure(
    later: list[int], settings: Any
) -> None:
    with pytest.raises(CommandError, match="no encoder 'nothing'") as caught:
        call_command("build_space", "nothing")
    assert caught.value.returncode == 2
    with pytest.raises(CommandError, match="no corpus 'nowhere'") as caught:
        call_command("build_space", "words", "--corpus", "nowhere")
    assert caught.value.returncode == 2
    absent = {"BACKEND": SPACES["pieces"]["BACKEND"], "OPTIONS": {"checkpoint": "/nowhere"}}
    settings.MMSEARCH = with_hashing(ENCODERS={"hashing": HASHING, "absent": absent})
    with pytest.raises(CommandError, match="/nowhere") as caught:
        call_command("build_space", "absent")
    assert caught.value.returncode == 1
