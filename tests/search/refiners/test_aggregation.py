"""Documents from passages, moments from clips, neighbours of what was found."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from search.refiners.aggregation import aggregate
from search.refiners.moments import moments
from search.refiners.neighbours import neighbours
from search.refiners.parts import cover_parts, union_by_rank
from search.types import Candidate, Hit, Locator
from tests.search.passages import candidate

HITS = tuple(Hit(key, score) for key, score in ((1, 9.0), (2, 8.0), (3, 7.0), (4, 6.0), (5, 1.0)))
PLACES = {1: (10, 4), 2: (20, 0), 3: (20, 1), 4: (20, 2), 5: (10, 0)}
rankings = st.lists(st.lists(st.integers(0, 12), unique=True, max_size=8), max_size=5)


def clip(key: int, start_s: float | None, end_s: float | None, document: int = 1) -> Candidate:
    return candidate("words", key, document=document, locator=Locator(start_s=start_s, end_s=end_s))


@pytest.mark.parametrize(
    ("rule", "scores"),
    [
        ("max", {10: 9.0, 20: 8.0}),
        ("first", {20: 8.0, 10: 1.0}),
        ("top3", {20: 7.0, 10: 5.0}),
    ],
)
def test_a_document_is_worth_what_the_rule_says(rule: str, scores: dict[int, float]) -> None:
    found = aggregate(HITS, PLACES, rule=rule)  # type: ignore[arg-type]
    assert {one.document_id: one.score for one in found} == scores
    assert [one.document_id for one in found] == list(scores)


def test_a_document_keeps_all_its_hits_best_first() -> None:
    (first, second) = aggregate(HITS, PLACES)
    assert [hit.passage_id for hit in first.hits] == [1, 5]
    assert [hit.passage_id for hit in second.hits] == [2, 3, 4]


def test_only_the_best_three_count_for_the_mean() -> None:
    hits = [Hit(key, float(score)) for key, score in enumerate((9, 6, 3, 0, 0))]
    (found,) = aggregate(hits, {key: (1, key) for key in range(5)}, rule="top3")
    assert found.score == 6.0


def test_an_unknown_rule_is_refused_by_name() -> None:
    with pytest.raises(ValueError, match="'mean'; choose one of max, first, top3"):
        aggregate(HITS, PLACES, rule="mean")  # type: ignore[arg-type]


def test_overlapping_and_adjoining_clips_are_one_moment() -> None:
    found = moments([clip(1, 20, 30), clip(2, 0, 8), clip(3, 8.5, 12), clip(4, 28, 33)])
    assert [(one.start_s, one.end_s) for one in found] == [(20, 33), (0, 12)]
    assert [c.passage_id for c in found[0].candidates] == [1, 4]
    assert found[0].score == 9.0


def test_a_clip_inside_another_does_not_end_it() -> None:
    found = moments([clip(1, 0, 60), clip(2, 5, 10), clip(3, 50, 55)])
    assert [(one.start_s, one.end_s) for one in found] == [(0, 60)]


def test_clips_of_two_documents_stay_apart() -> None:
    assert len(moments([clip(1, 0, 5), clip(2, 0, 5, document=2)])) == 2


def test_a_wider_gap_joins_more() -> None:
    clips = [clip(1, 0, 5), clip(2, 9, 12)]
    assert (len(moments(clips)), len(moments(clips, gap_s=4))) == (2, 1)


def test_what_has_no_time_is_in_no_moment() -> None:
    assert moments([clip(1, None, None)]) == ()


def test_a_frame_without_an_end_is_a_moment() -> None:
    (found,) = moments([clip(1, 7.0, None)])
    assert (found.start_s, found.end_s) == (7.0, 7.0)


def test_neighbours_stand_beside_and_were_not_found() -> None:
    assert neighbours([(1, 5), (1, 6), (2, 0)]) == ((1, 4), (1, 7), (2, 1))


def test_nearer_neighbours_come_first() -> None:
    assert neighbours([(1, 5), (2, 5)], before=0, after=2) == ((1, 6), (2, 6), (1, 7), (2, 7))


def test_no_neighbour_lies_beyond_the_document() -> None:
    assert neighbours([(1, 0)], before=2, after=3, lengths={1: 2}) == ((1, 1),)


def test_no_more_neighbours_than_allowed() -> None:
    assert neighbours([(1, 5), (2, 5)], most=1) == ((1, 4),)


@settings(deadline=None)  # the machine may be busy
@given(
    found=st.lists(st.tuples(st.integers(1, 3), st.integers(0, 9)), unique=True, max_size=8),
    before=st.integers(0, 3),
    after=st.integers(0, 3),
)
def test_every_neighbour_is_new_inside_and_near(
    found: list[tuple[int, int]], before: int, after: int
) -> None:
    added = neighbours(found, before=before, after=after)
    assert len(set(added)) == len(added)
    assert not set(added) & set(found)
    for document, ordinal in added:
        assert ordinal >= 0
        assert any(d == document and -before <= ordinal - o <= after for d, o in found)


def test_the_union_keeps_the_best_rank() -> None:
    assert union_by_rank([[1, 2, 3], [4, 3, 1]]) == (1, 4, 2, 3)


@settings(deadline=None)  # the machine may be busy
@given(rankings)
def test_the_union_holds_everything_once(lists: list[list[int]]) -> None:
    found = union_by_rank(lists)
    assert sorted(found) == sorted({key for ranking in lists for key in ranking})


def test_a_part_that_was_ranked_low_is_brought_up() -> None:
    assert cover_parts([1, 2, 3, 4, 5], [[1, 2], [5, 4]], k=3) == (1, 2, 5, 3, 4)


def test_a_ranking_that_covers_its_parts_is_left_alone() -> None:
    assert cover_parts([1, 2, 3, 4], [[2], [1, 4]], k=2) == (1, 2, 3, 4)


@settings(deadline=None)  # the machine may be busy
@given(lists=rankings, k=st.integers(1, 8))
def test_each_part_is_heard_as_far_as_there_is_room(lists: list[list[int]], k: int) -> None:
    ranked = sorted({key for ranking in lists for key in ranking})
    covered = cover_parts(ranked, lists, k=k)
    assert sorted(covered) == ranked
    unheard = [part for part in lists if part and not set(part) & set(covered[:k])]
    assert not unheard or len([part for part in lists if part]) > k
