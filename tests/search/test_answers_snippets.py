import re
from html import unescape

from hypothesis import given
from hypothesis import strategies as st

from search.answers.snippets import LENGTH, snippet
from tests.search.passages import candidate

HOSTILE = st.text(
    alphabet=st.one_of(
        st.characters(), st.sampled_from(list("<>&\"'heron \n\t\x00\x1b\u202e\u2066"))
    ),
    max_size=800,
)


@given(HOSTILE, st.one_of(HOSTILE, st.sampled_from(["heron", "<script>", "mark"])))
def test_nothing_but_marks_gets_through(text: str, question: str) -> None:
    shown = snippet(candidate(text), question)
    bare = shown.replace("<mark>", "").replace("</mark>", "")
    assert not set(bare) & set("<>\"'")
    assert re.fullmatch(r"(?:[^&]|&(?:amp|lt|gt|quot|#x27);)*", bare)
    assert shown.count("<mark>") == shown.count("</mark>")
    assert not [c for c in shown if ord(c) < 32 or 127 <= ord(c) < 160]
    assert not set(shown) & set("\u202e\u2066")


def test_a_script_in_a_passage_is_shown_and_not_run() -> None:
    text = '<script>alert("heron")</script> & <mark>no</mark>'
    assert snippet(candidate(text), "herons") == (
        "&lt;script&gt;alert(&quot;<mark>heron</mark>&quot;)&lt;/script&gt; &amp; "
        "&lt;mark&gt;no&lt;/mark&gt;"
    )


def test_the_window_holds_most_of_what_was_asked() -> None:
    filler = "Nothing of note was seen that day on the river bank. " * 30
    text = filler + "The heron caught an eel at dawn. " + filler + "A heron flew. " + filler
    shown = snippet(candidate(text), "When did the heron catch an eel?")
    assert "<mark>heron</mark> <mark>caught</mark>" not in shown  # "caught" is another stem
    assert "<mark>heron</mark> caught an <mark>eel</mark> at dawn" in shown
    assert shown.startswith("… ")
    assert shown.endswith(" …")
    assert len(unescape(re.sub("</?mark>", "", shown))) <= LENGTH + 4


def test_words_are_marked_in_all_their_forms() -> None:
    assert snippet(candidate("Lighthouses shine."), "lighthouse shining") == (
        "<mark>Lighthouses</mark> <mark>shine</mark>."
    )


def test_a_passage_without_words_shows_its_heading() -> None:
    assert snippet(candidate("", heading="Birds › Herons"), "heron") == (
        "Birds › <mark>Herons</mark>"
    )
