"""How the passages a question is about are spread: counted in the index, over visible rows only."""

from collections.abc import Mapping, Sequence

from django.db import connection

from search.retrieval.conditions import condition
from search.retrieval.lexical import Terms
from search.types import Filters

FIELDS = ("kind", "media_type", "language", "author", "published", "corpus")
MOST_VALUES = 20
Facets = Mapping[str, tuple[tuple[str, int], ...]]

_FACETS = """
WITH found AS MATERIALIZED (
    SELECT p.document_id, p.corpus_id, p.kind, p.language, count(*) AS n
    FROM search_passage p {join}
    WHERE p.corpus_id = ANY(%(corpora)s)
        AND (p.terms @@ %(tsquery)s::tsquery OR p.id = ANY(%(more)s))
        AND p.id <> %(without)s{clause}
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
UNION ALL SELECT 'total', '', coalesce(sum(n), 0)::bigint FROM found
ORDER BY 1, 3 DESC, 2
"""


def count_facets(
    terms: Terms,
    passages: Sequence[int],
    corpora: Sequence[int],
    *,
    filters: Filters,
    without: int | None = None,
) -> tuple[int, Facets]:
    """How many passages hold a term or are among ``passages``, and by which values of each field.

    Counts are passages; values come most frequent first, twenty of a field at most.
    """
    where = condition(filters)
    values = where.values | {
        "corpora": list(corpora),
        "tsquery": terms.tsquery,
        "more": list(passages),
        "without": without or 0,
        "most": MOST_VALUES,
    }
    with connection.cursor() as cursor:
        cursor.execute(_FACETS.format(join=where.join, clause=where.clause), values)
        rows = cursor.fetchall()
    total = next(n for field, _, n in rows if field == "total")
    facets = {
        field: tuple((value, n) for name, value, n in rows if name == field) for field in FIELDS
    }
    return total, facets
