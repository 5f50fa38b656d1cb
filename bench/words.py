"""Word search by postings against the same scores worked out in SQL over a tsvector.

    python bench/words.py [--sizes 10000 100000] [--queries 60]

Each size is a scratch corpus of generated text, removed afterwards. SQL has a GIN index over the
terms, made for the run, and skips passages that cannot be among the best; both give the hundred
best of the same questions, and the scores are compared. Milliseconds are wall clock, p50/p95.
"""

import argparse
import os
import sys
import time
from collections.abc import Sequence
from itertools import batched
from pathlib import Path
from typing import Any

import django
import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mmsearch_site.settings")

from bench.search import questions, row, texts, timed

DEPTH = 100
OPENING = 4  # times the depth: passages that the first look expects
# One term's ts_rank, all weights 1, is H(tf) / H(inf) with H(n) = 1 + 1/4 + ... + 1/n**2.
RANK = "ts_rank('{{1,1,1,1}}', p.terms, %({term})s)::float8"
COUNTED = f"round(1 / (1.64493406685 * (1 - {RANK})) - .5)"
PART = f"%({{idf}})s * (1 - p.norm / ({COUNTED} + p.norm))"
BM25 = """
SELECT p.id, {parts} AS score FROM (
    SELECT p.id, p.terms, %(k1)s * (1 - %(b)s + %(b)s * p.length / %(average)s) AS norm
    FROM search_passage p
    WHERE p.terms @@ %(tsquery)s::tsquery AND p.corpus_id = ANY(%(corpora)s) OFFSET 0
) p ORDER BY score DESC, p.id LIMIT %(depth)s
"""


def fill(corpus: Any, passages: Sequence[str]) -> float:
    """Publish the passages, ten to a document; gives seconds."""
    from django.db import connection, transaction

    from search import indexing
    from search.models import Document, Passage

    began = time.perf_counter()
    for number, some in enumerate(batched(passages, 1000)):
        documents = []
        for place, own in enumerate(batched(some, 10)):
            name = f"{corpus.pk:032x}{number * 1000 + place:032x}"
            document = Document(corpus=corpus, filename=name, sha256=name)
            rows = [
                Passage(ordinal=n, kind="text", text=t, language="en") for n, t in enumerate(own)
            ]
            documents.append((document, rows))
        with transaction.atomic():
            Document.objects.bulk_create([document for document, _ in documents])
            indexing.publish_all(corpus, documents, {})
    took = time.perf_counter() - began
    with connection.cursor() as cursor:
        cursor.execute("CREATE INDEX IF NOT EXISTS bench_terms ON search_passage USING gin (terms)")
        cursor.execute("VACUUM ANALYZE search_passage, search_termfrequency, search_posting")
    return took


def in_sql(terms: Any, corpora: Sequence[int]) -> list[tuple[int, float]]:
    """The hundred best: first by the rarest terms, again by all that can still matter."""
    chosen = opening(terms)
    rows = best(terms, chosen, corpora)
    bar = rows[-1][1] if len(rows) == DEPTH else 0.0
    place, rest = len(terms.terms), 0.0
    while place > 1 and rest + terms.terms[place - 1].idf < bar:
        place -= 1
        rest += terms.terms[place].idf
    return rows if place <= len(chosen) else best(terms, terms.terms[:place], corpora)


def opening(terms: Any) -> Sequence[Any]:
    promised = 0.0
    for place, term in enumerate(terms.terms, start=1):
        promised += term.occurring
        if promised >= OPENING * DEPTH:
            return terms.terms[:place]
    return terms.terms


def best(terms: Any, chosen: Sequence[Any], corpora: Sequence[int]) -> list[tuple[int, float]]:
    from django.db import connection

    from search.conf import conf

    places = range(len(terms.terms))
    parts = " + ".join(PART.format(idf=f"idf{i}", term=f"term{i}") for i in places)
    values: dict[str, Any] = {
        "tsquery": " | ".join(f"'{term.text}'" for term in chosen),
        "average": terms.average_length,
        "corpora": list(corpora),
        "depth": DEPTH,
        "k1": conf().k1,
        "b": conf().b,
    }
    for i, term in enumerate(terms.terms):
        values |= {f"idf{i}": term.idf, f"term{i}": f"'{term.text}'"}
    with connection.cursor() as cursor:
        cursor.execute(BM25.format(parts=parts), values)
        return cursor.fetchall()


def compare(count: int, queries: int) -> None:
    from django.db import connection

    from search.evaluation.scratch import scratch_corpus
    from search.retrieval import lexical
    from search.retrieval.local_settings import ALONE, local_settings

    with scratch_corpus() as corpus:
        passages = texts(count, seed=count)
        print(f"{count:,} passages, {fill(corpus, passages):.0f} s to publish")
        asked = questions(queries, passages)
        corpora = [corpus.pk]
        terms = {text: lexical.read_terms(text, corpora) for text in asked}
        size = "SELECT pg_total_relation_size('search_posting'), pg_relation_size('bench_terms')"
        with connection.cursor() as cursor:
            cursor.execute(size)
            print(
                "  bytes a passage: postings {:.0f}, GIN {:.0f}".format(
                    *(n / count for n in cursor.fetchone())
                )
            )
        with local_settings(**ALONE):
            for text in asked:
                rows = lexical.search(terms[text], corpora, depth=DEPTH).hits
                wanted = [score for _, score in in_sql(terms[text], corpora)]
                assert np.allclose([hit.score for hit in rows], wanted, atol=1e-6), text
            sql = timed(lambda text: in_sql(terms[text], corpora), asked)
            ours = timed(lambda text: lexical.search(terms[text], corpora, depth=DEPTH), asked)
            print(row("SQL over tsvector and GIN", sql))
            print(row("postings", ours))
            print(
                row(
                    "reading the terms, common to both",
                    timed(lambda text: lexical.read_terms(text, corpora), asked),
                )
            )
        print(
            f"  ratio of p50 {np.median(sql) / np.median(ours):.1f}, "
            f"of p95 {np.percentile(sql, 95) / np.percentile(ours, 95):.1f}"
        )
        with connection.cursor() as cursor:
            cursor.execute("DROP INDEX bench_terms")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--sizes", type=int, nargs="+", default=[10_000, 100_000])
    parser.add_argument("--queries", type=int, default=60)
    options = parser.parse_args()
    django.setup()
    from mmsearch_site.command_line import database_for

    with database_for(["bench", "words"]):
        from django.core.management import call_command

        call_command("migrate", verbosity=0)
        print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
        for count in options.sizes:
            compare(count, options.queries)


if __name__ == "__main__":
    main()
