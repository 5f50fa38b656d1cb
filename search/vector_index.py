"""The indexes over vectors: one for each large corpus in each space and codec. The only DDL
outside migrations.

One index for all corpora would lose a small corpus beside a large one; an index of its own answers
a corpus at recall .99 and more, and a corpus below the threshold is scanned exactly.
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from django.db import connection

from search.codecs import CODECS, FLOAT, OF_EVERY_SPACE, Codec
from search.conf import conf
from search.encoders.base import MOST_WEIGHTS
from search.models import Corpus, SpaceKind, VectorSpace

log = logging.getLogger(__name__)

M = 16
EF_CONSTRUCTION = 128  # half of it builds 16 % sooner, but finds .984 of half a million at most
_ONE_AT_A_TIME = 0x4D4D53  # an advisory lock: two workers must not build the same index
_LARGEST_BUILD_KB = 2_000_000

_EXISTING = """
SELECT r.relname, i.indisvalid FROM pg_class r JOIN pg_index i ON i.indexrelid = r.oid
WHERE r.relkind = 'i' AND r.relname ~ %s
"""
_CREATE = """
CREATE INDEX CONCURRENTLY IF NOT EXISTS {name} ON {table}
USING hnsw (({expression}) {operators}) WITH (m = {m}, ef_construction = {ef})
WHERE space_id = {space} AND corpus_id = {corpus}
"""


@dataclass(frozen=True, slots=True)
class Wanted:
    """An index that should exist."""

    codec: Codec
    space: VectorSpace
    corpus: Corpus

    @property
    def name(self) -> str:
        return self.codec.index_name(self.space.pk, self.corpus.pk)


def index_name(space_id: int, corpus_id: int) -> str:
    """The name of the index over one corpus in one space of vectors."""
    return FLOAT.index_name(space_id, corpus_id)


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
            _build(wanted[name])
            done["built"].append(name)
    return done


def _wanted() -> dict[str, Wanted]:
    large = list(Corpus.objects.filter(passage_count__gte=index_threshold()))
    wanted = [
        Wanted(codec, space, corpus)
        for space in VectorSpace.objects.all()
        for codec in _codecs(space)
        for corpus in large
    ]
    return {one.name: one for one in wanted}


def _codecs(space: VectorSpace) -> list[Codec]:
    """What indexes a space has: its own kind's, and those that settings add to its encoder."""
    names = [*OF_EVERY_SPACE, *conf().codecs.get(space.alias, ())]
    return [CODECS[name] for name in names if space.kind in CODECS[name].kinds]


def _existing() -> dict[str, bool]:
    ours = f"^({'|'.join(codec.index_prefix for codec in CODECS.values())})"
    with connection.cursor() as cursor:
        cursor.execute(_EXISTING, [ours])
        return dict(cursor.fetchall())


def _build(wanted: Wanted) -> None:
    codec, space, corpus = wanted.codec, wanted.space, wanted.corpus
    log.info("Indexing the vectors of corpus %s in space %s.", corpus.slug, space)
    width = MOST_WEIGHTS if space.kind == SpaceKind.SPARSE else space.dim
    needed_kb = corpus.passage_count * (2 * width + 707) // 1024
    memory_kb = min(max(needed_kb, 65_536), _LARGEST_BUILD_KB)
    _run(f"SET maintenance_work_mem = '{memory_kb}kB'")
    try:
        _run(
            _CREATE.format(
                name=wanted.name,
                table=codec.table,
                expression=codec.indexed("values", space.dim),
                operators=codec.operator_class,
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
