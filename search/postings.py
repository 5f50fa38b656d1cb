"""Postings: where each term of a corpus stands, as rows of bytes that are read whole.

A passage has a *slot*, its number in its corpus. A row holds a term's entries for one block of
slots, in no order; an entry is 8 bytes, big-endian: slot (4), length of the passage (3), count of
the term in it (1; a tsvector keeps 255 positions at most).

A publish rewrites the rows it adds to, so fresh blocks are short. When ``FULL`` slots have been
given away their fresh blocks are merged, once, to rows that are quick to read; the block of a
merged row is numbered below 0. The writers of one corpus hold its lock, as ``search.indexing``
says.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from django.db import connection
from numpy.typing import NDArray

from search.binary_rows import fetch_binary
from search.language import language_marker
from search.models import Corpus, TermFrequency

FRESH = 1024  # slots of a block that is still written to
FULL = 8192  # slots of a merged block

PORTION = 1 << 15  # entries that are unpacked at once: they stay in the processor's cache

_COUNT = """
INSERT INTO search_termfrequency (corpus_id, term, passages)
SELECT %(corpus)s, u.lexeme, %(sign)s * count(*)
FROM search_passage p, unnest(p.terms) u WHERE p.id = ANY(%(ids)s) GROUP BY u.lexeme
UNION ALL
SELECT %(corpus)s, m.term, %(sign)s * m.passages
FROM unnest(%(markers)s::text[], %(numbers)s::bigint[]) AS m(term, passages)
ORDER BY 2
ON CONFLICT (corpus_id, term)
DO UPDATE SET passages = search_termfrequency.passages + excluded.passages
RETURNING term, passages
"""
_BLOCK = "CASE WHEN p.slot < %(merged)s THEN -1 - p.slot / %(full)s ELSE p.slot / %(fresh)s END"
# ruff: noqa: S608  (only the constant above is joined)
_ADD = f"""
INSERT INTO search_posting (corpus_id, term, block, entries)
SELECT p.corpus_id, u.lexeme, {_BLOCK}, string_agg(
    int8send((p.slot::bigint << 32) | (least(p.length, 8388607)::bigint << 8)
        | least(cardinality(u.positions), 255)),
    ''::bytea ORDER BY p.slot)
FROM search_passage p, unnest(p.terms) u WHERE p.id = ANY(%(ids)s)
GROUP BY 1, 2, 3 ORDER BY 2
ON CONFLICT (corpus_id, term, block)
DO UPDATE SET entries = search_posting.entries || excluded.entries
"""
_MERGE = """
WITH gone AS (
    DELETE FROM search_posting
    WHERE corpus_id = %(corpus)s AND block >= %(first)s / %(fresh)s AND block < %(end)s / %(fresh)s
    RETURNING term, block, entries
)
INSERT INTO search_posting (corpus_id, term, block, entries)
SELECT %(corpus)s, term, -1 - block * %(fresh)s / %(full)s,
    string_agg(entries, ''::bytea ORDER BY block)
FROM gone GROUP BY 2, 3 ORDER BY 2
"""
_STANDING = f"""
SELECT g.term, g.block, g.entries
FROM (
    SELECT DISTINCT p.corpus_id, u.lexeme, {_BLOCK} AS block
    FROM search_passage p, unnest(p.terms) u WHERE p.id = ANY(%(ids)s)
) s JOIN search_posting g
    ON g.corpus_id = s.corpus_id AND g.term = s.lexeme AND g.block = s.block
"""
_KEEP = """
UPDATE search_posting g SET entries = k.entries
FROM unnest(%s::text[], %s::bigint[], %s::bytea[]) AS k(term, block, entries)
WHERE g.corpus_id = %s AND g.term = k.term AND g.block = k.block
"""
_DROP = """
DELETE FROM search_posting g USING unnest(%s::text[], %s::bigint[]) AS k(term, block)
WHERE g.corpus_id = %s AND g.term = k.term AND g.block = k.block
"""
READ = """
SELECT g.corpus_id, c.next_slot, g.term, g.entries
FROM search_posting g JOIN search_corpus c ON c.id = g.corpus_id
WHERE g.corpus_id = ANY(%s) AND g.term = ANY(%s)
"""


@dataclass(frozen=True, slots=True)
class Entries:
    """Where a term stands: a place in each array for each passage."""

    slots: NDArray[np.int64]
    lengths: NDArray[np.uint32]  # terms in the passage
    counts: NDArray[np.uint32]  # of this one, 1 to 255


def add(corpus: Corpus, ids: Sequence[int], configurations: Sequence[str]) -> None:
    """Count the terms of the passages and add them to the rows of their terms.

    ``configurations`` are the passages' own, one for each. ``corpus`` is as its row stood when it
    was locked.
    """
    _count(corpus, ids, configurations, sign=1)
    with connection.cursor() as cursor:
        cursor.execute(_ADD, _blocks(corpus) | {"ids": list(ids)})


def remove(corpus: Corpus, ids: Sequence[int], configurations: Sequence[str]) -> Counter[str]:
    """Take what ``add`` added back, for good; gives how many rows went from which table."""
    gone = _count(corpus, ids, configurations, sign=-1)
    values = _blocks(corpus) | {"ids": list(ids)}
    kept: list[tuple[str, int, bytes]] = []
    empty: list[tuple[str, int]] = []
    with connection.cursor() as cursor:
        cursor.execute("SELECT slot FROM search_passage WHERE id = ANY(%(ids)s)", values)
        slots = np.array([slot for (slot,) in cursor.fetchall()], dtype=np.uint64)
        for term, block, packed in fetch_binary(_STANDING, values):
            entries = np.frombuffer(packed, dtype=">u8")
            rest = entries[~np.isin(entries >> np.uint64(32), slots)]
            if len(rest):
                kept.append((term, block, rest.tobytes()))
            else:
                empty.append((term, block))
        if kept:
            cursor.execute(_KEEP, [*map(list, zip(*kept, strict=True)), corpus.pk])
        if empty:
            cursor.execute(_DROP, [*map(list, zip(*empty, strict=True)), corpus.pk])
    return Counter(search_termfrequency=gone, search_posting=len(empty))


def merge(corpus: Corpus, next_slot: int) -> None:
    """Merge the fresh blocks that are complete now that the next slot is this one."""
    first, end = _merged(corpus.next_slot), _merged(next_slot)
    values = {"corpus": corpus.pk, "first": first, "end": end, "fresh": FRESH, "full": FULL}
    if end > first:
        with connection.cursor() as cursor:
            cursor.execute(_MERGE, values)


def read(corpora: Sequence[int], terms: Sequence[str]) -> list[tuple[int, int, str, bytes]]:
    """The rows of the terms in these corpora: corpus, its next slot, term, packed entries."""
    return fetch_binary(READ, [list(corpora), list(terms)])


def unpacked(rows: Sequence[bytes]) -> Iterator[Entries]:
    """The entries of the rows, in portions."""
    packed = np.frombuffer(b"".join(rows), dtype=np.uint64)
    for start in range(0, len(packed), PORTION):
        entries = packed[start : start + PORTION].byteswap()
        low = entries.astype(np.uint32)
        slots = (entries >> np.uint64(32)).view(np.int64)
        yield Entries(slots, low >> np.uint32(8), low & np.uint32(0xFF))


def _blocks(corpus: Corpus) -> dict[str, Any]:
    return {"merged": _merged(corpus.next_slot), "fresh": FRESH, "full": FULL}


def _merged(next_slot: int) -> int:
    """The slot before which all blocks are merged."""
    return next_slot - next_slot % FULL


def _count(corpus: Corpus, ids: Sequence[int], configurations: Sequence[str], *, sign: int) -> int:
    """Add to the corpus's counts, or take away; gives how many rows went because none is left."""
    numbers = Counter(language_marker(name) for name in configurations)
    values = {
        "corpus": corpus.pk,
        "sign": sign,
        "ids": list(ids),
        "markers": list(numbers),
        "numbers": list(numbers.values()),
    }
    with connection.cursor() as cursor:
        cursor.execute(_COUNT, values)
        gone = [term for term, passages in cursor.fetchall() if passages <= 0]
    counted = TermFrequency.objects.filter(corpus=corpus, term__in=gone)
    return (counted._raw_delete("default") or 0) if gone else 0
