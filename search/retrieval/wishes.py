"""What the words of a question demand: "a phrase", +this, -that, title:such.

A demand is met before anything is ranked: the passages that meet it are all that the retrievers
see. A demand that no passage meets is dropped, and said so.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from django.db import connection

from search import postings
from search.binary_rows import array, fetch_binary
from search.language import LANGUAGE_MARKERS, fold
from search.retrieval.matches import Matches, Places
from search.transforms.normalise import Understood, understand
from search.types import Query

MOST_HOLDING = 10_000  # passages that meet a demand and are ranked

_CONFIGURATIONS = """
WITH configurations AS MATERIALIZED (
    SELECT DISTINCT ltrim(term)::regconfig AS name FROM search_termfrequency
    WHERE corpus_id = ANY(%(corpora)s) AND term = ANY(%(markers)s)
)
"""
# ruff: noqa: S608  (only the constant above is joined)
_PHRASES = f"""{_CONFIGURATIONS}
SELECT w.place, string_agg(DISTINCT '(' || q::text || ')', ' | ')
FROM unnest(%(texts)s::text[]) WITH ORDINALITY AS w(words, place), configurations c,
    phraseto_tsquery(c.name, w.words) q
WHERE q::text <> '' GROUP BY w.place
"""
_LEXEMES = f"""{_CONFIGURATIONS}
SELECT w.word, array_agg(DISTINCT u.lexeme)
FROM unnest(%(words)s::text[]) AS w(word), configurations c, unnest(to_tsvector(c.name, w.word)) u
GROUP BY w.word
"""
_MEETING = """
SELECT p.id FROM search_passage p
JOIN unnest(%(owners)s::bigint[], %(slots)s::bigint[]) AS k(corpus, slot)
    ON p.corpus_id = k.corpus AND p.slot = k.slot
WHERE {demands}
"""


@dataclass(frozen=True, slots=True)
class Demand:
    """Words that must stand next to each other; ``tsquery`` is how PostgreSQL reads them."""

    text: str
    in_title: bool
    tsquery: str

    def clause(self, name: str) -> str:
        """A condition on passage ``p``; the words of titles and headings have weight A."""
        column = "ts_filter(p.terms, '{a}')" if self.in_title else "p.terms"
        return f"{column} @@ %({name})s::tsquery"


def resolve(query: Query) -> tuple[Query, tuple[str, ...]]:
    """The question without its operators, its demands as filters; and what could not be met."""
    understood = understand(query.text)
    demands = _demands(understood, query.corpora)
    excluded = _tsqueries(understood.excluded, query.corpora)
    notes: list[str] = []
    filters = replace(query.filters, excluded=tuple(filter(None, excluded)))
    if demands:
        holding = _holding(demands, query.corpora)
        if holding:
            filters = replace(filters, passages=holding)
        else:
            named = ", ".join(f"“{one.text}”" for one in demands)
            notes.append(f"No passage holds {named} as demanded; this is the best without it.")
    return replace(query, text=understood.asked or query.text, filters=filters), tuple(notes)


def _demands(understood: Understood, corpora: Sequence[int]) -> list[Demand]:
    """Those with a word that is kept in the index; common words alone demand nothing."""
    places = [(text, False) for text in (*understood.phrases, *understood.required)]
    places += [(text, True) for text in understood.titles]
    queries = _tsqueries([text for text, _ in places], corpora)
    return [
        Demand(text, in_title, tsquery)
        for (text, in_title), tsquery in zip(places, queries, strict=True)
        if tsquery
    ]


def _tsqueries(texts: Sequence[str], corpora: Sequence[int]) -> list[str]:
    """Each text as a phrase in any language of the corpora; empty if it is all common words."""
    if not texts or not corpora:
        return [""] * len(texts)
    values = {"corpora": list(corpora), "markers": list(LANGUAGE_MARKERS)}
    with connection.cursor() as cursor:
        cursor.execute(_PHRASES, values | {"texts": [fold(text) for text in texts]})
        found = dict(cursor.fetchall())
    return [found.get(place, "") for place in range(1, len(texts) + 1)]


def _holding(demands: Sequence[Demand], corpora: Sequence[int]) -> tuple[int, ...]:
    """Ids of the passages that meet all demands: of those that hold all their words."""
    matches = _with_all_words([w for one in demands for w in fold(one.text).split()], corpora)
    owners, slots = matches.slots(np.arange(min(len(matches.keys), MOST_HOLDING)))
    clauses = {f"demand{place}": one for place, one in enumerate(demands)}
    values = {name: one.tsquery for name, one in clauses.items()}
    statement = _MEETING.format(demands=" AND ".join(d.clause(n) for n, d in clauses.items()))
    rows = fetch_binary(statement, values | {"owners": array(owners), "slots": array(slots)})
    return tuple(key for (key,) in rows)


def _with_all_words(words: Sequence[str], corpora: Sequence[int]) -> Matches:
    values = {"corpora": list(corpora), "markers": list(LANGUAGE_MARKERS), "words": list(words)}
    with connection.cursor() as cursor:
        cursor.execute(_LEXEMES, values)
        lexemes = [found for _, found in cursor.fetchall()]
    places = Places.of(postings.read(corpora, [one for found in lexemes for one in found]))
    keys = np.unique(places.keys(lexemes[0]))
    for found in lexemes[1:]:
        keys = np.intersect1d(keys, places.keys(found))
    return Matches(places.corpora, places.firsts, keys, np.ones(len(keys)), len(keys))
