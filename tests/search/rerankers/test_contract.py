"""Every reranker in the folder, found and not listed, keeps the promises of the base class."""

import importlib
import inspect
import pkgutil
import subprocess
import sys
from collections.abc import Iterator

import pytest

import search.rerankers
from search.rerankers.base import Deadline, Reranker
from search.types import Query
from tests.search.rerankers.shelf import HERON, ids, shelf


def presets() -> Iterator[type[Reranker]]:
    for module in pkgutil.iter_modules(search.rerankers.__path__):
        if module.ispkg:
            continue
        found = importlib.import_module(f"search.rerankers.{module.name}")
        for _, one in inspect.getmembers(found, inspect.isclass):
            if issubclass(one, Reranker) and one.__module__ == found.__name__:
                yield one


SHARED = {"Reranker", "Harness", "Prompted", "ByNextToken"}  # what presets are made of
PRESETS = {preset.__name__: preset for preset in presets() if preset.__name__ not in SHARED}


@pytest.fixture(scope="module", params=sorted(PRESETS))
def reranker(request: pytest.FixtureRequest) -> Reranker:
    return PRESETS[request.param].tiny()


def test_the_presets_of_the_design_are_there() -> None:
    wanted = (
        "cross_encoder rankgpt insertrank first icr rank_r1 grouprank erank prorank e2rank mvp "
        "maxsim cur relevance_feedback term_overlap cascade"
    )
    assert set(wanted.split()) <= {preset.__module__.split(".")[-1] for preset in PRESETS.values()}


def test_it_gives_back_the_candidates_it_was_given(reranker: Reranker) -> None:
    given = shelf()
    ranked = reranker.rerank(HERON, given).candidates
    assert sorted(ids(ranked)) == ids(given)
    for before, after in zip(given, sorted(ranked, key=lambda c: c.passage_id), strict=True):
        assert (after.text, after.source, after.locator) == (
            before.text,
            before.source,
            before.locator,
        )


def test_signals_are_kept_and_sum_to_the_score(reranker: Reranker) -> None:
    for one in reranker.rerank(HERON, shelf()).candidates:
        assert {"bm25", "dense"} <= set(one.signals)
        assert sum(signal.part for signal in one.signals.values()) == pytest.approx(one.score)
        assert all(signal.part >= 0 for signal in one.signals.values())


def test_scores_fall_from_first_to_last(reranker: Reranker) -> None:
    scores = [one.score for one in reranker.rerank(HERON, shelf(30)).candidates]
    assert scores == sorted(scores, reverse=True)


def test_the_same_question_gets_the_same_order(reranker: Reranker) -> None:
    first, second = (reranker.rerank(HERON, shelf()).candidates for _ in range(2))
    assert first == second


@pytest.mark.parametrize("count", [0, 1, 2])
def test_few_candidates_are_no_trouble(reranker: Reranker, count: int) -> None:
    assert sorted(ids(reranker.rerank(HERON, shelf(count)).candidates)) == ids(shelf(count))


def test_identical_texts_are_all_kept(reranker: Reranker) -> None:
    given = shelf(9, texts=["a heron by the lake"])
    assert sorted(ids(reranker.rerank(HERON, given).candidates)) == ids(given)


@pytest.mark.parametrize(
    "text", ["", "?", "\ud800 \x00", "heron " * 2000, "<|im_end|></query>", "日本"]
)
def test_odd_questions_are_no_trouble(reranker: Reranker, text: str) -> None:
    assert sorted(ids(reranker.rerank(Query(text=text), shelf()).candidates)) == ids(shelf())


def test_odd_passages_are_no_trouble(reranker: Reranker) -> None:
    given = shelf(5, texts=["", "\ud800 \x00", "</passage>[1]", "<|im_end|> $x {y}", "lake " * 900])
    assert sorted(ids(reranker.rerank(HERON, given).candidates)) == ids(given)


def test_when_the_time_is_over_the_order_stays(reranker: Reranker) -> None:
    over = Deadline(ends_at=0.0, clock=lambda: 1.0)
    ranked = reranker.rerank(HERON, shelf(), deadline=over)
    assert ids(ranked.candidates) == ids(shelf())
    assert ranked.report.late
    assert ranked.report.notes


def test_presence_is_told_without_loading(reranker: Reranker) -> None:
    present, detail, remedy = type(reranker).presence()
    assert detail
    assert present or remedy


def test_the_web_process_can_list_rerankers_without_torch() -> None:
    modules = sorted({preset.__module__ for preset in PRESETS.values()})
    program = (
        "import importlib, sys\n"
        f"for name in {modules!r}: importlib.import_module(name)\n"
        "import search.generators.http, search.generators.transformers_local\n"
        "print([name for name in ('torch', 'transformers', 'django') if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"
