"""The lists of several sub-questions as one list in which each of them is heard."""

from collections.abc import Sequence

Ranking = Sequence[int]
"""Passage ids, best first."""


def union_by_rank(rankings: Sequence[Ranking]) -> tuple[int, ...]:
    """Every id once, by its best rank in any of the lists; ties go to the earlier list.

    Source: Ammann, Golde and Akbik, 2025, arXiv:2507.00355.
    """
    best: dict[int, tuple[int, int]] = {}
    for number, ranking in enumerate(rankings):
        for rank, key in enumerate(ranking):
            best[key] = min(best.get(key, (rank, number)), (rank, number))
    return tuple(sorted(best, key=lambda key: best[key]))


def cover_parts(ranked: Ranking, parts: Sequence[Ranking], *, k: int) -> tuple[int, ...]:
    """The ranking, with the first of each part's list that it holds brought among the first ``k``.

    Those brought in take the last places of the ``k`` that no part needs; everything else keeps its
    order. Parts of which nothing is ranked are passed over, and so are parts beyond the ``k``-th.
    """
    held, first = set(ranked), ranked[:k]
    needed: dict[int, None] = {}
    for part in parts:
        own = [key for key in part if key in held]
        if own and not needed.keys() & set(own):
            needed.setdefault(next((key for key in first if key in own), own[0]))
    outside = [key for key in list(needed)[:k] if key not in first]
    free = [key for key in first if key not in needed]
    dropped = set(free[len(free) - len(outside) :])
    top = [*(key for key in first if key not in dropped), *outside]
    return (*top, *(key for key in ranked if key not in set(top)))
