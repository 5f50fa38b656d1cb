"""Diversity of a result list."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from search.refiners.mmr import mmr
from search.types import Candidate
from tests.search.passages import candidate

GULLS = candidate("gulls drop mussels on rocks", 1, score=1.0)
GULLS_AGAIN = candidate("gulls drop mussels on the rocks", 2, score=0.9)
HERONS = candidate("herons stand still in shallow water", 3, score=0.8)
OWLS = candidate("owls turn their heads", 4, score=0.0)
ALL = (GULLS, GULLS_AGAIN, HERONS, OWLS)


def keys(candidates: tuple[Candidate, ...]) -> list[int]:
    return [one.passage_id for one in candidates]


def test_what_repeats_the_one_above_gives_way() -> None:
    assert keys(mmr(ALL, k=2)) == [1, 3, 2, 4]


def test_a_full_balance_changes_nothing() -> None:
    assert mmr(ALL, k=4, balance=1.0) == ALL


def test_vectors_say_what_is_alike_where_there_are_any() -> None:
    vectors = {1: [1.0, 0.0], 2: [0.0, 1.0], 3: [2.0, 0.1]}
    assert keys(mmr(ALL, k=2, vectors=vectors)) == [1, 2, 3, 4]


@settings(deadline=None)  # the machine may be busy
@given(
    texts=st.lists(st.sampled_from([one.text for one in ALL] + [""]), max_size=8),
    k=st.integers(0, 10),
    balance=st.floats(0, 1),
)
def test_nobody_is_lost_or_shown_twice(texts: list[str], k: int, balance: float) -> None:
    given_ = [candidate(text, key) for key, text in enumerate(texts)]
    assert sorted(keys(mmr(given_, k=k, balance=balance))) == list(range(len(texts)))


def test_the_best_stays_the_first() -> None:
    assert mmr(ALL, k=3)[0] == GULLS


def test_a_balance_outside_0_to_1_is_refused() -> None:
    with pytest.raises(ValueError, match="balance is 2"):
        mmr(ALL, k=2, balance=2)
