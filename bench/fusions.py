"""Fusion rules on judged questions: nDCG@10 of each, of each leg, and of fitted weights.

    python bench/fusions.py FOLDER [FOLDER ...]

A folder is a test collection (corpus.jsonl, queries.jsonl, qrels/test.tsv). Its passages go into a
scratch corpus, removed afterwards; the runs are those of the recipes ``bm25`` and ``dense``, depth
100. "linear" is fitted on four fifths of the questions and measured on the last fifth, five times,
so that no question is measured by weights it helped to fit; its shrink is chosen inside the four
fifths. "zscore + router" shifts the weights question by question. Intervals are 95 %, from 2,000
paired bootstrap samples of the difference to zscore.
"""

import argparse
import os
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import django
import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mmsearch_site.settings")

FOLDS = 5
DEPTH = 10


def legs(queries: Sequence[Any], corpus_id: int) -> dict[str, list[Any]]:
    """Both runs of each question."""
    from search import pipeline
    from search.types import Query

    found = {}
    for line in queries:
        text = line.text.strip() or line.title.strip() or "?"
        query = Query(text=text, corpora=(corpus_id,), recipe="hybrid")
        found[line.key] = list(pipeline.rank(query).retrieved.runs)
    return found


def by_passage(qrels: Mapping[str, Mapping[str, float]], keys: Mapping[int, str]) -> dict[str, Any]:
    place = {document: passage for passage, document in keys.items()}
    return {
        query: {place[d]: gain for d, gain in gains.items() if d in place}
        for query, gains in qrels.items()
    }


def scores(rankings: Mapping[str, Sequence[Any]], keys: Mapping[int, str], qrels: Any) -> Any:
    from search.evaluation.measures import ndcg

    return np.array(
        [
            ndcg([keys[hit.passage_id] for hit in hits[:DEPTH]], qrels[query], k=DEPTH)
            for query, hits in rankings.items()
        ]
    )


def left_out(runs: Mapping[str, Any], qrels: Mapping[str, Any]) -> tuple[dict[str, Any], str]:
    """Each question fused by weights fitted on the other folds, and what the weights were."""
    from search.fusion import fit_linear, linear

    names = sorted(runs)
    fold_of = np.random.default_rng(7).permutation(len(names)) % FOLDS
    fused, told = {}, []
    for fold in range(FOLDS):
        fitting = {q: runs[q] for q, f in zip(names, fold_of, strict=True) if f != fold}
        fitted = fit_linear(fitting, qrels)
        told.append(f"{fitted.weights['dense']:.2f}")
        for query, f in zip(names, fold_of, strict=True):
            if f == fold:
                fused[query] = linear(runs[query], weights=fitted.weights)
    return {query: fused[query] for query in runs}, f"dense weighs {', '.join(told)} of 2"


def interval(values: Any, other: Any) -> str:
    difference = values - other
    rng = np.random.default_rng(3)
    picks = rng.integers(len(difference), size=(2000, len(difference)))
    low, high = np.percentile(difference[picks].mean(axis=1), [2.5, 97.5])
    return f"{difference.mean():+.4f} [{low:+.4f}, {high:+.4f}]"


def rows(
    collection: Any, runs: Mapping[str, Any], keys: Mapping[int, str]
) -> list[tuple[str, Any, str]]:
    from search.fusion import FUSIONS, zscore
    from search.transforms.router import route

    texts = {line.key: line.text for line in collection.queries}
    fusions = {name: fuse for name, fuse in FUSIONS.items() if name != "linear"}
    found = [
        (name, {q: list(r.hits) for q, some in runs.items() for r in some if r.retriever == name})
        for name in ("bm25", "dense")
    ]
    found += [(name, {q: fuse(some) for q, some in runs.items()}) for name, fuse in fusions.items()]
    equal = {"bm25": 1.0, "dense": 1.0}
    routed = {q: zscore(some, weights=route(texts[q]).weights(equal)) for q, some in runs.items()}
    measured = [
        (name, scores(ranks, keys, collection.qrels), "")
        for name, ranks in [*found, ("zscore + router", routed)]
    ]
    qrels = by_passage(collection.qrels, keys)
    try:
        fused, told = left_out(runs, qrels)
    except ValueError as error:
        return [*measured, ("linear (fitted)", None, str(error))]
    return [*measured, ("linear (fitted)", scores(fused, keys, collection.qrels), told)]


def show(collection: Any, runs: Mapping[str, Any], keys: Mapping[int, str]) -> None:
    measured = rows(collection, runs, keys)
    base = next(values for name, values, _ in measured if name == "zscore")
    print(f"\n{collection.name}: {len(keys):,} passages, {len(runs)} questions", flush=True)
    print(f"  {'':20}{'nDCG@10':>9}   difference to zscore, 95 %")
    for name, values, told in measured:
        if values is None:
            print(f"  {name:20}{'-':>9}   {told}")
            continue
        print(f"  {name:20}{values.mean():9.4f}   {interval(values, base)}  {told}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folders", type=Path, nargs="+")
    options = parser.parse_args()
    django.setup()
    from django.core.management import call_command

    from mmsearch_site.command_line import database_for
    from search.evaluation.collection import read_collection
    from search.evaluation.scratch import load, scratch_corpus

    with database_for(["bench", "fusions"]):
        call_command("migrate", verbosity=0)
        for folder in options.folders:
            collection = read_collection(folder)
            began = time.perf_counter()
            with scratch_corpus() as corpus:
                keys = load(corpus, collection.documents, lambda _: None)
                show(collection, legs(collection.queries, corpus.pk), keys)
            print(f"  {time.perf_counter() - began:.0f} s", flush=True)


if __name__ == "__main__":
    main()
