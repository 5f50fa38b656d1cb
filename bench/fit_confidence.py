"""Fit what a hit's scores are worth, on collections whose relevant passages are known.

    python bench/fit_confidence.py FOLDER [FOLDER ...] --unseen FOLDER [--write]

Each folder is a test collection. Its passages go into a scratch corpus, removed afterwards, and are
asked with the collection's own questions and with questions of the others, to which nothing here is
relevant. The first ten hits of ``hybrid``, and of ``bm25``, are the pairs. Every other question
fits, the rest reports; what is found in the ``--unseen`` folder never fits. Each collection weighs
alike, its foreign questions half as much as its own. The cut-off loses ``LOST`` of the own
questions that fit. ``--write`` replaces search/answers/confidence.json.
"""

import argparse
import os
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import django
import numpy as np
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mmsearch_site.settings")

SHOWN = 10
MOST_OWN, MOST_FOREIGN = 400, 60  # questions of a collection, and of each other one
FOREIGN_WEIGHT = 0.5
LOST = 0.005
LATER_S = 3_800_000_000  # 2090: above every id that is there
LISTS = {"with_meaning": "hybrid", "words_only": "bm25"}
Rows = NDArray[np.float64]


@dataclass(frozen=True)
class Seen:
    """One question's first hits: their signs, and which of them are relevant."""

    collection: str
    is_own: bool
    fits: bool
    rows: Rows
    relevant: NDArray[np.bool_]


@dataclass(frozen=True)
class Shelf:
    """Where a collection's passages are, and which documents they are."""

    corpus_id: int
    keys: dict[int, str]


def spread(lines: Sequence[Any], most: int) -> list[Any]:
    """At most so many, from the whole of the sequence."""
    places = np.linspace(0, len(lines) - 1, min(most, len(lines))).astype(int)
    return [lines[place] for place in places]


def seen(
    recipe: str, here: Any, collections: Sequence[Any], unseen: str, shelf: Shelf
) -> Iterator[Seen]:
    """The pairs of one collection in its scratch corpus."""
    for other in collections:
        is_own = other is here
        chosen = spread(other.queries, MOST_OWN if is_own else MOST_FOREIGN)
        for number, line in enumerate(chosen):
            judged = here.qrels.get(line.key, {}) if is_own else {}
            rows, found = asked(line.text, recipe, shelf.corpus_id)
            relevant = np.array([judged.get(shelf.keys[key], 0) > 0 for key in found], dtype=bool)
            fits = number % 2 == 0 and here.name != unseen
            yield Seen(here.name, is_own, fits, rows[:SHOWN], relevant[:SHOWN])


def asked(text: str, recipe: str, corpus_id: int) -> tuple[Rows, list[int]]:
    from search import pipeline
    from search.retrieval.background import evidence_of
    from search.retrieval.content import hydrate
    from search.types import Query

    query = Query(text=text.strip() or "?", corpora=(corpus_id,), recipe=recipe)
    ranked = pipeline.rank(query)
    candidates = hydrate(ranked.hits[: pipeline.LEAST_READ], query.corpora)
    evidence = evidence_of(query, ranked.retrieved, candidates)
    assert evidence.by_meaning == (recipe != "bm25"), (recipe, ranked.retrieved.degraded)
    return evidence.rows, [candidate.passage_id for candidate in candidates]


def weights(pairs: Sequence[Seen]) -> Rows:
    """One weight a hit."""
    sizes: dict[tuple[str, bool], int] = {}
    for one in pairs:
        group = (one.collection, one.is_own)
        sizes[group] = sizes.get(group, 0) + len(one.relevant)
    scale = sum(sizes.values()) / len(sizes)
    return np.concatenate([
        np.full(len(one.relevant), (1.0 if one.is_own else FOREIGN_WEIGHT) * scale
                / max(sizes[(one.collection, one.is_own)], 1))
        for one in pairs
    ])  # fmt: skip


def fit(pairs: Sequence[Seen], name: str) -> Any:
    from sklearn.linear_model import LogisticRegression

    from search.answers.confidence import SIGNS, Model
    from search.calibration import Isotonic, fit_isotonic

    rows = np.concatenate([one.rows for one in pairs])
    relevant = np.concatenate([one.relevant for one in pairs])
    often = weights(pairs)
    columns = [i for i, sign in enumerate(SIGNS) if name == "with_meaning" or "words" in sign]
    size = rows[:, columns].std(axis=0)
    logistic = LogisticRegression(C=10, max_iter=3000)
    logistic.fit(rows[:, columns] / size, relevant, sample_weight=often)
    told = dict(zip([SIGNS[i] for i in columns], logistic.coef_[0] / size, strict=True))
    rounded = {sign: round(float(weight), 3) for sign, weight in told.items()}
    model = Model(rounded, round(float(logistic.intercept_[0]), 3), 0.0, Isotonic((0.0,), (0.5,)))
    scores = np.round(model.scores(rows), 2)
    fitted = fit_isotonic(scores.tolist(), relevant.tolist(), weights=often.tolist())
    chances = tuple(round(chance, 4) for chance in fitted.chances)
    cut_off = round(float(np.mean(list(lost_below(pairs, model)))), 2)
    isotonic = Isotonic(fitted.scores, chances, fitted.pairs)
    return Model(model.weights, model.constant, cut_off, isotonic)


def lost_below(pairs: Sequence[Seen], model: Any) -> Iterator[float]:
    """For each collection the score that the best hit of all but ``LOST`` of its questions has."""
    for name in dict.fromkeys(one.collection for one in pairs):
        own = [one for one in pairs if one.collection == name and one.is_own and len(one.rows)]
        yield float(np.quantile([best(one, model) for one in own], LOST))


def best(one: Seen, model: Any) -> float:
    return float(model.scores(one.rows).max(initial=-np.inf))


def report(pairs: Sequence[Seen], model: Any) -> None:
    from search.calibration import brier_score, expected_calibration_error

    print(f"{'':16}{'ECE':>7}{'Brier':>7}{'said':>7}{'so':>7}{'  nothing: own':>14}{'foreign':>9}")
    for name in dict.fromkeys(one.collection for one in pairs):
        here = [one for one in pairs if one.collection == name and not one.fits]
        own = [one for one in here if one.is_own and len(one.rows)]
        said = np.concatenate([chances(one, model) for one in own])
        so = np.concatenate([one.relevant for one in own])
        none = [
            np.mean([best(one, model) < model.cut_off for one in here if one.is_own == is_own])
            for is_own in (True, False)
        ]
        error, brier = expected_calibration_error(said, so), brier_score(said, so)
        print(
            f"{name:16}{error:7.3f}{brier:7.3f}{said.mean():7.3f}{so.mean():7.3f}"
            f"{none[0]:14.1%}{none[1]:9.1%}   {len(own)} questions"
        )


def reliability(pairs: Sequence[Seen], model: Any) -> None:
    """What was said and what was so, in ten bins, over the held-out questions that could fit."""
    said = np.concatenate([chances(one, model) for one in pairs])
    so = np.concatenate([one.relevant for one in pairs])
    print(f"{'said':>12}{'hits':>8}{'mean said':>11}{'relevant':>10}")
    for low in np.arange(0, 1, 0.1):
        inside = (said >= low) & ((said < low + 0.1) | (low > 0.85))
        if inside.any():
            print(
                f"{low:6.1f}–{low + 0.1:.1f}{inside.sum():10}{said[inside].mean():11.3f}"
                f"{so[inside].mean():10.3f}"
            )


def chances(one: Seen, model: Any) -> Rows:
    return np.array([model.isotonic.chance(score) for score in model.scores(one.rows)])


def settle_ids() -> None:
    """The same ids in every run from here on: they decide which passages are the sample."""
    from search import ids, indexing
    from search.conf import conf

    indexing.space_for(conf().text_encoder)  # made by the first run only
    vars(ids).update(
        time=SimpleNamespace(time=lambda: LATER_S), secrets=SimpleNamespace(randbits=lambda _: 0)
    )


def collected(collections: Sequence[Any], unseen: str) -> dict[str, list[Seen]]:
    """The pairs of every collection, by list."""
    from search.evaluation.scratch import load, scratch_corpus

    found: dict[str, list[Seen]] = {name: [] for name in LISTS}
    for collection in collections:
        began = time.perf_counter()
        with scratch_corpus() as corpus:
            shelf = Shelf(corpus.pk, load(corpus, collection.documents, lambda _: None))
            for name, recipe in LISTS.items():
                found[name] += seen(recipe, collection, collections, unseen, shelf)
        took = time.perf_counter() - began
        print(
            f"{collection.name}: {len(shelf.keys)} passages, {took:.0f} s",
            file=sys.stderr,
            flush=True,
        )
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folders", type=Path, nargs="+")
    parser.add_argument("--unseen", type=Path, metavar="FOLDER")
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    django.setup()
    from django.core.management import call_command

    from mmsearch_site.command_line import database_for
    from search.answers.confidence import SHIPPED, Models
    from search.evaluation.collection import read_collection

    with database_for(["bench", "fit_confidence"]):
        call_command("migrate", verbosity=0)
        folders = [*options.folders, *([options.unseen] if options.unseen else [])]
        collections = [read_collection(folder) for folder in folders]
        unseen = collections[-1].name if options.unseen else ""
        settle_ids()
        found = collected(collections, unseen)
    fitted = {}
    for name, pairs in found.items():
        fitted[name] = fit([one for one in pairs if one.fits], name)
        told = fitted[name]
        print(f"\n{name}: {dict(told.weights)} constant {told.constant} cut-off {told.cut_off}")
        report(pairs, told)
        reliability([p for p in pairs if not p.fits and p.collection != unseen], told)
    if options.write:
        SHIPPED.write_text(Models(**fitted).to_json(), encoding="utf-8")


if __name__ == "__main__":
    main()
