"""What is worth a closer look, and when looking may end."""

from hypothesis import given, settings
from hypothesis import strategies as st

from search.pruning import has_settled, within_reach


@settings(deadline=None)
@given(st.lists(st.floats(-5, 5), min_size=1, max_size=60), st.integers(1, 12))
def test_without_beta_and_alpha_all_are_looked_at(scores: list[float], top: int) -> None:
    falling = sorted(scores, reverse=True)
    assert len(within_reach(falling, alpha=1.0, top=top)) == len(scores)
    assert not has_settled(falling, beta=None, top=top)


@settings(deadline=None)
@given(st.lists(st.floats(-5, 5), min_size=1, max_size=60), st.floats(0, 1), st.integers(1, 12))
def test_pruning_keeps_the_top_and_at_most_all(scores: list[float], alpha: float, top: int) -> None:
    falling = sorted(scores, reverse=True)
    assert min(top, len(scores)) <= len(within_reach(falling, alpha=alpha, top=top)) <= len(scores)


def test_alpha_prunes_by_the_distance_to_the_kth_score() -> None:
    falling = [10.0, 9.0, 8.0, 4.5, 3.0, 0.0]
    assert len(within_reach(falling, alpha=0.5, top=3)) == 4  # 0.8 * 0.5 = 0.4 of the range
    assert len(within_reach(falling, alpha=0.0, top=3)) == 3
    assert len(within_reach([score - 100 for score in falling], alpha=0.5, top=3)) == 4


@given(
    first=st.lists(st.floats(-50, 50), min_size=1, max_size=30),
    k=st.integers(1, 10),
    alpha=st.floats(0, 1),
)
def test_at_least_k_candidates_are_looked_at(first: list[float], k: int, alpha: float) -> None:
    places = within_reach(first, alpha=alpha, top=k)
    assert len(places) >= min(k, len(first))
    assert [first[p] for p in places] == sorted((first[p] for p in places), reverse=True)


def test_alpha_does_not_mind_the_scale_of_the_first_stage() -> None:
    first = [9.0, 8.5, 5.0, 4.9, 1.0, 0.0]
    kept = within_reach(first, alpha=0.4, top=2)
    assert kept == [0, 1]  # 8.5 / 9 * .6 is .567 of the way up; 5.0 is at .556
    assert within_reach([10 * score - 200 for score in first], alpha=0.4, top=2) == kept


def test_looking_ends_after_so_many_that_do_not_enter() -> None:
    assert not has_settled([9, 8, 1, 2], beta=3, top=2)
    assert has_settled([9, 8, 1, 2, 3], beta=3, top=2)
    assert not has_settled([9, 8, 1, 2, 8.5], beta=3, top=2)
