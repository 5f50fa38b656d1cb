import json
import re
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from frontend.citing import citation_text, doi_address, web_address
from frontend.templatetags.evidence import (
    duration,
    highlight,
    json_ld,
    snippet,
    time_span,
    timestamp,
)

TEXTS = st.text(alphabet=st.sampled_from("ab <>&\"'/markscript\n"), max_size=60)


class Tags(HTMLParser):
    """The tags of a piece of HTML and its words."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.opened: list[str] = []
        self.words = ""
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.opened.append(tag)

    def handle_data(self, data: str) -> None:
        self.words += data


@pytest.mark.parametrize(
    ("seconds", "written"),
    [(0, "0:00"), (9.99, "0:09"), (761, "12:41"), (3723, "1:02:03"), (36000, "10:00:00"),
     (-1, "0:00"), (None, "")],
)  # fmt: skip
def test_times_are_written_as_players_write_them(seconds: float | None, written: str) -> None:
    assert timestamp(seconds) == written


def test_spans_of_time_name_both_ends_once() -> None:
    assert time_span(761, 785) == "12:41–13:05"
    assert time_span(761, 761.4) == "12:41"
    assert duration(761) == "PT761S"


def test_a_highlight_marks_the_span_and_escapes_the_rest() -> None:
    assert highlight("a <b> c", [(2, 5)]) == "a <mark>&lt;b&gt;</mark> c"


@given(text=TEXTS, spans=st.lists(st.tuples(st.integers(-5, 70), st.integers(-5, 70)), max_size=5))
def test_a_highlight_shows_every_character_once_and_no_tag_but_mark(
    text: str, spans: list[tuple[int, int]]
) -> None:
    tags = Tags(highlight(text, spans))

    assert tags.words == text
    assert set(tags.opened) <= {"mark"}


def test_a_snippet_keeps_its_marks_and_its_escapes() -> None:
    assert snippet("5 &lt; 6 <mark>lamp</mark>") == "5 &lt; 6 <mark>lamp</mark>"


@given(marked=TEXTS)
def test_a_snippet_never_opens_another_tag_and_closes_its_marks(marked: str) -> None:
    html = str(snippet(marked))

    assert set(Tags(html).opened) <= {"mark"}
    assert html.count("<mark>") == html.count("</mark>")


@given(words=st.text(max_size=50))
def test_json_in_a_script_cannot_end_the_script(words: str) -> None:
    value = {"name": words + "</script><!--"}

    text = str(json_ld(value))

    assert not re.search(r"[<>&]", text)
    assert json.loads(text) == value


def test_a_work_is_cited_with_what_is_known_of_it() -> None:
    known = {"title": "Lenses.", "issued": "2009-06", "doi": "", "url": ""}

    assert citation_text(authors=[], **known) == "Lenses (2009)."
    assert citation_text(authors=["A", "B", "C", "D"], **known) == "A et al. (2009). Lenses."
    assert (
        citation_text(authors=["A", "B"], where="P. 4", **known) == "A and B (2009). Lenses. P. 4."
    )
    assert doi_address("doi:10.1/x") == "https://doi.org/10.1/x"


@pytest.mark.parametrize(
    "address", ["javascript:alert(1)", "data:text/html,x", "//evil", "file:///etc/passwd"]
)
def test_only_web_addresses_become_links(address: str) -> None:
    assert web_address(address) == ""
