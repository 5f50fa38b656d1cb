"""What is recognised in a question."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from search.transforms.normalise import Normalise, plain, understand


def identifiers(text: str) -> list[tuple[str, str]]:
    return [(one.kind, one.value) for one in understand(text).identifiers]


def test_letters_are_composed_and_what_cannot_be_seen_is_dropped() -> None:
    assert plain("cafe\u0301\u200b  au\x00 \n lait\ufeff") == "caf\u00e9 au lait"
    assert Normalise().apply("cafe\u0301")[0].text == "caf\u00e9"


@pytest.mark.parametrize(
    "text", ['the "herring gull"', "the “herring gull”", "the „herring gull“", "« herring gull »"]
)
def test_quoted_phrases_are_recognised_in_any_quotes(text: str) -> None:
    assert understand(text).phrases == ("herring gull",)


def test_an_apostrophe_is_no_quote() -> None:
    assert understand("Newton's laws and Kepler's laws").phrases == ()


def test_operators_are_recognised_and_left_as_typed() -> None:
    found = understand('gulls +herring -tern -"sea eagle" state-of-the-art 5 -3')
    assert found.required == ("herring",)
    assert found.excluded == ("tern", "sea eagle")
    assert found.text == 'gulls +herring -tern -"sea eagle" state-of-the-art 5 -3'


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        ("see doi:10.1145/582415.582418, please", "doi", "10.1145/582415.582418"),
        ("(10.1002/(SICI)1097-4571(199009)41:6)", "doi", "10.1002/(sici)1097-4571(199009)41:6"),
        ("arXiv:2101.00001v2 says", "arxiv", "2101.00001v2"),
        ("what is in 2303.08774?", "arxiv", "2303.08774"),
        ("arxiv: hep-th/9901001", "arxiv", "hep-th/9901001"),
        ("ISBN 978-0-13-110362-7", "isbn", "9780131103627"),
        ("datasheet of the SN74LS00N", "part", "SN74LS00N"),
        ("LM-317T pinout", "part", "LM-317T"),
        ("what does RFC2616 say?", "part", "RFC2616"),
        ("error 0x80070057", "part", "0x80070057"),
        ("https://example.org/a?b=1.", "url", "https://example.org/a?b=1"),
    ],
)
def test_identifiers_are_recognised(text: str, kind: str, value: str) -> None:
    assert identifiers(text) == [(kind, value)]


@pytest.mark.parametrize(
    "text",
    ["it weighs 10kg", "a 5V supply at 50Hz", "COVID-19", "the 3rd man", "3.14159", "9713.50123",
     "978-0-13-110362-8", "World War 2", "the 4-H club"],
)  # fmt: skip
def test_amounts_and_ordinary_words_are_no_identifiers(text: str) -> None:
    assert identifiers(text) == []


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("on 1 May 2023", ["2023-05-01"]),
        ("on May 1st, 2023", ["2023-05-01"]),
        ("in Sept. 1666", ["1666-09"]),
        ("2023-05-01 and 1999", ["2023-05-01", "1999"]),
        ("songs of the 1980s", ["1980s"]),
        ("2020-13-40", []),
        ("$1999, 1999.5 and 2048x1999", []),
    ],
)
def test_dates_are_given_in_iso_form(text: str, values: list[str]) -> None:
    assert [date.value for date in understand(text).dates] == values


def test_times_are_recognised() -> None:
    found = understand("what is said at 1:02:33, at 12:30 pm, at 5 pm and after 3 min 20 s?")
    assert [time.value for time in found.times] == ["1:02:33", "12:30 pm", "5 pm", "3 min 20 s"]


@settings(deadline=None)  # the machine may be busy
@given(st.text(max_size=80))
def test_every_identifier_stands_where_it_is_said_to(text: str) -> None:
    found = understand(text)
    for one in (*found.identifiers, *found.dates, *found.times):
        assert 0 <= one.start < one.end <= len(found.text)
    assert plain(found.text) == found.text
