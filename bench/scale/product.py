"""The product on one data set, in a process of its own: times by stage, recall, equal scores.

    python -m bench.scale.product SIZE FOLDER OUT [--questions 60] [--clients 1 8] [--load-only]

FOLDER has the database below ``library`` and what contestants read below ``material``.
"""

import argparse
import gc
import json
import logging
import os
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import django
import numpy as np

from bench.scale import library
from bench.scale.material import SHARES, Material, generate, recall, shuffled, visible
from bench.scale.timing import asked_by, percentiles

STAGES = ("encode", "lexical", "dense", "fuse", "hydrate", "facets")
CLOSE = 1e-6


def measure(material: Material, options: argparse.Namespace) -> dict[str, Any]:
    from django.db import connection

    corpora, loading = library.load(material, f"scale-{options.size}")
    kept = options.folder / "loading.json"
    if loading:
        kept.write_text(json.dumps(loading))
    if options.load_only:
        return {}
    places = library.numbers_of(corpora)
    lexical = Reference(material)
    rows = []
    encoder = encoder_alone(material, options.clients)
    for own, share in enumerate(SHARES, start=1):
        seen = corpora[:own]
        about = {
            "share": share,
            "passages": visible(len(material.vectors), share),
            "recall": dense_recall(material, seen, places, share),
            "bm25_difference": lexical.difference(material, seen, places, share),
        }
        for clients in options.clients:
            row = {"clients": clients, **about, **walks(material, seen, clients)}
            rows.append(row)
            print(f"  {share:7.1%} {clients} clients: {row['whole']}", flush=True)
    connection.close()
    return {
        "loading": json.loads(kept.read_text()) if kept.exists() else {},
        "load_average": round(os.getloadavg()[0], 1),
        "encoder": encoder,
        "rows": rows,
        "bytes": library.sizes(),
    }


def walks(material: Material, corpora: Sequence[int], clients: int) -> dict[str, Any]:
    """Whole searches, question to hydrated candidates with facets."""
    from django.db import connection

    from search import pipeline
    from search.types import Query

    def ask(number: int) -> Any:
        found = pipeline.find(Query(text=material.questions[number], corpora=tuple(corpora)))
        return dict(found.timings), found.degraded

    def close() -> None:
        connection.close()  # a thread has its own

    asked_by(1, ask, range(material.measured.start))
    gc.collect()
    gc.freeze()  # the texts of the whole library are the bench's, no part of a web process
    many = shuffled(material.measured, seed=clients) * (2 if clients > 1 else 1)
    done, rate = asked_by(clients, ask, many, close)
    stages = {
        stage: percentiles([timings.get(stage, 0.0) for _, (timings, _) in done])
        for stage in STAGES
    }
    said = Counter(sentence for _, (_, notes) in done for sentence in notes)
    return {
        "stages": stages,
        "whole": percentiles([ms for ms, _ in done]),
        "per_second": round(rate, 2),
        "degraded": dict(said),
    }


def encoder_alone(material: Material, clients: Sequence[int]) -> dict[str, Any]:
    """No search can be faster than this."""
    from search import registry
    from search.conf import conf

    encoder = registry.encoder(conf().text_encoder)

    def ask(number: int) -> Any:
        return encoder.encode_queries([material.questions[number]])

    asked_by(1, ask, range(material.measured.start))
    took = {n: asked_by(n, ask, material.measured)[0] for n in clients}
    return {str(n): percentiles([ms for ms, _ in done]) for n, done in took.items()}


def dense_recall(
    material: Material, corpora: Sequence[int], places: dict[int, int], share: float
) -> float:
    """Of the ten nearest to each probe, how many the product's route by vectors finds."""
    from search import indexing
    from search.conf import conf
    from search.retrieval import dense

    space = indexing.space_for(conf().text_encoder)
    runs = (dense.search(probe, space, corpora) for probe in material.probes)
    found = [[places[hit.passage_id] for hit in run.hits[:10]] for run in runs]
    return round(recall(found, material.truth(share)), 4)


class Reference:
    """``bm25s`` over the same tokens, of the visible passages alone."""

    def __init__(self, material: Material) -> None:
        words = sorted({word for text in material.texts for word in text.split()})
        tokens = library.lexemes(words)
        known = sorted({token for own in tokens.values() for token in own})
        self._ids = {token: n for n, token in enumerate(known)}
        self._of = {word: [self._ids[token] for token in own] for word, own in tokens.items()}

    def difference(
        self, material: Material, corpora: Sequence[int], places: dict[int, int], share: float
    ) -> float:
        """The largest between a score of the product and the reference's, list against list."""
        from search.retrieval import lexical

        index, largest = self._index(material.texts[: visible(len(material.texts), share)]), 0.0
        for number in material.measured:
            text = material.questions[number]
            tokens = list(dict.fromkeys(self._tokens(text)))
            expected = index.get_scores_from_ids(tokens)
            run = lexical.search(lexical.read_terms(text, corpora), corpora, depth=100)
            scores = np.array([hit.score for hit in run.hits])
            own = expected[[places[hit.passage_id] for hit in run.hits]]
            best = -np.sort(-expected)[: len(scores)]
            largest = max(largest, *np.abs(scores - own), *np.abs(scores - best), 0.0)
            if len(scores) < min(100, int((expected > 0).sum())):
                return float("inf")
        return float(largest)

    def _tokens(self, text: str) -> list[int]:
        return [one for word in text.split() for one in self._of[word]]

    def _index(self, texts: Sequence[str]) -> Any:
        import bm25s
        from bm25s.tokenization import Tokenized

        from search.conf import conf

        index = bm25s.BM25(method="lucene", k1=conf().k1, b=conf().b, dtype="float64")
        corpus = Tokenized(ids=[self._tokens(text) for text in texts], vocab=self._ids)
        index.index(corpus, show_progress=False)
        return index


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("size", type=int)
    parser.add_argument("folder", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--questions", type=int, default=60)
    parser.add_argument("--clients", type=int, nargs="+", default=[1, 8])
    parser.add_argument("--load-only", action="store_true")
    options = parser.parse_args()
    material = Material(options.folder / "material", options.questions)
    if not material.is_ready:
        generate(material, options.size)
    os.environ["MMSEARCH_DATA_DIR"] = str(options.folder / "library")
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mmsearch_site.settings")
    django.setup()
    from django.core.management import call_command

    from mmsearch_site.command_line import database_for

    logging.getLogger("bm25s").setLevel(logging.WARNING)
    with database_for(["bench", "scale"]):
        call_command("migrate", verbosity=0)
        found = measure(material, options)
    options.out.write_text(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
