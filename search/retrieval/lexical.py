"""Exact BM25 over the passages one may see: the only BM25 SQL.

N, document frequency and average length are sums over the visible corpora alone. BM25 needs sums
and nothing else, so the scores are those of a library that holds only what the asker may read, and
hidden words cannot move them.

Source: Robertson and Zaragoza, 2009, doi:10.1561/1500000019, with Lucene's idf, which is never
negative.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from django.db import connection

from search.conf import conf
from search.language import LANGUAGE_MARKERS, configuration, fold, language_marker
from search.models import Passage
from search.retrieval.conditions import NO_FILTERS, Condition, condition
from search.types import Filters, Hit, Run, Signal

RETRIEVER = "bm25"
MOST_TERMS = 64  # ten thousand OR terms cost seconds; the rarest decide anyway
OPENING = 4  # times the depth: passages that the first look expects
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
_SIZES = """
SELECT sum(token_count)::float8 / greatest(sum(passage_count), 1), sum(passage_count)::float8
FROM search_corpus WHERE id = ANY(%(corpora)s)
"""
# One term's ts_rank, all weights 1, is H(tf) / H(inf) with H(n) = 1 + 1/4 + ... + 1/n**2. Reading
# tf back from it costs a tenth of unnesting the tsvector; rounding makes it exact up to the 255
# positions that a tsvector keeps.
_RANK = "ts_rank('{{1,1,1,1}}', p.terms, %({term})s)::float8"
_COUNTED = f"round(1 / (1.64493406685 * (1 - {_RANK})) - .5)"
_PART = f"%({{idf}})s * (1 - p.norm / ({_COUNTED} + p.norm))"  # idf * tf / (tf + norm)
_BM25 = """
SELECT p.id, {parts} AS score FROM (
    SELECT p.id, p.terms, %(k1)s * (1 - %(b)s + %(b)s * p.length / %(average)s) AS norm
    FROM search_passage p {join}
    WHERE p.terms @@ %(tsquery)s::tsquery AND p.corpus_id = ANY(%(corpora)s){clause} OFFSET 0
) p ORDER BY score DESC, p.id LIMIT %(depth)s
"""
_MATCHING = """
SELECT count(*) FROM search_passage p {join}
WHERE p.terms @@ %(tsquery)s::tsquery AND p.corpus_id = ANY(%(corpora)s){clause}
"""


@dataclass(frozen=True, slots=True)
class Term:
    """A term with its idf, and in how many visible passages it stands."""

    text: str
    idf: float
    occurring: float

    @property
    def quoted(self) -> str:
        """The term as a tsquery; text of a user never reaches PostgreSQL's parser of queries."""
        return "'" + self.text.replace("\\", "\\\\").replace("'", "''") + "'"


@dataclass(frozen=True, slots=True)
class Terms:
    """What a question is made of, rarest first, in these corpora."""

    terms: tuple[Term, ...] = ()
    average_length: float = 1.0
    passages: float = 0.0  # how many are visible

    @property
    def tsquery(self) -> str:
        """Any of the terms."""
        return any_of(self.terms)

    @property
    def idf(self) -> dict[str, float]:
        """How telling each term is."""
        return {term.text: term.idf for term in self.terms}

    @property
    def idf_of_absent(self) -> float:
        """How telling a term would be that stands nowhere."""
        return _idf(self.passages, 0.0)


def any_of(terms: Sequence[Term]) -> str:
    """A tsquery that matches where one of the terms stands."""
    return " | ".join(term.quoted for term in terms)


def read_terms(text: str, corpora: Sequence[int], *, like_passage: int | None = None) -> Terms:
    """The terms of a text, and of a passage to look like, that occur in the visible corpora."""
    values = {"corpora": list(corpora), "words": fold(text), "markers": list(LANGUAGE_MARKERS)}
    with connection.cursor() as cursor:
        cursor.execute(_TERMS, values)
        rows = cursor.fetchall()
        if like_passage is not None:
            cursor.execute(_TERMS_OF_PASSAGE, values | _like(like_passage))
            rows += cursor.fetchall()
        cursor.execute(_SIZES, values)
        average, passages = cursor.fetchone()
    found = {term: Term(term, _idf(n, occurring), occurring) for term, n, occurring in rows}
    rarest = sorted(found.values(), key=lambda term: (-term.idf, term.text))[:MOST_TERMS]
    return Terms(tuple(rarest), max(average or 0.0, 1e-9), passages or 0.0)


def search(
    terms: Terms, corpora: Sequence[int], *, filters: Filters = NO_FILTERS, depth: int = 100
) -> Run:
    """The passages with the highest BM25 scores. Ties go to the lower passage id.

    Passages that hold only common terms are not scored when they cannot be among the best: a term
    adds less than its idf, so the common terms whose idfs sum to less than the score of the last
    passage kept can move nothing up. The result is that of scoring every match.

    Source: Turtle and Flood, 1995, doi:10.1016/0306-4573(95)00020-H (MaxScore).
    """
    if not terms.terms or not corpora:
        return Run(RETRIEVER, ())
    where = condition(filters)
    chosen = _opening(terms, depth)
    rows = _best(terms, chosen, corpora, where, depth)
    needed = _deciding(terms, rows[-1][1] if len(rows) == depth else 0.0)
    if len(needed) > len(chosen):
        rows = _best(terms, needed, corpora, where, depth)
    hits = tuple(
        Hit(key, score, {RETRIEVER: Signal(rank, score, score)})
        for rank, (key, score) in enumerate(rows, start=1)
    )
    return Run(RETRIEVER, hits)


def score_within(
    terms: Terms, corpora: Sequence[int], passage_ids: Sequence[int]
) -> dict[int, float]:
    """The scores of given passages, by id, as ``search`` gives them.

    One that holds none of the terms, or is not of these corpora, has none.
    """
    if not terms.terms or not passage_ids:
        return {}
    given = Condition(("p.id = ANY(%(passages)s)",), {"passages": list(passage_ids)})
    return dict(_best(terms, terms.terms, corpora, given, len(passage_ids)))


def count_matches(terms: Terms, corpora: Sequence[int], *, filters: Filters = NO_FILTERS) -> int:
    """How many passages hold one of the terms."""
    where = condition(filters)
    values = where.values | {"tsquery": terms.tsquery, "corpora": list(corpora)}
    with connection.cursor() as cursor:
        cursor.execute(_MATCHING.format(join=where.join, clause=where.clause), values)
        return int(cursor.fetchone()[0])


def _opening(terms: Terms, depth: int) -> tuple[Term, ...]:
    """The rarest terms that promise enough passages to set a bar for the others."""
    promised = 0.0
    for place, term in enumerate(terms.terms, start=1):
        promised += term.occurring
        if promised >= OPENING * depth:
            return terms.terms[:place]
    return terms.terms


def _deciding(terms: Terms, bar: float) -> tuple[Term, ...]:
    """The terms without which a passage cannot reach the bar."""
    place, rest = len(terms.terms), 0.0
    while place > 1 and rest + terms.terms[place - 1].idf < bar:
        place -= 1
        rest += terms.terms[place].idf
    return terms.terms[:place]


def _best(
    terms: Terms, chosen: Sequence[Term], corpora: Sequence[int], where: Condition, depth: int
) -> list[tuple[int, float]]:
    """The best of the passages that hold a chosen term, scored by all terms."""
    places = range(len(terms.terms))
    parts = " + ".join(_PART.format(idf=f"idf{i}", term=f"term{i}") for i in places)
    values = where.values | {
        "tsquery": any_of(chosen),
        "average": terms.average_length,
        "corpora": list(corpora),
        "depth": depth,
        "k1": conf().k1,
        "b": conf().b,
    }
    for i, term in enumerate(terms.terms):
        values |= {f"idf{i}": term.idf, f"term{i}": term.quoted}
    with connection.cursor() as cursor:
        cursor.execute(_BM25.format(parts=parts, join=where.join, clause=where.clause), values)
        return cursor.fetchall()


def _like(passage_id: int) -> dict[str, object]:
    language = Passage.objects.values_list("language", flat=True).filter(pk=passage_id).first()
    marker = language_marker(configuration(language or ""))
    return {"passage": passage_id, "marker": marker, "most": LIKE_TERMS}


def _idf(passages: float, occurring: float) -> float:
    occurring = min(occurring, passages)
    return math.log(1 + (passages - occurring + 0.5) / (occurring + 0.5))
