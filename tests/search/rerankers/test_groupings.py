"""Which candidates are seen together, how often, and what is made of it."""

from collections.abc import Sequence
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from search.errors import ConfigurationError
from search.rerankers.groupings import All, Ask, Groups, HeapSets, One, Said, Windows
from search.rerankers.policy import Policy, shown


class Oracle:
    """Knows the true scores; counts how often it is asked."""

    def __init__(self, scores: Sequence[float]) -> None:
        self.scores, self.asked = scores, 0

    def scored(self, groups: Sequence[Sequence[int]]) -> list[Said]:
        self.asked += len(groups)
        return [{place: self.scores[place] for place in group} for group in groups]

    def best(self, groups: Sequence[Sequence[int]]) -> list[Said]:
        self.asked += len(groups)
        return [{max(group, key=lambda place: self.scores[place]): 1.0} for group in groups]


def silent(groups: Sequence[Sequence[int]]) -> list[Said]:
    return [None] * len(groups)


def ranking(grouping: object, count: int, ask: Ask) -> list[int]:
    scores = grouping.arrange(count, ask, Random(1)).scores  # type: ignore[attr-defined]
    return sorted(scores, key=lambda place: -scores[place])


def mixed(count: int) -> list[float]:
    return [float(score) for score in Random(5).sample(range(count), count)]


def test_a_hundred_candidates_make_nine_windows() -> None:
    schedule = Windows(20, 10).schedule(100)
    assert len(schedule) == 9
    assert (schedule[0], schedule[-1]) == ((80, 100), (0, 20))


@settings(deadline=None)
@given(st.integers(1, 120), st.integers(2, 25), st.data())
def test_windows_cover_every_place_and_overlap(count: int, size: int, data: st.DataObject) -> None:
    step = data.draw(st.integers(1, size))
    windows = Windows(size, step).schedule(count)
    assert {place for start, end in windows for place in range(start, end)} == set(range(count))
    assert all(end - start <= size for start, end in windows)


def test_windows_carry_the_best_to_the_front() -> None:
    oracle = Oracle(mixed(100))
    best = sorted(range(100), key=lambda place: -oracle.scores[place])[:10]
    assert ranking(Windows(20, 10), 100, oracle.scored)[:10] == best
    assert oracle.asked == 9


def test_heap_sort_finds_the_exact_ten_best_of_a_hundred_in_thirty_answers() -> None:
    for seed in range(20):
        oracle = Oracle(Random(seed).sample(range(100), 100))
        best = sorted(range(100), key=lambda place: -oracle.scores[place])[:10]
        ranked = ranking(HeapSets(19, 10), 100, oracle.best)
        assert ranked[:10] == best
        assert ranked[10:] == [place for place in range(100) if place not in best]
        assert oracle.asked <= 30


@settings(deadline=None)
@given(st.integers(2, 40), st.integers(1, 6), st.integers(1, 12), st.integers(0, 99))
def test_heap_sort_is_exact_at_every_size(count: int, children: int, top: int, seed: int) -> None:
    oracle = Oracle(Random(seed).sample(range(count), count))
    best = sorted(range(count), key=lambda place: -oracle.scores[place])[:top]
    assert ranking(HeapSets(children, top), count, oracle.best)[:top] == best


@pytest.mark.parametrize("grouping", [One(), All(), Groups(3, 2), Windows(4, 2), HeapSets(3, 4)])
def test_where_nothing_is_said_nothing_has_a_score(grouping: object) -> None:
    assert ranking(grouping, 11, silent) == []


def test_heap_sort_keeps_the_first_of_a_set_when_an_answer_cannot_be_read() -> None:
    def says_one_thing(groups: Sequence[Sequence[int]]) -> list[Said]:
        return [{0: 1.0} if 0 in group else None for group in groups]

    assert ranking(HeapSets(3, 4), 12, says_one_thing) == list(range(12))


def test_a_group_that_cannot_be_read_leaves_its_candidates_to_the_other_repeat() -> None:
    calls = iter(range(100))

    def every_other(groups: Sequence[Sequence[int]]) -> list[Said]:
        return [None if next(calls) == 0 else dict.fromkeys(group, 1.0) for group in groups]

    assert len(ranking(Groups(4, 2), 12, every_other)) == 12


def test_repeats_are_averaged_over_groups_of_even_size() -> None:
    seen: list[int] = []
    values = iter(range(1000))

    def numbered(groups: Sequence[Sequence[int]]) -> list[Said]:
        seen.extend(len(group) for group in groups)
        return [dict.fromkeys(group, float(next(values))) for group in groups]

    scores = Groups(10, 2).arrange(100, numbered, Random(1)).scores
    assert seen == [10] * 20
    assert sum(scores.values()) == pytest.approx(100 * 9.5)


def test_one_by_one_ends_when_the_best_have_settled() -> None:
    oracle = Oracle([float(100 - place) for place in range(100)])
    arranged = One(batch=1, beta=10, top=10).arrange(100, oracle.scored, Random(1))
    assert sorted(arranged.scores) == list(range(20))
    assert arranged.passed_over == frozenset(range(20, 100))


def test_a_group_is_shown_as_the_policy_says() -> None:
    assert shown([4, 2, 7], "retriever", Random(1)) == [4, 2, 7]
    assert shown([4, 2, 7], "reversed", Random(1)) == [7, 2, 4]
    assert sorted(shown([4, 2, 7], "shuffled", Random(1))) == [2, 4, 7]


@pytest.mark.parametrize(
    "wrong", [{"weight": 1.5}, {"alpha": -1}, {"order": "best"}, {"beta": 0}, {"depth": 0}]
)
def test_a_policy_that_cannot_work_is_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ConfigurationError, match=next(iter(wrong))):
        Policy(**wrong)  # type: ignore[arg-type]
