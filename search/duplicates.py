"""Near-duplicates of a result list: the same words shown twice help nobody."""

from collections import Counter, defaultdict
from collections.abc import Sequence

from search.types import Candidate

SHINGLE = 3  # words
ALIKE = 0.8  # Jaccard similarity of shingles from which two texts count as one
SHORTEST = 8  # words; shorter texts are folded only when they are equal


def fold_duplicates(candidates: Sequence[Candidate]) -> tuple[Candidate, ...]:
    """The candidates without those that repeat a better one, in their order.

    Two of different kind (a page and the picture on it) stay apart unless one document has both.

    Source: Broder, Compression and Complexity of Sequences 1997, for shingles.
    """
    kept: list[Candidate] = []
    sizes: list[int] = []
    holders: dict[int, list[int]] = defaultdict(list)  # shingle -> places in ``kept``
    hashes: dict[str, list[Candidate]] = defaultdict(list)
    for candidate in candidates:
        twins = hashes[candidate.text_hash] if candidate.text_hash else []
        if any(_comparable(candidate, twin) for twin in twins):
            continue
        shingles = _shingles(candidate.text)
        common = Counter(place for shingle in shingles for place in holders.get(shingle, ()))
        if any(
            shared >= ALIKE * (len(shingles) + sizes[place] - shared)
            and _comparable(candidate, kept[place])
            for place, shared in common.items()
        ):
            continue
        for shingle in shingles:
            holders[shingle].append(len(kept))
        hashes[candidate.text_hash].append(candidate)
        kept.append(candidate)
        sizes.append(len(shingles))
    return tuple(kept)


def _comparable(one: Candidate, other: Candidate) -> bool:
    return one.kind == other.kind or one.source.id == other.source.id


def _shingles(text: str) -> set[int]:
    words = text.lower().split()
    if len(words) < SHORTEST:
        return set()
    return {hash(tuple(words[i : i + SHINGLE])) for i in range(len(words) - SHINGLE + 1)}
