"""Passages that hold the terms of a question: numbers in arrays, read only when they are shown.

A *key* numbers the passages of all visible corpora: the slot of the passage, after the slots of the
corpora before its own.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from search import postings
from search.binary_rows import array, fetch_binary
from search.retrieval.conditions import Condition, condition
from search.types import Filters

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Portion = tuple[Ints, Floats]  # keys, each once, and what they weigh
_NONE: Ints = np.zeros(0, dtype=np.int64)
_NO_SCORES: Floats = np.zeros(0)
_NOTHING: Portion = (_NONE, _NO_SCORES)

PORTIONS = (2_000, 10_000)  # best matches that are tried against a filter, then all that pass it
DENSE = 8  # an array over all keys costs less than sorting when every eighth is filled
ENTRY = 8  # bytes

_IDS = """
SELECT k.place, p.id
FROM unnest(%(owners)s::bigint[], %(slots)s::bigint[]) WITH ORDINALITY AS k(corpus, slot, place)
JOIN search_passage p ON p.corpus_id = k.corpus AND p.slot = k.slot {join}
WHERE true{clause} ORDER BY k.place
"""
_PASSING = """
SELECT p.corpus_id, p.slot FROM search_passage p {join}
WHERE p.corpus_id = ANY(%(corpora)s){clause}
"""


@dataclass(frozen=True, slots=True)
class Matches:
    """Passages by key, ascending, and their scores.

    ``total`` is how many match; where a filter was tried on the best alone it is an estimate, and
    only those of the best that pass are here.
    """

    corpora: tuple[int, ...] = ()
    firsts: Ints = field(default_factory=lambda: _NONE)  # of each corpus, and what comes after all
    keys: Ints = field(default_factory=lambda: _NONE)
    scores: Floats = field(default_factory=lambda: _NO_SCORES)
    total: int = 0
    is_exact: bool = True

    @property
    def spans(self) -> dict[int, int]:
        """How many keys each corpus has."""
        return dict(zip(self.corpora, np.diff(self.firsts).tolist(), strict=True))

    def first(self, count: int) -> Ints:
        """Positions of the best ``count``, best first; of equals, those of the lower key."""
        scores = self.scores
        if count == 0:
            return _NONE
        if count >= len(scores):
            return np.argsort(-scores, kind="stable")
        bar = np.partition(scores, len(scores) - count)[len(scores) - count]
        above = np.flatnonzero(scores > bar)
        level = np.flatnonzero(scores == bar)[: count - len(above)]
        chosen = np.sort(np.concatenate([above, level]))
        return chosen[np.argsort(-scores[chosen], kind="stable")]

    def best(self, count: int) -> list[tuple[int, float]]:
        """Ids and scores of the best, best first."""
        chosen = self.first(count)
        scores = self.scores[chosen].tolist()
        return [(key, scores[place]) for place, key in self._ids(chosen, Condition())]

    def slots(self, positions: Ints) -> tuple[list[int], list[int]]:
        """Corpus and slot of each."""
        keys = self.keys[positions]
        owners = np.searchsorted(self.firsts, keys, side="right") - 1
        corpora = np.array(self.corpora, dtype=np.int64)
        return corpora[owners].tolist(), (keys - self.firsts[owners]).tolist()

    def narrowed(self, filters: Filters, *, least: int) -> "Matches":
        """Those that pass the filters: all of them, or ``least`` and more of the best.

        The best are tried first. Where too few of them pass, the filters are narrow, and all
        passages that pass are read from the index.
        """
        where = condition(filters)
        if not where or not len(self.keys):
            return self
        for portion in PORTIONS:
            tried = self.first(portion)
            passing = np.array([place for place, _ in self._ids(tried, where)], dtype=np.int64)
            if len(tried) == len(self.keys):
                return self._only(np.sort(tried[passing]))
            if len(passing) >= least:
                share = len(passing) / len(tried)
                some = self._only(np.sort(tried[passing]))
                return replace(some, total=round(share * self.total), is_exact=False)
        return self.among(self._passing(where))

    def among(self, keys: Ints) -> "Matches":
        """Those whose keys are given."""
        return self._only(np.flatnonzero(np.isin(self.keys, keys)))

    def without(self, pairs: Sequence[tuple[int, int]]) -> "Matches":
        """All but the passages given by corpus and slot."""
        return self._only(np.flatnonzero(~np.isin(self.keys, self._keys(pairs))))

    def lacks(self, pairs: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
        """Those of the passages, by corpus and slot, that are not here."""
        keys = self._keys(pairs)
        missing = (keys < 0) | ~np.isin(keys, self.keys)
        return [pair for pair, is_missing in zip(pairs, missing, strict=True) if is_missing]

    def scores_of(self, pairs: Sequence[tuple[int, int]]) -> list[float]:
        """The scores of passages by corpus and slot; 0 for those that are not here."""
        if not len(self.keys):
            return [0.0] * len(pairs)
        keys = self._keys(pairs)
        places = np.minimum(np.searchsorted(self.keys, keys), len(self.keys) - 1)
        return np.where(self.keys[places] == keys, self.scores[places], 0.0).tolist()

    def _keys(self, pairs: Sequence[tuple[int, int]]) -> Ints:
        """Keys of passages by corpus and slot; -1 where no match can stand."""
        if not self.corpora:
            return np.full(len(pairs), -1)
        own = np.array(pairs, dtype=np.int64).reshape(-1, 2)
        corpora = np.array(self.corpora, dtype=np.int64)
        owner = np.minimum(np.searchsorted(corpora, own[:, 0]), len(corpora) - 1)
        keys = self.firsts[owner] + own[:, 1]
        is_known = (corpora[owner] == own[:, 0]) & (keys < self.firsts[owner + 1])
        return np.where(is_known, keys, -1)

    def _only(self, positions: Ints) -> "Matches":
        kept = replace(self, keys=self.keys[positions], scores=self.scores[positions])
        return replace(kept, total=len(positions))

    def _ids(self, positions: Ints, where: Condition) -> list[tuple[int, int]]:
        """(place among the positions, passage id) of those that are there and pass."""
        owners, slots = self.slots(positions)
        statement = _IDS.format(join=where.join, clause=where.clause)
        rows = fetch_binary(
            statement, where.values | {"owners": array(owners), "slots": array(slots)}
        )
        return [(place - 1, key) for place, key in rows]

    def _passing(self, where: Condition) -> Ints:
        statement = _PASSING.format(join=where.join, clause=where.clause)
        values = where.values | {"corpora": list(self.corpora)}
        return self._keys(fetch_binary(statement, values))


@dataclass(frozen=True, slots=True)
class Places:
    """Rows of postings, laid out over the keys of the corpora they come from."""

    corpora: tuple[int, ...]
    firsts: Ints  # of each corpus, and what comes after all
    rows: Mapping[str, Mapping[int, Sequence[bytes]]]  # term -> corpus -> its rows
    base: Portion | None = None  # what was scored before, by these keys

    @classmethod
    def of(
        cls, rows: Iterable[tuple[int, int, str, bytes]], base: Matches | None = None
    ) -> "Places":
        """Lay out rows as they were read, and matches before them; corpora by their ids."""
        spans: dict[int, int] = base.spans if base else {}
        by_term: dict[str, dict[int, list[bytes]]] = {}
        for corpus, next_slot, term, packed in rows:
            spans[corpus] = max(spans.get(corpus, 0), next_slot)
            by_term.setdefault(term, {}).setdefault(corpus, []).append(packed)
        corpora = tuple(sorted(spans))
        firsts = np.cumsum([0, *(spans[corpus] for corpus in corpora)], dtype=np.int64)
        own = cls(corpora, firsts, by_term)
        return replace(own, base=own._moved(base)) if base else own

    def keys(self, terms: Iterable[str]) -> Ints:
        """Keys of the passages that hold one of the terms; a passage may come twice."""
        return np.concatenate([_NONE, *(keys for keys, *_ in self._portions(terms))])

    def entries(self, terms: Sequence[str]) -> Iterator[tuple[Ints, Floats, Floats]]:
        """Keys, counts and lengths of the passages that hold one of the terms, each once."""
        if len(terms) == 1:
            yield from self._portions(terms)
            return
        if not (portions := list(self._portions(terms))):
            return
        keys, counts, lengths = (np.concatenate(part) for part in zip(*portions, strict=True))
        unique, where, inverse = np.unique(keys, return_index=True, return_inverse=True)
        yield unique, np.bincount(inverse, counts, len(unique)), lengths[where]

    def scored(self, weighted: Iterable[Portion]) -> Matches:
        """The passages with the sums of their weights, which are above 0.

        No passage comes twice in one portion.
        """
        size = int(self.firsts[-1])
        held = sum(len(row) for own in self.rows.values() for rows in own.values() for row in rows)
        portions = chain([self.base] if self.base else [], weighted)
        if held // ENTRY * DENSE > size or (self.base and len(self.base[0]) * DENSE > size):
            sums = np.zeros(size)
            for keys, weights in portions:
                sums[keys] += weights
            unique = np.flatnonzero(sums)
            sums = sums[unique]
        else:
            keys, weights = (np.concatenate(p) for p in zip(_NOTHING, *portions, strict=True))
            unique, inverse = np.unique(keys, return_inverse=True)
            sums = np.bincount(inverse, weights, len(unique))
        return Matches(self.corpora, self.firsts, unique, sums, len(unique))

    def _portions(self, terms: Iterable[str]) -> Iterator[tuple[Ints, Floats, Floats]]:
        first = dict(zip(self.corpora, self.firsts.tolist(), strict=False))
        for term in terms:
            for corpus, rows in self.rows.get(term, {}).items():
                for entries in postings.unpacked(rows):
                    keys = entries.slots + first[corpus]
                    yield keys, entries.counts.astype(float), entries.lengths.astype(float)

    def _moved(self, base: Matches) -> Portion:
        """Keys and scores of matches that were laid out over fewer or shorter corpora."""
        first = dict(zip(self.corpora, self.firsts.tolist(), strict=False))
        moved = base.keys.copy()
        ends = np.searchsorted(base.keys, base.firsts)
        for place, corpus in enumerate(base.corpora):
            own = slice(ends[place], ends[place + 1])
            moved[own] += first[corpus] - base.firsts[place]
        return moved, base.scores
