"""How good a ranking is: ids best first against the gains of one query, 0 to 1.

Gains are linear, as in trec_eval and BEIR. What was not judged counts as not relevant; ``judged``
says how much that is. Documents excluded for a query are taken out before (``without``), and ties
are broken by id before (``in_order``), so a figure does not depend on luck.
"""

import re
import unicodedata
from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import lru_cache
from math import log2

ARTICLES = re.compile(r"\b(?:a|an|the)\b")
# Scripts written without spaces: an answer in them may stand inside a longer run.
UNSPACED = re.compile("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff]")


def in_order(scores: Iterable[tuple[str, float]]) -> list[tuple[str, float]]:
    """(id, score) by falling score; equal scores by rising id."""
    return sorted(scores, key=lambda pair: (-pair[1], pair[0]))


def without(ranking: Sequence[str], excluded: Collection[str]) -> list[str]:
    """The ranking with the excluded taken out; those below move up."""
    return [key for key in ranking if key not in excluded]


def ndcg(
    ranking: Sequence[str], gains: Mapping[str, float], *, k: int, exponential: bool = False
) -> float:
    """Normalised discounted cumulative gain of the first ``k``.

    ``exponential``: a gain g counts as 2^g - 1. Such figures never stand beside linear ones.

    Source: Järvelin and Kekäläinen, TOIS 2002, doi:10.1145/582415.582418; the exponential gain
    is that of Burges et al., ICML 2005, doi:10.1145/1102351.1102363.
    """
    worth = {key: 2.0**gain - 1 if exponential else gain for key, gain in gains.items()}
    ideal = _discounted(sorted(worth.values(), reverse=True)[:k])
    found = _discounted([worth.get(key, 0.0) for key in ranking[:k]])
    return found / ideal if ideal > 0 else 0.0


def recall(ranking: Sequence[str], gains: Mapping[str, float], *, k: int) -> float:
    """The share of the relevant that stands among the first ``k``."""
    relevant = _relevant(gains)
    return len(relevant & set(ranking[:k])) / len(relevant) if relevant else 0.0


def success(ranking: Sequence[str], gains: Mapping[str, float], *, k: int) -> float:
    """1 if any of the relevant stands among the first ``k``, else 0. This is not recall."""
    return float(not _relevant(gains).isdisjoint(ranking[:k]))


def reciprocal_rank(ranking: Sequence[str], gains: Mapping[str, float], *, k: int = 10) -> float:
    """One over the rank of the first relevant among the first ``k``, else 0."""
    relevant = _relevant(gains)
    ranks = (rank for rank, key in enumerate(ranking[:k], start=1) if key in relevant)
    return 1 / next(ranks, float("inf"))


def average_precision(ranking: Sequence[str], gains: Mapping[str, float]) -> float:
    """Precision at each relevant, summed, over how many relevant there are; its mean is MAP."""
    relevant = _relevant(gains)
    return _precisions(ranking, relevant) / len(relevant) if relevant else 0.0


def average_precision_at(ranking: Sequence[str], gains: Mapping[str, float], *, k: int) -> float:
    """AP@k: precision at each relevant of the first ``k``, summed, over min(relevant, k).

    Source: Vendrow et al., INQUIRE, NeurIPS 2024, arXiv:2411.02537.
    """
    relevant = _relevant(gains)
    return _precisions(ranking[:k], relevant) / min(len(relevant), k) if relevant else 0.0


def judged(ranking: Sequence[str], gains: Mapping[str, float], *, k: int) -> float:
    """The share of the first ``k`` that somebody judged; 0 where nothing was found."""
    shown = ranking[:k]
    return sum(key in gains for key in shown) / len(shown) if shown else 0.0


def holds_answer(texts: Sequence[str], answers: Collection[str], *, k: int) -> float:
    """Top-k accuracy: 1 if one of the first ``k`` texts holds a gold answer as whole words.

    Source: Karpukhin et al., EMNLP 2020, arXiv:2004.04906.
    """
    wanted = [plain for answer in answers if (plain := normalised(answer))]
    shown = [normalised(text) for text in texts[:k]]
    return float(any(_holds(text, answer) for text in shown for answer in wanted))


@lru_cache(maxsize=10_000)  # one text is shown to many questions
def normalised(text: str) -> str:
    """Without case, English articles, punctuation and Unicode variants; words by single spaces.

    Source: the answer normalisation of Rajpurkar et al., SQuAD, EMNLP 2016, arXiv:1606.05250.
    """
    folded = unicodedata.normalize("NFKC", text).casefold()
    plain = "".join(" " if unicodedata.category(mark)[0] in "PSZ" else mark for mark in folded)
    return " ".join(ARTICLES.sub(" ", plain).split())


def percentile(values: Sequence[float], percent: float) -> float:
    """The value below which ``percent`` of the values lie, between neighbours in proportion."""
    ordered = sorted(values)
    if not ordered:
        return 0.0
    place = (len(ordered) - 1) * percent / 100
    low = int(place)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (place - low)


def _holds(text: str, answer: str) -> bool:
    return answer in text if UNSPACED.search(answer) else f" {answer} " in f" {text} "


def _precisions(ranking: Sequence[str], relevant: Collection[str]) -> float:
    found, total = 0, 0.0
    for rank, key in enumerate(ranking, start=1):
        if key in relevant:
            found += 1
            total += found / rank
    return total


def _relevant(gains: Mapping[str, float]) -> set[str]:
    return {key for key, gain in gains.items() if gain > 0}


def _discounted(gains: Sequence[float]) -> float:
    return sum(max(gain, 0.0) / log2(rank + 1) for rank, gain in enumerate(gains, start=1))
