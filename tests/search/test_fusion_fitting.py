"""Fitting the weights of a fusion."""

import random

import pytest

from search.fusion import LinearWeights, fit_linear
from search.types import Hit, Run

Runs = dict[str, list[Run]]
Qrels = dict[str, dict[int, float]]


def judged_queries(count: int, *, good: str = "dense", noise: str = "bm25") -> tuple[Runs, Qrels]:
    """Queries on which one retriever puts the relevant passage high and the other guesses."""
    rng = random.Random(5)
    runs: Runs = {}
    qrels: Qrels = {}
    for number in range(count):
        relevant = rng.randrange(30)
        qrels[f"q{number}"] = {relevant: 1.0}
        told = {key: rng.gauss(1.5 if key == relevant else 0.0, 1.0) for key in range(30)}
        guessed = {key: rng.gauss(0.0, 1.0) for key in range(30)}
        runs[f"q{number}"] = [run(good, told), run(noise, guessed)]
    return runs, qrels


def run(name: str, scores: dict[int, float]) -> Run:
    ordered = sorted(scores.items(), key=lambda pair: -pair[1])
    return Run(name, tuple(Hit(key, score) for key, score in ordered))


def test_the_retriever_that_tells_more_weighs_more() -> None:
    fitted = fit_linear(*judged_queries(80))
    assert fitted.weights["dense"] > 1.4
    assert fitted.ndcg_fitted > fitted.ndcg_equal + 0.03
    assert sum(fitted.weights.values()) == pytest.approx(2)


def test_retrievers_that_tell_alike_keep_equal_weights() -> None:
    rng = random.Random(2)
    runs: Runs = {}
    qrels: Qrels = {}
    for number in range(60):
        relevant = rng.randrange(30)
        qrels[f"q{number}"] = {relevant: 1.0}
        scores = {key: rng.gauss(1.5 if key == relevant else 0.0, 1.0) for key in range(30)}
        runs[f"q{number}"] = [
            run("dense", scores),
            run("bm25", {k: 9 * s for k, s in scores.items()}),
        ]
    fitted = fit_linear(runs, qrels)
    assert fitted.weights == {"bm25": 1.0, "dense": 1.0}
    assert fitted.shrink == 1.0


def test_what_left_out_folds_do_not_bear_out_is_shrunk_away() -> None:
    """Two retrievers that are alike good and err apart: a fit on all would find a difference."""
    rng = random.Random(4)
    runs: Runs = {}
    qrels: Qrels = {}
    for number in range(40):
        relevant = rng.randrange(30)
        qrels[f"q{number}"] = {relevant: 1.0}
        runs[f"q{number}"] = [
            run(name, {key: rng.gauss(1.5 if key == relevant else 0, 1) for key in range(30)})
            for name in ("first", "second")
        ]
    fitted = fit_linear(runs, qrels)
    assert (fitted.shrink, fitted.weights) == (1.0, {"first": 1.0, "second": 1.0})


def test_the_same_judgments_give_the_same_weights_in_any_order() -> None:
    runs, qrels = judged_queries(40)
    backwards = dict(reversed(runs.items()))
    assert fit_linear(runs, qrels) == fit_linear(backwards, qrels)


def test_three_retrievers_are_fitted_together() -> None:
    runs, qrels = judged_queries(60)
    more, _ = judged_queries(60, good="sparse", noise="late")
    fitted = fit_linear({key: [*runs[key], more[key][1]] for key in runs}, qrels)
    assert set(fitted.weights) == {"bm25", "dense", "late"}
    assert max(fitted.weights, key=lambda name: fitted.weights[name]) == "dense"


def test_too_few_judged_queries_are_refused_with_their_number() -> None:
    runs, qrels = judged_queries(40)
    qrels |= {f"q{number}": {7: 0.0} for number in range(12)}
    with pytest.raises(ValueError, match=r"There are 28 judged queries; .* from 30 on"):
        fit_linear(runs, qrels)


def test_one_fold_leaves_nothing_out_and_is_refused() -> None:
    with pytest.raises(ValueError, match="1 folds"):
        fit_linear(*judged_queries(40), folds=1)


def test_weights_come_back_from_json_as_they_were() -> None:
    fitted = fit_linear(*judged_queries(40))
    assert LinearWeights.from_json(fitted.to_json()) == fitted


@pytest.mark.parametrize("text", ["{}", "[1, 2]", "weights"])
def test_what_is_no_json_of_ours_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        LinearWeights.from_json(text)
