"""Whatever a language model answers, no candidate is lost and none comes twice."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from search.rerankers.parsing import (
    complete,
    parse_best,
    parse_integer,
    parse_order,
    parse_scores,
    spoken,
)

MALFORMED: list[dict[str, Any]] = json.loads(
    (Path(__file__).parent / "data" / "malformed.json").read_text(encoding="utf-8")
)
LABELS = ["1", "2", "3", "4", "5"]
ANSWERS = st.one_of(
    st.text(max_size=200),
    st.text(alphabet="[]{}<>\"':,.0123456789 ABCthink/answer\n", max_size=200),
    st.recursive(
        st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=5),
        lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(max_size=3), inner),
        max_leaves=15,
    ).map(json.dumps),
)


@pytest.mark.parametrize("sample", MALFORMED, ids=lambda sample: str(sample["why"]))
def test_an_order_is_read_as_far_as_there_is_one(sample: dict[str, Any]) -> None:
    parsed = parse_order(sample["text"], LABELS)
    assert [place + 1 for place in parsed.order] == sample["order"]
    assert parsed.parse_rate == pytest.approx(len(sample["order"]) / 5)
    assert sorted(complete(parsed.order, 5)) == [0, 1, 2, 3, 4]


def test_there_are_at_least_sixty_samples() -> None:
    assert len({sample["text"] for sample in MALFORMED}) >= 60


@settings(deadline=None)
@given(ANSWERS)
def test_no_answer_loses_or_repeats_a_candidate(text: str) -> None:
    assert sorted(complete(parse_order(text, LABELS).order, 5)) == [0, 1, 2, 3, 4]
    assert len(parse_best(text, LABELS).order) <= 1


@settings(deadline=None)
@given(ANSWERS)
def test_no_score_is_unknown_or_out_of_range(text: str) -> None:
    scores = parse_scores(text, LABELS, low=0, high=10).scores
    assert set(scores) <= set(range(5))
    assert all(0 <= score <= 10 for score in scores.values())


@settings(deadline=None)
@given(ANSWERS)
def test_an_integer_is_in_range_or_absent(text: str) -> None:
    found = parse_integer(text)
    assert found is None or 0 <= found[0] <= 10


@settings(deadline=None)
@given(st.permutations(LABELS), st.sampled_from([" > ", ", ", "\n", "; "]), st.booleans())
def test_a_whole_order_is_read_as_it_was_written(
    order: list[str], between: str, bracketed: bool
) -> None:
    written = between.join(f"[{label}]" if bracketed else label for label in order)
    parsed = parse_order(written, LABELS)
    assert [LABELS[place] for place in parsed.order] == order
    assert not parsed.repaired


@pytest.mark.parametrize("text", ["A, C, B", "[A] > [C] > [B]", '["A", "C", "B"]', "a c b"])
def test_letters_are_labels_too(text: str) -> None:
    assert parse_order(text, ["A", "B", "C"]).order == (0, 2, 1)


def test_what_is_missing_follows_in_first_stage_order() -> None:
    assert complete(parse_order("[4] > [2]", LABELS).order, 5) == [3, 1, 0, 2, 4]


@pytest.mark.parametrize(
    ("text", "scores"),
    [
        ('{"1": 7, "2": 0, "3": 10}', {0: 7, 1: 0, 2: 10}),
        ('Two are useful. {"[1]": 7, "[2]": "3"}', {0: 7, 1: 3}),
        ('{"1": 17, "2": -4}', {0: 10, 1: 0}),
        ('{"scores": {"1": 7}}', {0: 7}),
        ('[{"id": 2, "score": 4}, {"id": 9, "score": 4}]', {1: 4}),
        ("[7, 0, 1, 2, 3]", {0: 7, 1: 0, 2: 1, 3: 2, 4: 3}),
        ("[1]: 7\n[2]: 3/10", {0: 7, 1: 3}),
        ('{"1": {"score": 6, "why": "close"}}', {0: 6}),
        ('{"1": NaN, "2": true, "3": null, "4": "high"}', {}),
        ('{"1": 7, "1": 2}', {0: 7}),
        ('<think>{"1": 1}</think>{"1": 9}', {0: 9}),
        ("none of them", {}),
    ],
)
def test_scores_are_read_and_clamped(text: str, scores: dict[int, float]) -> None:
    assert parse_scores(text, LABELS).scores == scores


@pytest.mark.parametrize(
    ("text", "grade"),
    [
        ("<answer> 7 </answer>", (7, "7")),
        ("It has 3 herons. <answer>8</answer>", (8, "8")),
        ("Score: 7/10", (7, "7")),
        ("7 out of 10", (7, "7")),
        ("<answer>42</answer>", (10, "42")),
        ("-3", (0, "-3")),
        ("<think>10</think> 2", (2, "2")),
        ("seven", None),
        ("7.5", None),
        ("", None),
    ],
)
def test_one_integer_is_read_and_clamped(text: str, grade: tuple[int, str] | None) -> None:
    assert parse_integer(text) == grade


@pytest.mark.parametrize(
    ("text", "best"),
    [
        ("<think>[2]?</think><answer>[4]</answer>", (3,)),
        ("[4]", (3,)),
        ("The most relevant is [4]", (3,)),
        ("<answer>4</answer>", (3,)),
        ("9", ()),
        ("either", ()),
    ],
)
def test_one_choice_is_read(text: str, best: tuple[int, ...]) -> None:
    assert parse_best(text, LABELS).order == best


def test_reasoning_is_set_aside() -> None:
    assert spoken("<think>[1]</think> so <answer>[2]</answer>") == "[2]"
