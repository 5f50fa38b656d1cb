import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingestion.parsers import metadata


@pytest.mark.parametrize(
    ("text", "doi"),
    [
        ("see https://doi.org/10.1145/1571941.1572114.", "10.1145/1571941.1572114"),
        ("doi:10.1002/(SICI)1097-4571(199806)49:8<1>", "10.1002/(sici)1097-4571(199806)49:8"),
        ("(10.1000/xyz123)", "10.1000/xyz123"),
        ("version 10.1234 of it", ""),
        ("", ""),
    ],
)
def test_a_doi_is_found_in_running_text(text, doi):
    assert metadata.find_doi(text) == doi


def test_an_arxiv_paper_has_an_address_and_a_doi():
    assert metadata.identifiers("arXiv:1706.03762v5 [cs.CL] 6 Dec 2017") == (
        "10.48550/arxiv.1706.03762",
        "https://arxiv.org/abs/1706.03762",
    )
    assert metadata.find_arxiv("arXiv: cond-mat/0208567") == "cond-mat/0208567"


@pytest.mark.parametrize(
    "title",
    ["Microsoft Word - final.doc", "untitled", "", "paper.pdf", "KVWVO732LDFLYX2", "Slide 1",
     "PowerPoint Presentation", "12345", "Untitled Document"],
)  # fmt: skip
def test_what_programs_write_is_no_title(title):
    assert not metadata.is_title(title)


def test_the_first_real_title_wins_else_the_file_name():
    assert metadata.best_title(["Microsoft Word - x", "Herons"], "a.pdf") == "Herons"
    assert metadata.best_title([""], "C:\\papers\\grey_heron.v2.pdf") == "grey heron.v2"


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("D:20090615120000+02'00'", "2009-06-15"),
        ("2009-06-15T10:00:00Z", "2009-06-15"),
        ("2009/6", "2009-06"),
        ("2009", "2009"),
        ("20090615", "2009-06-15"),
        ("15 June 2009", "2009-06-15"),
        ("June 15–20, 2009", "2009-06-15"),
        ("18th January, 1972", "1972-01-18"),
        ("3. März 1999", "1999-03-03"),
        ("D:99999999", ""),
        ("2009-02-31", "2009-02"),
        ("nonsense", ""),
    ],
)
def test_dates_become_iso(text, day):
    assert metadata.iso_date(text) == day


@given(st.text(max_size=60))
def test_any_text_gives_an_iso_date_or_nothing(text):
    day = metadata.iso_date(text)
    assert day == "" or (len(day) in {4, 7, 10} and day[:4].isdigit())


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("Ada Lovelace; Bob Ross", ("Ada Lovelace", "Bob Ross")),
        ("Ada Lovelace, Bob Ross and Carol", ("Ada Lovelace", "Bob Ross", "Carol")),
        ("Lovelace, Ada", ("Lovelace, Ada",)),
        ("Administrator", ()),
        ("", ()),
    ],
)
def test_authors_are_parted(text, names):
    assert metadata.split_authors(text) == names


def test_authors_stand_below_the_title_until_no_names_follow():
    lines = [
        "Andreas Gal∗+, Brendan Eich∗, Mike Shaver∗ and Jan van der",
        "Berg†, Mason Chang+#",
        "Mozilla Corporation∗",
        "John Smith",
    ]
    assert metadata.authors_below_title(lines)[:3] == ("Andreas Gal", "Brendan Eich", "Mike Shaver")
    assert "Mozilla Corporation" not in metadata.authors_below_title(lines)
    assert metadata.authors_below_title(["We present a method for herons."]) == ()


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("The grey heron stands still for twenty minutes before it strikes.", "en"),
        ("Der Graureiher steht zwanzig Minuten still, bevor er zustößt.", "de"),
        ("Le héron cendré reste immobile pendant vingt minutes avant de frapper.", "fr"),
        ("코로나바이러스감염증 확진자는 구천육백육십일명으로 나타났다 그리고", "ko"),
        ("1234 5678 -- 99", ""),
        ("ok", ""),
    ],
)
def test_the_language_is_told_or_left_open(text, language):
    assert metadata.detect_language(text) == language
    assert metadata.detect_language(text) == language  # the same every time
