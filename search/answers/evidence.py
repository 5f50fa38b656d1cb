"""Which passages an answer may cite: the best ones, within a budget, each thing once."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import zip_longest

from search.duplicates import fold_duplicates
from search.generators.questions import Part
from search.generators.terms import stems, terms
from search.types import Candidate, Evidence

MOST = 12
PER_DOCUMENT = 3
BUDGET = 16_000  # characters of text, about 4,000 tokens
OF_EACH_PART = 3  # passages put forward for one part of a question in several parts


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


def mixed(
    candidates: Sequence[Candidate], parts: Sequence[Part], weights: Mapping[str, float]
) -> tuple[Candidate, ...]:
    """The candidates with those that hold most of each part's words put forward, in turns.

    What fits a question as a whole may be about one of its parts only. One part: as they came.
    """
    if len(parts) < 2:
        return tuple(candidates)
    held = [stems(terms(c.text, c.source.language)) for c in candidates]
    lists: list[Sequence[Candidate]] = [candidates]
    for part in parts:
        worth = [sum(weights.get(s, 1.0) for s in part.own & found) for found in held]
        order = sorted(range(len(candidates)), key=lambda i: -worth[i])[:OF_EACH_PART]
        lists.append([candidates[i] for i in order if worth[i] > 0])
    return tuple({c.passage_id: c for c in _in_turns(lists)}.values())


def _in_turns(lists: Sequence[Sequence[Candidate]]) -> Iterator[Candidate]:
    for row in zip_longest(*lists):
        yield from (candidate for candidate in row if candidate is not None)
