"""How long a question takes, by stage, at growing sizes, against what it cannot be faster than.

    python bench/search.py [--sizes 1000 10000 50000] [--queries 60] [--concurrency 1 8]

Each size is a scratch corpus of generated text (words as unevenly common as in a language) with
random unit vectors, removed afterwards. Questions go through search.pipeline with the configured
encoder. Baselines of the same run: the encoder alone, and the same two statements sent by psycopg
in a loop. Milliseconds are wall clock, p50/p95; memory is this process and its database backend.
"""

import argparse
import hashlib
import os
import platform
import random
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import django
import numpy as np
import psutil

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mmsearch_site.settings")

VOCABULARY = 60_000
PASSAGE_WORDS = (40, 120)
STAGES = ("encode", "lexical", "dense", "fuse", "hydrate", "judge", "facets")


def vocabulary() -> tuple[list[str], list[float]]:
    """Words that the English stemmer leaves alone, and their cumulative Zipf weights."""
    words = [f"{hashlib.md5(str(n).encode()).hexdigest()[:7]}x" for n in range(VOCABULARY)]
    total, cumulative = 0.0, []
    for rank in range(1, VOCABULARY + 1):
        total += 1 / (rank + 2.7)
        cumulative.append(total)
    return words, cumulative


def texts(count: int, seed: int) -> list[str]:
    rng = random.Random(seed)
    words, cumulative = vocabulary()
    return [
        " ".join(rng.choices(words, cum_weights=cumulative, k=rng.randint(*PASSAGE_WORDS)))
        for _ in range(count)
    ]


def questions(count: int, passages: Sequence[str]) -> list[str]:
    """Three to ten words of some passage each, as people ask for what they half remember."""
    rng = random.Random(1)
    return [
        " ".join(rng.sample(rng.choice(passages).split(), rng.randint(3, 10))) for _ in range(count)
    ]


@contextmanager
def filled_corpus(count: int, passages: Sequence[str]) -> Iterator[Any]:
    """A corpus with one document for ten passages, analysed and, where large, indexed."""
    from django.db import connection, transaction

    from search import indexing, registry
    from search.conf import conf
    from search.evaluation.scratch import scratch_corpus
    from search.models import Document, Passage

    dim = registry.encoder(conf().text_encoder).dim
    rng = np.random.default_rng(2)
    with scratch_corpus() as corpus:
        for start in range(0, count, 1000):
            some = passages[start : start + 1000]
            documents = []
            for place in range(0, len(some), 10):
                name = f"{corpus.pk:032x}{start + place:032x}"
                document = Document(corpus=corpus, filename=name, sha256=name, issued="2020")
                own = [
                    Passage(ordinal=n, kind="text", text=text, language="en")
                    for n, text in enumerate(some[place : place + 10])
                ]
                documents.append((document, own))
            rows = rng.normal(size=(len(some), dim)).astype(np.float32)
            rows /= np.linalg.norm(rows, axis=1, keepdims=True)
            with transaction.atomic():
                Document.objects.bulk_create([document for document, _ in documents])
                indexing.publish_all(corpus, documents, {conf().text_encoder: rows})
        indexing.maintain_indexes()
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE search_passage, search_vector, search_document")
            cursor.execute("ANALYZE search_termfrequency, search_posting")
        yield corpus
    indexing.maintain_indexes()


def timed(do: Callable[[str], Any], asked: Sequence[str]) -> list[float]:
    took = []
    for text in asked:
        start = time.perf_counter()
        do(text)
        took.append((time.perf_counter() - start) * 1000)
    return took


def row(name: str, values: Sequence[float]) -> str:
    p50, p95 = np.percentile(values, [50, 95])
    return f"  {name:34}{p50:9.1f}{p95:9.1f}"


def statements(corpus_id: int, asked: Sequence[str]) -> list[tuple[str, Any]]:
    """The two large statements of each question as they are sent, for the bare loop."""
    from django.db import connection

    from search import pipeline, postings
    from search.retrieval import lexical
    from search.types import Query

    sent: list[tuple[str, Any]] = []

    def note(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if "<#>" in sql:
            sent.append((sql, params))
        return execute(sql, params, many, context)

    with connection.execute_wrapper(note):
        for text in asked:
            pipeline.rank(Query(text=text, corpora=(corpus_id,)))
            words = [term.text for term in lexical.read_terms(text, [corpus_id]).terms]
            sent.append((postings.READ, ([corpus_id], words)))
    return sent


def bare_loop(sent: Sequence[tuple[str, Any]], count: int) -> float:
    """Milliseconds a question when psycopg alone sends the same statements."""
    import psycopg
    from django.db import connection

    parameters = connection.get_connection_params()
    keep = {
        k: v for k, v in parameters.items() if k in {"host", "port", "dbname", "user", "password"}
    }
    with psycopg.connect(**keep, autocommit=True) as bare:
        cursor = bare.cursor()
        cursor.execute("SET max_parallel_workers_per_gather = 0")
        cursor.execute("SET jit = off")
        cursor.execute("SET hnsw.ef_search = 200")
        start = time.perf_counter()
        for sql, params in sent:
            cursor.execute(sql, params, binary=True, prepare=False)
            cursor.fetchall()
        return (time.perf_counter() - start) * 1000 / count


def measure(size: int, passages: Sequence[str], options: argparse.Namespace) -> None:
    from search import pipeline, registry
    from search.conf import conf
    from search.types import Query

    began = time.perf_counter()
    with filled_corpus(size, passages) as corpus:
        print(f"\n{size:,} passages (filled in {time.perf_counter() - began:.0f} s)", flush=True)
        print(f"  {'ms':34}{'p50':>9}{'p95':>9}")
        asked = questions(options.queries, passages[:size])
        found = []

        def ask(text: str) -> None:
            found.append(pipeline.find(Query(text=text, corpora=(corpus.pk,))))

        timed(ask, asked[:5])
        found.clear()
        whole = timed(ask, asked)
        for stage in STAGES:
            print(row(stage, [one.timings.get(stage, 0.0) for one in found]))
        print(row("whole walk", whole))
        encoder = registry.encoder(conf().text_encoder)
        print(row("baseline: encoder alone", timed(lambda t: encoder.encode_queries([t]), asked)))
        once = bare_loop(statements(corpus.pk, asked), len(asked))
        print(f"  {'baseline: the SQL by psycopg':34}{once:9.1f}{'':>9}")
        degraded = sorted({sentence for one in found for sentence in one.degraded})
        print(f"  degraded: {degraded or 'nothing'}")
        for threads in options.concurrency:
            print_throughput(ask, asked, threads)
        print_memory()


def print_throughput(ask: Callable[[str], None], asked: Sequence[str], threads: int) -> None:
    from django.db import connection

    def one(text: str) -> float:
        return timed(ask, [text])[0]

    with ThreadPoolExecutor(threads) as pool:
        start = time.perf_counter()
        took = list(pool.map(one, asked))
        rate = len(asked) / (time.perf_counter() - start)
        list(pool.map(lambda _: connection.close(), range(threads * 4)))
    name = f"{threads} at once ({rate:.1f} questions/s)"
    print(row(name, took))


def print_memory() -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid(), pg_database_size(current_database())")
        pid, size = cursor.fetchone()
    here = psutil.Process().memory_info().rss / 1e6
    backend = psutil.Process(pid).memory_full_info().uss / 1e6
    print(
        f"  memory: process {here:.0f} MB, backend {backend:.0f} MB; database {size / 1e6:.0f} MB"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=[1000, 10_000, 50_000])
    parser.add_argument("--queries", type=int, default=60)
    parser.add_argument("--concurrency", type=int, nargs="*", default=[4])
    options = parser.parse_args()
    django.setup()
    from django.conf import settings

    from mmsearch_site.command_line import database_for

    with database_for(["bench", "search"]):
        from django.core.management import call_command

        call_command("migrate", verbosity=0)
        passages = texts(max(options.sizes), seed=3)
        load = os.getloadavg()[0]
        print(
            f"{platform.processor() or platform.machine()}, {os.cpu_count()} cores, load {load:.1f}"
        )
        print(f"encoder {settings.MMSEARCH['TEXT_ENCODER']}")
        for size in options.sizes:
            measure(size, passages, options)


if __name__ == "__main__":
    main()
