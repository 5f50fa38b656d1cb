"""First stages side by side on a test collection: quality, recall of the exact, milliseconds.

    python bench/first_stages.py FOLDER

FOLDER is in BEIR's form. A scratch corpus is read by the configured text encoder, by token vectors,
their fixed dimensional encoding and the counted word pieces, and removed afterwards. A row's time
is that of retrieval alone, encoding of the question apart, p50 over the queries. "of exact" is the
share of the ten best by the same score without a first look that is among the row's ten best.
"""

import os
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean, median
from typing import Any, cast

import django

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mmsearch_site.settings")
EXTRA = ("tokens", "fde", "wordpieces")
K = 10


@dataclass
class Question:
    """A query with what each encoder makes of it."""

    key: str
    text: str
    vector: Any
    tokens: Any
    folded: Any
    weights: Any


def questions(collection: Any) -> Iterator[Question]:
    from search import registry
    from search.conf import conf

    dense, tokens, fde, sparse = (
        cast(Any, registry.encoder(alias)) for alias in (conf().text_encoder, *EXTRA)
    )
    for line in collection.queries:
        asked = tokens.encode_queries([line.text])
        (rows,), (weights,) = asked, sparse.encode_queries([line.text])
        vector = dense.encode_queries([line.text])[0]
        yield Question(line.key, line.text, vector, rows, fde.fold_queries(asked)[0], weights)


def encoding_times(collection: Any) -> list[str]:
    """Milliseconds to encode one question, p50."""
    from search import registry
    from search.conf import conf

    lines = []
    for alias in (conf().text_encoder, *EXTRA):
        encoder, took = registry.encoder(alias), []
        for line in collection.queries:
            began = time.perf_counter()
            encoder.encode_queries([line.text])
            took.append((time.perf_counter() - began) * 1000)
        lines.append(f"{alias} {median(took):.1f}")
    return lines


Ask = Callable[[Question], Any]


def stages(corpus_id: int) -> dict[str, tuple[Ask, str]]:
    """What is measured, and the row whose ten best are the exact ones."""
    words, meaning, hybrid = first_looks(corpus_id)
    return {
        "bm25": (words, ""),
        "dense": (meaning, ""),
        "hybrid (z-score)": (hybrid, ""),
        **by_codec(corpus_id, words),
        **by_tokens(corpus_id, words, hybrid),
    }


def first_looks(corpus_id: int) -> tuple[Callable[..., Any], Ask, Ask]:
    """By words, by meaning, and by both."""
    from search import indexing
    from search.conf import conf
    from search.fusion import zscore
    from search.retrieval import dense, lexical
    from search.types import Run

    corpora, flat = [corpus_id], indexing.space_for(conf().text_encoder)

    def words(q: Question, depth: int = 100) -> Run:
        terms = lexical.read_terms(q.text, corpora)
        return lexical.search(terms, corpora, depth=depth)

    def meaning(q: Question) -> Run:
        return dense.search(q.vector, flat, corpora)

    def hybrid(q: Question) -> Run:
        return Run("hybrid", tuple(zscore([words(q), meaning(q)])))

    return words, meaning, hybrid


def by_codec(corpus_id: int, words: Callable[..., Any]) -> dict[str, tuple[Ask, str]]:
    """One vector, or weights, a passage, looked through in other ways."""
    from search import indexing
    from search.conf import conf
    from search.retrieval import binary, dense, matryoshka, sparse

    corpora, flat = [corpus_id], indexing.space_for(conf().text_encoder)
    pieces = indexing.space_for("wordpieces")

    def coarse(q: Question) -> Any:
        return binary.search(q.vector, flat, corpora, depth=25)

    def narrow(q: Question) -> Any:
        keys = [hit.passage_id for hit in words(q, 1000).hits]
        return dense.score_within(q.vector, flat, corpora, keys)

    return {
        "binary": (lambda q: binary.search(q.vector, flat, corpora), "dense"),
        "binary, 100 rescored": (coarse, "dense"),
        "matryoshka 128": (lambda q: matryoshka.search(q.vector, flat, corpora), "dense"),
        "narrow: bm25 1000, dense": (narrow, "dense"),
        "sparse: word pieces": (lambda q: sparse.search(q.weights, pieces, corpora), ""),
    }


def by_tokens(corpus_id: int, words: Ask, hybrid: Ask) -> dict[str, tuple[Ask, str]]:
    """Late interaction: as a first stage, and over the first hits of another."""
    from search import indexing
    from search.fusion import zscore
    from search.retrieval import dense, late_interaction
    from search.types import Run

    corpora, exact = [corpus_id], "maxsim of everything"
    many, folded = indexing.space_for("tokens"), indexing.space_for("fde")

    def tokens(q: Question, depth: int = 100) -> Run:
        return late_interaction.search(q.tokens, q.folded, many, folded, corpora, depth=depth)

    def late(first: Ask, depth: int, **pruning: Any) -> Ask:
        return lambda q: late_interaction.rescore(
            first(q), q.tokens, many, corpora, depth=depth, **pruning
        )

    def blended(q: Question) -> Run:
        runs = [Run("hybrid", hybrid(q).hits[:50]), late(hybrid, 50)(q)]
        return Run("blend", tuple(zscore(runs, weights={"hybrid": 0.6, "multi": 0.4})))

    pruned = late(hybrid, 50, alpha=0.5, beta=10)
    return {
        exact: (lambda q: tokens(q, 10**6), ""),
        "fde alone": (lambda q: dense.search(q.folded, folded, corpora), exact),
        "multi: fde 200, maxsim": (tokens, exact),
        "bm25 100, maxsim": (late(words, 100), exact),
        "hybrid 50, maxsim": (late(hybrid, 50), exact),
        "hybrid 50, maxsim, alpha .5 beta 10": (pruned, exact),
        "hybrid 50, maxsim blended .4": (blended, ""),
    }


def measure(
    ask: Callable[[Question], Any], asked: Sequence[Question]
) -> tuple[dict[str, list[int]], float, float]:
    """The ids found for each query, milliseconds p50, and how many were scored on average."""
    ask(asked[0])
    found, took = {}, []
    for question in asked:
        began = time.perf_counter()
        run = ask(question)
        took.append((time.perf_counter() - began) * 1000)
        found[question.key] = [hit.passage_id for hit in run.hits]
    return found, median(took), fmean(len(keys) for keys in found.values())


def main(folder: Path) -> None:
    from search.evaluation.collection import read_collection
    from search.evaluation.measures import ndcg, recall
    from search.evaluation.scratch import load, scratch_corpus

    collection = read_collection(folder)
    with scratch_corpus() as corpus:
        began = time.perf_counter()
        keys = load(corpus, collection.documents, lambda _: None)
        print(f"{collection.name}: {len(keys)} passages in {time.perf_counter() - began:.0f} s")
        print("ms to encode a question: " + ", ".join(encoding_times(collection)))
        asked = list(questions(collection))
        print(f"{'':38}{'ndcg@10':>9}{'rec@100':>9}{'of exact':>9}{'ms':>8}{'listed':>8}")
        seen: dict[str, dict[str, list[int]]] = {}
        for name, (ask, truth) in stages(corpus.pk).items():
            seen[name], took, listed = measure(ask, asked)
            pairs = [([keys[p] for p in seen[name][q.key]], collection.qrels[q.key]) for q in asked]
            quality = fmean(ndcg(found, gains, k=K) for found, gains in pairs)
            reached = fmean(recall(found, gains, k=100) for found, gains in pairs)
            exact = "" if not truth else f"{agreement(seen[name], seen[truth]):.3f}"
            row = f"{name:38}{quality:9.4f}{reached:9.3f}{exact:>9}{took:8.1f}{listed:8.0f}"
            print(row, flush=True)


def agreement(found: dict[str, list[int]], exact: dict[str, list[int]]) -> float:
    """The share of the exact ten best that stands among the ten best found."""
    return fmean(len(set(found[key][:K]) & set(exact[key][:K])) / K for key in exact if exact[key])


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    os.environ["MMSEARCH_SPACES"] = ",".join(EXTRA)
    django.setup()
    from mmsearch_site.command_line import database_for
    from mmsearch_site.first_run import prepare_database

    with database_for(["first_stages", "run"]):
        prepare_database()
        main(Path(sys.argv[1]))
