"""How the passages a question is about are spread: counted in the index, over visible rows only."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from django.db import connection

from search.binary_rows import array
from search.retrieval.conditions import condition
from search.retrieval.matches import Matches
from search.types import Filters

FIELDS = ("kind", "media_type", "language", "author", "published", "corpus")
MOST_VALUES = 20
MOST_COUNTED = 5_000  # best matches by words whose values are counted
Facets = Mapping[str, tuple[tuple[str, int], ...]]

_PLACES = """
SELECT p.corpus_id, p.slot FROM search_passage p {join}
WHERE p.corpus_id = ANY(%(corpora)s) AND p.id = ANY(%(passages)s){clause}
"""
_FACETS = """
WITH found AS MATERIALIZED (
    SELECT p.document_id, p.corpus_id, p.kind, p.language, count(*) AS n
    FROM unnest(%(owners)s::bigint[], %(slots)s::bigint[]) AS k(corpus, slot)
    JOIN search_passage p ON p.corpus_id = k.corpus AND p.slot = k.slot
    GROUP BY p.document_id, p.corpus_id, p.kind, p.language
), described AS MATERIALIZED (
    SELECT f.n, f.kind, d.media_type, coalesce(nullif(f.language, ''), d.language) AS language,
        left(d.issued, 4) AS published, d.authors, c.slug AS corpus
    FROM found f JOIN search_document d ON d.id = f.document_id
    JOIN search_corpus c ON c.id = f.corpus_id
), counted AS (
    SELECT 'kind' AS field, kind AS value, sum(n) AS n FROM described GROUP BY kind
    UNION ALL SELECT 'media_type', media_type, sum(n) FROM described GROUP BY media_type
    UNION ALL SELECT 'language', language, sum(n) FROM described GROUP BY language
    UNION ALL SELECT 'published', published, sum(n) FROM described GROUP BY published
    UNION ALL SELECT 'corpus', corpus, sum(n) FROM described GROUP BY corpus
    UNION ALL SELECT 'author', a, sum(n) FROM described, unnest(authors) a GROUP BY a
), ranked AS (
    SELECT field, value, n, row_number() OVER (PARTITION BY field ORDER BY n DESC, value) AS place
    FROM counted WHERE value <> ''
)
SELECT field, value, n::bigint FROM ranked WHERE place <= %(most)s
ORDER BY 1, 3 DESC, 2
"""


@dataclass(frozen=True, slots=True)
class Spread:
    """How many passages were found, and by which values: most frequent first, at most twenty.

    ``total`` is an estimate where ``is_exact`` is false. The facets count ``counted`` of them: all,
    or the best by words and those near in meaning.
    """

    total: int = 0
    is_exact: bool = True
    counted: int = 0
    facets: Facets = field(default_factory=lambda: {name: () for name in FIELDS})


def count_facets(
    matches: Matches,
    passages: Sequence[int],
    corpora: Sequence[int],
    *,
    filters: Filters,
    without: int | None = None,
) -> Spread:
    """The spread of the passages that match by words or are among ``passages``.

    ``matches`` have passed the filters already.
    """
    where = condition(filters)
    values = where.values | {"corpora": list(corpora), "passages": list(passages)}
    with connection.cursor() as cursor:
        if without is not None:
            cursor.execute(_PLACES.format(join="", clause=""), values | {"passages": [without]})
            matches = matches.without(cursor.fetchall())
        cursor.execute(_PLACES.format(join=where.join, clause=where.clause), values)
        near = cursor.fetchall()
        best = [*zip(*matches.slots(matches.first(MOST_COUNTED)), strict=True)]
        counted = [*{*best, *near}]
        owners, slots = array(o for o, _ in counted), array(slot for _, slot in counted)
        cursor.execute(_FACETS, {"owners": owners, "slots": slots, "most": MOST_VALUES})
        rows = cursor.fetchall()
    return Spread(
        total=matches.total + len(matches.lacks(near)),
        is_exact=matches.is_exact,
        counted=len(counted),
        facets={
            field: tuple((value, n) for name, value, n in rows if name == field) for field in FIELDS
        },
    )
