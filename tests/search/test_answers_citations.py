from hypothesis import given
from hypothesis import strategies as st

from search.answers.citations import citation, cite, how_read, locate
from search.generators.base import Drafted, Quote
from search.types import Anchor, Locator, View
from tests.search.passages import candidate, evidence, spoken

LINES = "The lens turns\nonce a minute"
ANCHORS = (
    Anchor(0, 14, (0.1, 0.2, 0.7, 0.05)),
    Anchor(15, 28, (0.1, 0.26, 0.65, 0.05)),
)


def test_a_quote_takes_its_part_of_the_lines_boxes() -> None:
    page = candidate(LINES, anchors=ANCHORS, locator=Locator(page=3, page_label="iii"))
    start, end = LINES.index("turns"), LINES.index(" a minute")
    place = locate(page, start, end)
    assert (place.page, place.page_label) == (3, "iii")
    first, second = place.boxes
    assert first == (0.1 + 0.05 * 9, 0.2, 0.25, 0.05)
    assert second == (0.1, 0.26, 0.2, 0.05)


def test_sound_opens_where_the_first_quoted_cue_begins() -> None:
    talk = spoken([("the tide rises", 4.0, 6.5), ("twice a day", 6.5, 8.0), ("then", 9.0, 9.5)])
    start = talk.text.index("rises")
    place = locate(talk, start, talk.text.index("\nthen"))
    assert (place.start_s, place.end_s) == (4.0, 8.0)


def test_a_passage_without_anchors_is_cited_as_a_whole() -> None:
    whole = Locator(page=2, boxes=((0.1, 0.1, 0.5, 0.2),), chars=(100, 110))
    place = locate(candidate("0123456789", locator=whole), 2, 5)
    assert place == Locator(page=2, boxes=((0.1, 0.1, 0.5, 0.2),), chars=(102, 105))


def test_characters_count_in_the_document_across_rows_joined_closer() -> None:
    text = "a: 1\nb: 2\nc: 3"  # in the document a blank line stands between the rows
    rows = candidate(text, locator=Locator(chars=(50, 50 + len(text) + 2)))
    place = locate(rows, text.index("b"), text.index("b") + 4)
    assert place.chars == (50 + 6, 50 + 10)


def test_characters_that_cannot_be_counted_are_not_guessed() -> None:
    assert locate(candidate("abc def", locator=Locator(chars=(0, 90))), 0, 3).chars is None


@given(
    st.lists(
        st.tuples(
            st.integers(0, 40),
            st.integers(0, 40),
            st.tuples(*[st.floats(-2, 2, allow_nan=False)] * 4),
        ),
        max_size=6,
    ),
    st.integers(0, 40),
    st.integers(0, 40),
)
def test_boxes_stay_on_the_page_and_quotes_are_exact(
    lines: list[tuple[int, int, tuple[float, float, float, float]]], one: int, other: int
) -> None:
    start, end = sorted((one, other))
    anchors = tuple(Anchor(a, b, box) for a, b, box in lines)
    passage = candidate("The quick brown heron stands over a pond.", anchors=anchors)
    found = citation(1, passage, start, end)
    assert found.quote == passage.text[start:end]
    assert found.quote in passage.text
    for x, y, width, height in found.locator.boxes:
        assert 0 <= x <= x + width <= 1.00002
        assert 0 <= y <= y + height <= 1.00002


def test_labels_and_ranges_that_do_not_exist_are_left_out() -> None:
    pieces = evidence(candidate("One heron."))
    drafted = [
        Drafted("a", (Quote(7, 0, 3),)),
        Drafted("b", (Quote(1, 0, 300),)),
        Drafted("c", (Quote(1, 5, 5),)),
        Drafted("d", (), (9,)),
    ]
    assert [citations for _, citations in cite(drafted, pieces)] == [(), (), (), ()]


def test_the_same_quote_keeps_its_marker_and_another_gets_the_next() -> None:
    pieces = evidence(candidate("One heron. Two herons."))
    drafted = [
        Drafted("a", (Quote(1, 0, 10),)),
        Drafted("b", (Quote(1, 11, 22),)),
        Drafted("c", (Quote(1, 0, 10),)),
    ]
    markers = [[c.marker for c in citations] for _, citations in cite(drafted, pieces)]
    assert markers == [[1], [2], [1]]


def test_a_label_without_quote_gets_the_nearest_sentence_of_its_passage() -> None:
    pieces = evidence(candidate("It rains a lot. The lamp burns whale oil. Nobody knows."))
    ((_, (found,)),) = cite([Drafted("The lamps burned oil of whales.", (), (1,))], pieces)
    assert found.quote == "The lamp burns whale oil."


def test_words_that_a_machine_read_say_so() -> None:
    scan = candidate("LIGHT ahead", views=(View("ocr", "derived", 0, 11),))
    talk = candidate("light ahead", views=(View("transcript", "derived", 0, 11),))
    own = candidate("light ahead", views=(View("text", "source", 0, 11),))
    assert [how_read(c, 0, 5) for c in (scan, talk, own)] == [
        "read by OCR",
        "transcribed by a machine",
        "",
    ]
