"""Near-duplicates of a result list: the same words shown twice help nobody."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from search.types import Candidate

SHINGLE = 3  # words
ALIKE = 0.8  # Jaccard similarity of shingles from which two texts count as one
SHORTEST = 8  # words; shorter texts are folded only when they are equal
LONG_WORD = 7  # letters: shingles that begin with such a word are a text's sketch
SUSPECT = 0.5  # of the sketch in common: then the whole texts are compared


@dataclass(frozen=True, slots=True)
class _Reading:
    words: list[str]
    sketch: set[int]

    def shingles(self) -> set[tuple[str, ...]]:
        words = self.words
        return {tuple(words[i : i + SHINGLE]) for i in range(len(words) - SHINGLE + 1)}


def fold_duplicates(candidates: Sequence[Candidate]) -> tuple[Candidate, ...]:
    """The candidates without those that repeat a better one, in their order.

    Two of different kind (a page and the picture on it) stay apart unless one document has both.

    Source: Broder, Compression and Complexity of Sequences 1997, for shingles.
    """
    kept: list[Candidate] = []
    readings: list[_Reading] = []
    holders: dict[int, list[int]] = defaultdict(list)  # shingle of a sketch -> places in ``kept``
    hashes: dict[str, list[Candidate]] = defaultdict(list)
    for candidate in candidates:
        twins = hashes[candidate.text_hash] if candidate.text_hash else []
        if any(_comparable(candidate, twin) for twin in twins):
            continue
        reading = _read(candidate.text)
        common = Counter(place for mark in reading.sketch for place in holders.get(mark, ()))
        if any(
            shared >= SUSPECT * len(reading.sketch)
            and _comparable(candidate, kept[place])
            and _alike(reading, readings[place])
            for place, shared in common.items()
        ):
            continue
        for mark in reading.sketch:
            holders[mark].append(len(kept))
        hashes[candidate.text_hash].append(candidate)
        kept.append(candidate)
        readings.append(reading)
    return tuple(kept)


def _comparable(one: Candidate, other: Candidate) -> bool:
    return one.kind == other.kind or one.source.id == other.source.id


def _alike(one: _Reading, other: _Reading) -> bool:
    first, second = one.shingles(), other.shingles()
    shared = len(first & second)
    return shared >= ALIKE * (len(first) + len(second) - shared)


def _read(text: str) -> _Reading:
    words = text.lower().split()
    if len(words) < SHORTEST:
        return _Reading(words, set())
    starts = range(len(words) - SHINGLE + 1)
    chosen = [i for i in starts if len(words[i]) >= LONG_WORD]
    if len(chosen) * 10 < len(starts):  # few long words, or a script without spaces
        chosen = list(starts)
    return _Reading(words, {hash((words[i], words[i + 1], words[i + 2])) for i in chosen})
