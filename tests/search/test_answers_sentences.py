import pytest
from hypothesis import given
from hypothesis import strategies as st

from search.generators.sentences import LONGEST, sentence_spans


def sentences(text: str, *, spoken: bool = False) -> list[str]:
    return [text[s.start : s.end] for s in sentence_spans(text, spoken=spoken)]


@given(
    st.text(
        alphabet=st.one_of(st.characters(), st.sampled_from(".!?。\n \t:;-•|()[]\"'“”AaZ19")),
        max_size=1500,
    ),
    st.booleans(),
)
def test_spans_are_in_order_do_not_overlap_and_miss_no_word(text: str, spoken: bool) -> None:
    position = 0
    for span in sentence_spans(text, spoken=spoken):
        assert position <= span.start < span.end <= len(text)
        assert span.end - span.start <= LONGEST
        piece = text[span.start : span.end]
        assert piece == piece.strip()
        position = span.end
    covered = {i for s in sentence_spans(text, spoken=spoken) for i in range(s.start, s.end)}
    assert all(i in covered for i, c in enumerate(text) if c.isalnum())


@pytest.mark.parametrize(
    "text",
    [
        "Dr. Smith met Mr. J. R. Jones at St. Ives.",
        "It rose by 3.5 m (cf. Fig. 2) at approx. 4 p.m. on Monday.",
        "The U.S. Navy bought 1.234 of them.",
        "See e.g. Fresnel et al. 1822 for No. 5 of the series.",
        "Am 3. März 1821 begann der Bau.",
        "“Is it lit?” he asked.",
    ],
)
def test_a_stop_inside_a_sentence_does_not_end_it(text: str) -> None:
    assert sentences(text) == [text]


def test_a_new_sentence_begins_after_a_stop() -> None:
    text = 'He left in 1822. "Why?" She stayed! The U.S. The end.[3] Then more… And last'
    assert sentences(text) == [
        "He left in 1822.",
        '"Why?"',
        "She stayed!",
        "The U.S.",
        "The end.[3]",
        "Then more…",
        "And last",
    ]


def test_a_table_row_is_one_unit() -> None:
    text = "Material: Steel; Speed: 5960 m/s. Longitudinal\nMaterial: Water; Speed: 1482 m/s"
    assert sentences(text) == text.split("\n")
    assert {s.shape for s in sentence_spans(text)} == {"row"}


def test_code_lines_are_not_split() -> None:
    text = "def tide(t):\n    return a.b. C * cos(t)  # See Dr. No. And more\nx = f(y)"
    assert sentences(text) == [line.strip() for line in text.split("\n")]


def test_bullets_are_units_without_their_mark() -> None:
    text = "Parts:\n- a lens\n- a lamp\n• a clock"
    assert sentences(text) == ["Parts:", "a lens", "a lamp", "a clock"]


def test_wrapped_lines_are_read_on() -> None:
    text = (
        "The lens was designed by Augustin-Jean\n"
        "Fresnel and first used in the lighthouse at\nCordouan. It works."
    )
    assert sentences(text) == [text[: text.index(" It works")], "It works."]


def test_a_title_above_prose_stands_alone() -> None:
    text = "Results\nThe lamp was seen thirty kilometres away on a clear night.\nIt was bright."
    assert sentences(text)[0] == "Results"


def test_a_spoken_sentence_runs_over_its_cues() -> None:
    text = "and so the tide\ncomes in twice\na day. Then it\nleaves."
    assert sentences(text, spoken=True) == [
        "and so the tide\ncomes in twice\na day.",
        "Then it\nleaves.",
    ]


def test_chinese_sentences_end_at_their_own_stop() -> None:
    assert sentences("灯塔很高。它很亮！") == ["灯塔很高。", "它很亮！"]


def test_a_subtitle_line_that_begins_with_a_capital_begins_a_sentence():
    text = "Yes, he's in - in a bad humor\nSomebody must've stolen the crown jewels"
    assert sentences(text, spoken=True) == text.split("\n")


def test_a_subtitle_line_that_broke_off_is_read_on():
    text = "He went to\nAmerica, and\nI stayed"
    assert sentences(text, spoken=True) == [text]
