"""Exact BM25 over the passages one may see: the only BM25 SQL.

N, document frequency and average length are sums over the visible corpora alone. BM25 needs sums
and nothing else, so the scores are those of a library that holds only what the asker may read, and
hidden words cannot move them.

Source: Robertson and Zaragoza, 2009, doi:10.1561/1500000019, with Lucene's idf, which is never
negative.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.db import connection

from search.conf import conf
from search.language import LANGUAGE_MARKERS, configuration, fold, language_marker
from search.models import Passage
from search.retrieval.conditions import NO_FILTERS, condition
from search.types import Filters, Hit, Run, Signal

RETRIEVER = "bm25"
MOST_TERMS = 64  # ten thousand OR terms cost seconds; the rarest decide anyway
LIKE_TERMS = 25  # the terms of a passage that stand for it in "more like this"

# N of a term counts the passages whose configuration can hold it: beside a thousand English
# passages "the" is not rare only because fifty passages of unknown language keep it.
_TERMS = """
WITH configurations AS MATERIALIZED (
    SELECT ltrim(term) AS name, sum(passages) AS n FROM search_termfrequency
    WHERE corpus_id = ANY(%(corpora)s) AND term = ANY(%(markers)s) GROUP BY term
), lexemes AS MATERIALIZED (
    SELECT w.lexeme, sum(c.n) AS n
    FROM configurations c, unnest(to_tsvector(c.name::regconfig, %(words)s)) w GROUP BY w.lexeme
)
SELECT l.lexeme, l.n::float8, sum(f.passages)::float8
FROM lexemes l JOIN search_termfrequency f ON f.term = l.lexeme AND f.corpus_id = ANY(%(corpora)s)
GROUP BY l.lexeme, l.n
"""
_TERMS_OF_PASSAGE = """
WITH counted AS (
    SELECT u.lexeme, cardinality(u.positions) AS tf, sum(f.passages)::float8 AS occurring
    FROM search_passage p CROSS JOIN LATERAL unnest(p.terms) u
    JOIN search_termfrequency f ON f.term = u.lexeme AND f.corpus_id = ANY(%(corpora)s)
    WHERE p.id = %(passage)s AND p.corpus_id = ANY(%(corpora)s)
    GROUP BY u.lexeme, u.positions
), stats AS (
    SELECT sum(passages)::float8 AS n FROM search_termfrequency
    WHERE corpus_id = ANY(%(corpora)s) AND term = %(marker)s
)
SELECT lexeme, n, occurring FROM counted, stats
ORDER BY tf * ln(1 + n / occurring) DESC, lexeme LIMIT %(most)s
"""
_AVERAGE_LENGTH = """
SELECT sum(token_count)::float8 / greatest(sum(passage_count), 1)
FROM search_corpus WHERE id = ANY(%(corpora)s)
"""
_BM25 = """
SELECT p.id, s.score, count(*) OVER ()
FROM search_passage p {join}
CROSS JOIN LATERAL (
    SELECT sum(q.idf * cardinality(u.positions) / (cardinality(u.positions)
               + %(k1)s * (1 - %(b)s + %(b)s * p.length / %(average)s))) AS score
    FROM unnest(p.terms) u
    JOIN unnest(%(lexemes)s::text[], %(idfs)s::float8[]) AS q(lexeme, idf) ON q.lexeme = u.lexeme
) s
WHERE p.terms @@ %(tsquery)s::tsquery AND p.corpus_id = ANY(%(corpora)s){clause}
ORDER BY s.score DESC, p.id LIMIT %(depth)s
"""


@dataclass(frozen=True, slots=True)
class Terms:
    """What a question is made of: its terms with their idf, rarest first."""

    idf: Mapping[str, float]
    average_length: float

    @property
    def tsquery(self) -> str:
        """All terms joined by OR, quoted; text of a user never reaches PostgreSQL's parser."""
        quoted = (term.replace("\\", "\\\\").replace("'", "''") for term in self.idf)
        return " | ".join(f"'{term}'" for term in quoted)


def read_terms(text: str, corpora: Sequence[int], *, like_passage: int | None = None) -> Terms:
    """The terms of a text, and of a passage to look like, that occur in the visible corpora."""
    values = {"corpora": list(corpora), "words": fold(text), "markers": list(LANGUAGE_MARKERS)}
    with connection.cursor() as cursor:
        cursor.execute(_TERMS, values)
        rows = cursor.fetchall()
        if like_passage is not None:
            cursor.execute(_TERMS_OF_PASSAGE, values | _like(like_passage))
            rows += cursor.fetchall()
        cursor.execute(_AVERAGE_LENGTH, values)
        (average,) = cursor.fetchone()
    idf = {term: _idf(passages, occurring) for term, passages, occurring in rows}
    rarest = sorted(idf, key=lambda term: (-idf[term], term))[:MOST_TERMS]
    return Terms({term: idf[term] for term in rarest}, max(average or 0.0, 1e-9))


def search(
    terms: Terms, corpora: Sequence[int], *, filters: Filters = NO_FILTERS, depth: int = 100
) -> Run:
    """The passages with the highest BM25 scores; ``total`` counts all that match.

    Ties go to the lower passage id.
    """
    if not terms.idf or not corpora:
        return Run(RETRIEVER, (), total=0)
    where = condition(filters)
    statement = _BM25.format(join=where.join, clause=where.clause)
    values = where.values | {
        "lexemes": list(terms.idf),
        "idfs": list(terms.idf.values()),
        "tsquery": terms.tsquery,
        "average": terms.average_length,
        "corpora": list(corpora),
        "depth": depth,
        "k1": conf().k1,
        "b": conf().b,
    }
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        rows = cursor.fetchall()
    hits = tuple(
        Hit(key, score, {RETRIEVER: Signal(rank, score, score)})
        for rank, (key, score, _) in enumerate(rows, start=1)
    )
    return Run(RETRIEVER, hits, total=rows[0][2] if rows else 0)


def _like(passage_id: int) -> dict[str, object]:
    language = Passage.objects.values_list("language", flat=True).filter(pk=passage_id).first()
    marker = language_marker(configuration(language or ""))
    return {"passage": passage_id, "marker": marker, "most": LIKE_TERMS}


def _idf(passages: float, occurring: float) -> float:
    occurring = min(occurring, passages)
    return math.log(1 + (passages - occurring + 0.5) / (occurring + 0.5))
