"""What holds for all retrievers alike."""

import pkgutil
from importlib import import_module
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import search.retrieval
from search.models import Corpus, Passage
from search.retrieval import dense, late_interaction, pictured
from search.types import Filters
from tests.search.library import add, undone
from tests.search.retrieval.asking import RETRIEVERS, ask, row, space

pytestmark = pytest.mark.django_db
WORDS = ("heron", "lake", "owl", "night", "reed", "the", "egg")
some_text = st.lists(st.sampled_from(WORDS), min_size=1, max_size=6).map(" ".join)
names = pytest.mark.parametrize("name", RETRIEVERS)


def test_no_retriever_escapes_these_tests() -> None:
    modules = [
        import_module(f"search.retrieval.{found.name}")
        for found in pkgutil.iter_modules(search.retrieval.__path__)
    ]
    named = {module.RETRIEVER for module in modules if hasattr(module, "RETRIEVER")}
    seeing = {pictured.RETRIEVER}  # takes a picture: tests/search/test_seeing.py
    assert named - seeing <= RETRIEVERS.keys()


@settings(
    max_examples=100,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    visible=st.lists(some_text, max_size=6),
    hidden=st.lists(some_text, min_size=1, max_size=6),
    text=some_text,
    name=st.sampled_from(sorted(RETRIEVERS)),
    depth=st.sampled_from([2, 100]),
    filters=st.sampled_from([Filters(), Filters(kind=("text",)), Filters(author=("Ada",))]),
)
def test_hidden_passages_change_nothing_at_all(  # noqa: PLR0917
    all_spaces: Any,
    corpus: Corpus,
    other_corpus: Corpus,
    visible: list[str],
    hidden: list[str],
    text: str,
    name: str,
    depth: int,
    filters: Filters,
) -> None:
    with undone():
        for words in visible:
            add(corpus, words, authors=["Ada"])
        alone = ask(name, text, [corpus.pk], filters=filters, depth=depth)
        for words in hidden:
            add(other_corpus, words, authors=["Ada"])
        assert ask(name, text, [corpus.pk], filters=filters, depth=depth) == alone


@names
def test_nothing_visible_finds_nothing(name: str, all_spaces: Any, corpus: Corpus) -> None:
    add(corpus, "A heron by the lake")
    assert ask(name, "heron", []).hits == ()


@names
def test_filters_hold_before_anything_is_cut(name: str, all_spaces: Any, corpus: Corpus) -> None:
    add(corpus, *["heron heron"] * 30, authors=["Bob"])
    (wanted,) = add(corpus, "a heron among much else by the lake", authors=["Ada"])
    run = ask(name, "heron", [corpus.pk], filters=Filters(author=("Ada",)), depth=3)
    assert [hit.passage_id for hit in run.hits] == [wanted]


@names
def test_equal_passages_come_in_the_order_of_their_ids(
    name: str, all_spaces: Any, corpus: Corpus
) -> None:
    keys = add(corpus, *["A heron by the lake"] * 12)
    add(corpus, "An owl at night")
    run = ask(name, "heron lake", [corpus.pk], depth=8)
    assert [hit.passage_id for hit in run.hits] == keys[:8]


@names
def test_the_run_is_named_and_its_signals_sum_to_the_score(
    name: str, all_spaces: Any, corpus: Corpus
) -> None:
    add(corpus, "A heron by the lake", "An owl at night", "Reed and a heron")
    run = ask(name, "heron", [corpus.pk])
    assert run.hits
    scores = [hit.score for hit in run.hits]
    assert scores == sorted(scores, reverse=True)
    for rank, hit in enumerate(run.hits, start=1):
        (signal,) = hit.signals.values()
        assert (list(hit.signals), signal.rank, signal.part) == ([run.retriever], rank, hit.score)


@names
def test_what_says_the_same_is_found_first(name: str, all_spaces: Any, corpus: Corpus) -> None:
    add(corpus, "The owl hunts at night", "Eggs in a nest of reed", "Trains leave at noon")
    (wanted,) = add(corpus, "A grey heron waits by the lake")
    run = ask(name, "grey heron lake", [corpus.pk])
    assert run.hits[0].passage_id == wanted


@names
def test_a_removed_document_is_not_found(name: str, all_spaces: Any, corpus: Corpus) -> None:
    from search import indexing

    (gone,) = add(corpus, "A heron by the lake")
    (kept,) = add(corpus, "A heron in the reed")
    indexing.withdraw(Passage.objects.get(pk=gone).document)
    assert [hit.passage_id for hit in ask(name, "heron", [corpus.pk]).hits] == [kept]


def test_a_hidden_passage_is_not_scored_when_asked_for_by_its_id(
    all_spaces: Any, corpus: Corpus, other_corpus: Corpus
) -> None:
    (seen,), (hidden,) = add(corpus, "A heron"), add(other_corpus, "A heron")
    given = [hidden, seen]
    scored = late_interaction.score(row("words", "heron"), given, space("words"), [corpus.pk])
    assert list(scored) == [seen]
    run = dense.score_within(row("hashing", "heron"), space("hashing"), [corpus.pk], given)
    assert [hit.passage_id for hit in run.hits] == [seen]


def test_rescoring_scores_what_the_first_stage_found_and_may_stop_early(
    all_spaces: Any, corpus: Corpus
) -> None:
    texts = [f"heron {'lake ' * (n % 5)}{'owl ' * n}" for n in range(30)]
    add(corpus, *texts)
    first, asked = ask("bm25", "heron lake", [corpus.pk]), row("words", "heron lake")
    everything = late_interaction.rescore(first, asked, space("words"), [corpus.pk], depth=20)
    assert {h.passage_id for h in everything.hits} == {h.passage_id for h in first.hits[:20]}
    pruned = late_interaction.rescore(
        first, asked, space("words"), [corpus.pk], depth=20, k=5, alpha=0.2, beta=3
    )
    assert 5 <= len(pruned.hits) < 20
    exact = {hit.passage_id: hit.score for hit in everything.hits}
    assert all(exact[hit.passage_id] == pytest.approx(hit.score) for hit in pruned.hits)
