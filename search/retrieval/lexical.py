"""Exact BM25 over the passages one may see, from the postings of the visible corpora.

Every passage that holds a term is scored, by sums over arrays; none of them is read. N, document
frequency and average length are sums over the visible corpora alone. BM25 needs sums and nothing
else, so the scores are those of a library that holds only what the asker may read, and hidden words
cannot move them.

Source: Robertson and Zaragoza, 2009, doi:10.1561/1500000019, with Lucene's idf, which is never
negative.
"""

import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from django.db import connection

from search import postings
from search.conf import conf
from search.language import LANGUAGE_MARKERS, configuration, fold, language_marker
from search.models import Passage
from search.retrieval.conditions import NO_FILTERS
from search.retrieval.matches import Matches, Places, Portion
from search.retrieval.nearest import as_run
from search.types import Filters, Run

RETRIEVER = "bm25"
MOST_TERMS = 64  # ten thousand OR terms cost seconds; the rarest decide anyway
SHORTEST_PREFIX = 3
MOST_FORMS = 50  # of a word typed with a star
LAST_CHARACTER = "\U0010ffff"
_STARRED = re.compile(r"(\w[\w\-]*)\*")
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
_HELD = """
SELECT f.term, sum(f.passages)::float8,
    (SELECT sum(passage_count)::float8 FROM search_corpus WHERE id = ANY(%(corpora)s))
FROM search_termfrequency f
WHERE f.corpus_id = ANY(%(corpora)s) AND f.term IN (
    SELECT u.lexeme FROM search_passage p, unnest(p.terms) u
    WHERE p.id = ANY(%(passages)s) AND p.corpus_id = ANY(%(corpora)s)
    GROUP BY u.lexeme HAVING count(*) >= %(least)s
)
GROUP BY f.term
"""
_FORMS = """
SELECT term, sum(passages)::float8 AS occurring FROM search_termfrequency
WHERE corpus_id = ANY(%(corpora)s) AND term >= %(prefix)s AND term < %(beyond)s
GROUP BY term ORDER BY occurring DESC, term LIMIT %(most)s
"""
_SIZE = """
SELECT coalesce(sum(passage_count), 0)::float8,
    coalesce(sum(token_count)::float8 / greatest(sum(passage_count), 1), 0)
FROM search_corpus WHERE id = ANY(%(corpora)s)
"""


@dataclass(frozen=True, slots=True)
class Term:
    """A term with its idf, and in how many visible passages it stands.

    A word typed with a star has several ``forms``; they count as one term.
    """

    text: str
    idf: float
    occurring: float
    forms: tuple[str, ...] = ()

    @property
    def lexemes(self) -> tuple[str, ...]:
        """What stands in the index for it."""
        return self.forms or (self.text,)


@dataclass(frozen=True, slots=True)
class Terms:
    """What a question is made of, rarest first, in these corpora."""

    terms: tuple[Term, ...] = ()
    average_length: float = 1.0
    passages: float = 0.0  # how many are visible

    @property
    def idf(self) -> dict[str, float]:
        """How telling each term is."""
        return {term.text: term.idf for term in self.terms}

    @property
    def idf_of_absent(self) -> float:
        """How telling a term would be that stands nowhere."""
        return _idf(self.passages, 0.0)


def read_terms(text: str, corpora: Sequence[int], *, like_passage: int | None = None) -> Terms:
    """The terms of a text, and of a passage to look like, that occur in the visible corpora."""
    values = {"corpora": list(corpora), "words": fold(text), "markers": list(LANGUAGE_MARKERS)}
    with connection.cursor() as cursor:
        cursor.execute(_TERMS, values)
        rows = cursor.fetchall()
        if like_passage is not None:
            cursor.execute(_TERMS_OF_PASSAGE, values | _like(like_passage))
            rows += cursor.fetchall()
        cursor.execute(_SIZE, values)
        passages, average = cursor.fetchone()
    found = {term: Term(term, _idf(n, occurring), occurring) for term, n, occurring in rows}
    found |= {term.text: term for term in _begun(text, corpora, passages)}
    rarest = sorted(found.values(), key=lambda term: (-term.idf, term.text))[:MOST_TERMS]
    return Terms(tuple(rarest), max(average, 1e-9), passages)


def idf_held(passages: Sequence[int], corpora: Sequence[int]) -> dict[str, float]:
    """How telling each term is that two of these passages hold, or the only one."""
    values = {"corpora": list(corpora), "passages": list(passages), "least": min(2, len(passages))}
    with connection.cursor() as cursor:
        cursor.execute(_HELD, values)
        return {term: _idf(visible, occurring) for term, occurring, visible in cursor.fetchall()}


def search(
    terms: Terms, corpora: Sequence[int], *, filters: Filters = NO_FILTERS, depth: int = 100
) -> Run:
    """The passages with the highest BM25 scores. Ties go to what was made searchable first."""
    found = match(terms, corpora).narrowed(filters, least=depth)
    return as_run(RETRIEVER, found.best(depth))


def match(
    terms: Terms, corpora: Sequence[int], *, base: tuple[Terms, Matches] | None = None
) -> Matches:
    """Every passage of the corpora that holds a term, with its score.

    ``base``: what some of the terms matched in the same corpora; only the others are then read.
    Costs grow with the entries of the terms: 8 bytes read for each, and about 15 ns.
    """
    if not terms.terms or not corpora:
        return Matches()
    known, matched = base if base and _goes_on(terms, base[0]) else (Terms(), None)
    new = [term for term in terms.terms if term not in known.terms]
    rows = postings.read(corpora, [one for term in new for one in term.lexemes])
    places = Places.of(rows, matched)
    return places.scored(_weighted(new, terms.average_length, places))


def _goes_on(terms: Terms, base: Terms) -> bool:
    """Whether the library has not changed since, and no term of before was dropped."""
    is_same = (base.average_length, base.passages) == (terms.average_length, terms.passages)
    return is_same and set(base.terms) <= set(terms.terms)


def _weighted(terms: Sequence[Term], average_length: float, places: Places) -> Iterator[Portion]:
    k1, b = conf().k1, conf().b
    for term in terms:
        for keys, counts, lengths in places.entries(term.lexemes):
            norm = lengths * (k1 * b / average_length)
            norm += k1 * (1 - b)
            norm += counts
            yield keys, counts * term.idf / norm


def score_within(
    found: Matches, corpora: Sequence[int], passage_ids: Sequence[int]
) -> dict[int, float]:
    """The scores of given passages, by id, among those that ``match`` found.

    One that holds none of the terms, or is not of these corpora, has none.
    """
    rows = Passage.objects.filter(pk__in=list(passage_ids), corpus__in=list(corpora))
    places = list(rows.values_list("pk", "corpus_id", "slot"))
    scores = found.scores_of([(corpus, slot) for _, corpus, slot in places])
    return {key: score for (key, *_), score in zip(places, scores, strict=True) if score > 0}


def _begun(text: str, corpora: Sequence[int], passages: float) -> Iterator[Term]:
    """The words typed with a star, as terms of many forms: the most frequent that begin so."""
    for typed in dict.fromkeys(_STARRED.findall(text)):
        prefix = "".join(fold(typed).split()[-1:])
        if len(prefix) < SHORTEST_PREFIX:
            continue
        values = {"corpora": list(corpora), "prefix": prefix, "most": MOST_FORMS}
        with connection.cursor() as cursor:
            cursor.execute(_FORMS, values | {"beyond": prefix + LAST_CHARACTER})
            rows = cursor.fetchall()
        if rows:
            occurring = min(sum(n for _, n in rows), passages)
            forms = tuple(term for term, _ in rows)
            yield Term(f"{prefix}*", _idf(passages, occurring), occurring, forms)


def _like(passage_id: int) -> dict[str, object]:
    language = Passage.objects.values_list("language", flat=True).filter(pk=passage_id).first()
    marker = language_marker(configuration(language or ""))
    return {"passage": passage_id, "marker": marker, "most": LIKE_TERMS}


def _idf(passages: float, occurring: float) -> float:
    occurring = min(occurring, passages)
    return math.log(1 + (passages - occurring + 0.5) / (occurring + 0.5))
