"""Which candidates of a first stage are worth a closer look, and when looking may end.

Source: Martinico et al., "Multivector Reranking in the Era of Strong First-Stage Retrievers", 2026.
Scores are scaled first, which is ours: the product means nothing for scores below 0.
"""

import heapq
from collections.abc import Sequence


def within_reach(scores: Sequence[float], *, alpha: float, top: int) -> list[int]:
    """The places of the candidates worth a look, best first.

    Scores are scaled to 0..1; kept are those of at least (1 - alpha) times the ``top``-th. Up to
    ``top`` candidates are all kept, and so are all when they score alike.
    """
    order = sorted(range(len(scores)), key=lambda place: (-scores[place], place))
    if len(order) <= top:
        return order
    low, high = scores[order[-1]], scores[order[0]]
    if high <= low:
        return order
    bar = (scores[order[top - 1]] - low) / (high - low) * (1 - alpha)
    return [place for place in order if (scores[place] - low) / (high - low) >= bar]


def has_settled(scores: Sequence[float], *, beta: int | None, top: int) -> bool:
    """Whether the last ``beta`` scores all missed the ``top`` best of those before them."""
    if beta is None or len(scores) < top + beta:
        return False
    best = heapq.nlargest(top, scores[:-beta])
    return all(score <= best[-1] for score in scores[-beta:])
