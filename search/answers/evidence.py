"""Which passages an answer may cite: the best ones, within a budget, each thing once."""

from collections import Counter
from collections.abc import Sequence

from search.duplicates import fold_duplicates
from search.types import Candidate, Evidence

MOST = 12
PER_DOCUMENT = 3
BUDGET = 16_000  # characters of text, about 4,000 tokens


def choose(
    candidates: Sequence[Candidate],
    *,
    most: int = MOST,
    per_document: int = PER_DOCUMENT,
    budget: int = BUDGET,
) -> tuple[Evidence, ...]:
    """The first candidates that fit, labelled 1, 2, …; candidates come best first.

    At most ``per_document`` of one document, near-duplicates once (the better one stays), only
    passages with words. The first passage is taken even when it alone is over the budget.
    """
    chosen: list[Evidence] = []
    taken: Counter[int] = Counter()
    left = budget
    for candidate in fold_duplicates(candidates):
        if len(chosen) == most:
            break
        if taken[candidate.source.id] == per_document or not candidate.text.strip():
            continue
        if chosen and len(candidate.text) > left:
            continue
        chosen.append(Evidence(len(chosen) + 1, candidate))
        taken[candidate.source.id] += 1
        left -= len(candidate.text)
    return tuple(chosen)
