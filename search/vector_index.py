"""The indexes over vectors: one for each large corpus in each space. The only DDL outside
migrations.

One index for all corpora would lose a small corpus beside a large one; an index of its own answers
a corpus at recall .99 and more, and a corpus below the threshold is scanned exactly.
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection

from search.conf import conf
from search.models import Corpus, VectorSpace

log = logging.getLogger(__name__)

M, EF_CONSTRUCTION = 16, 64
_PREFIX = "vector_hnsw_"
_ONE_AT_A_TIME = 0x4D4D53  # an advisory lock: two workers must not build the same index
_LARGEST_BUILD_KB = 2_000_000

_EXISTING = """
SELECT r.relname, i.indisvalid FROM pg_class r JOIN pg_index i ON i.indexrelid = r.oid
WHERE r.relkind = 'i' AND r.relname LIKE %s
"""
_CREATE = """
CREATE INDEX CONCURRENTLY IF NOT EXISTS {name} ON search_vector
USING hnsw ((values::halfvec({dim})) halfvec_ip_ops) WITH (m = {m}, ef_construction = {ef})
WHERE space_id = {space} AND corpus_id = {corpus}
"""


def index_name(space_id: int, corpus_id: int) -> str:
    """The name of the index over one corpus in one space."""
    return f"{_PREFIX}{space_id:x}_{corpus_id:x}"


def index_threshold() -> int:
    """Passages from which a corpus gets an index of its own.

    A quarter of what may be scanned: a viewer of several middling corpora passes the limit long
    before any one of them does.
    """
    return max(conf().exact_scan_limit // 4, 1)


def needs_maintenance() -> bool:
    """Whether an index is missing, broken or no longer wanted."""
    wanted, existing = set(_wanted()), _existing()
    return wanted != {name for name, is_valid in existing.items() if is_valid} or not all(
        existing.values()
    )


def maintain_indexes() -> dict[str, list[str]]:
    """Build the indexes that corpora have grown to need, drop those nobody needs.

    Writers go on meanwhile. Must run outside a transaction. When another process is at it, nothing
    is done. Gives the names built and dropped.
    """
    done: dict[str, list[str]] = {"built": [], "dropped": []}
    with _alone() as is_alone:
        if not is_alone:
            return done
        wanted = _wanted()
        for name, is_valid in _existing().items():
            if name not in wanted or not is_valid:  # invalid: a build that was interrupted
                _run(f"DROP INDEX CONCURRENTLY IF EXISTS {name}")
                done["dropped"].append(name)
        for name in wanted.keys() - {n for n, is_valid in _existing().items() if is_valid}:
            space, corpus = wanted[name]
            _build(name, space, corpus)
            done["built"].append(name)
    return done


def _wanted() -> dict[str, tuple[VectorSpace, Corpus]]:
    large = list(Corpus.objects.filter(passage_count__gte=index_threshold()))
    return {
        index_name(space.pk, corpus.pk): (space, corpus)
        for space in VectorSpace.objects.all()
        for corpus in large
    }


def _existing() -> dict[str, bool]:
    with connection.cursor() as cursor:
        cursor.execute(_EXISTING, [_PREFIX.replace("_", r"\_") + "%"])
        return dict(cursor.fetchall())


def _build(name: str, space: VectorSpace, corpus: Corpus) -> None:
    log.info("Indexing the vectors of corpus %s in space %s.", corpus.slug, space)
    needed_kb = corpus.passage_count * (2 * space.dim + 707) // 1024
    memory_kb = min(max(needed_kb, 65_536), _LARGEST_BUILD_KB)
    _run(f"SET maintenance_work_mem = '{memory_kb}kB'")
    try:
        _run(
            _CREATE.format(
                name=name,
                dim=int(space.dim),
                m=M,
                ef=EF_CONSTRUCTION,
                space=int(space.pk),
                corpus=int(corpus.pk),
            )
        )
    finally:
        _run("RESET maintenance_work_mem")


@contextmanager
def _alone() -> Iterator[bool]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [_ONE_AT_A_TIME])
        (is_alone,) = cursor.fetchone()
        try:
            yield is_alone
        finally:
            if is_alone:
                cursor.execute("SELECT pg_advisory_unlock(%s)", [_ONE_AT_A_TIME])


def _run(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET statement_timeout = 0")
        cursor.execute(statement)
        cursor.execute("RESET statement_timeout")
