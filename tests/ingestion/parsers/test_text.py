import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingestion.errors import TooLargeError
from ingestion.parsers.text import decode, paragraphs
from ingestion.types import Limits
from tests.ingestion.parsers.papers import parsed

GERMAN = "Größe, Übermaß und Füße: die Prüfung war schön. Straßen führen über Brücken. " * 5


def test_blank_lines_part_paragraphs_and_line_breaks_stay(tmp_path):
    result = parsed(
        "Shall I compare thee\nto a summer's day?\n\n \nThou art", "sonnet.txt", tmp_path
    )
    assert [block.text for block in result.blocks] == [
        "Shall I compare thee\nto a summer's day?",
        "Thou art",
    ]
    assert result.title == "sonnet"


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1252"]
)
def test_every_common_encoding_gives_the_same_words(encoding):
    assert decode(GERMAN.encode(encoding)).lstrip("\ufeff") == GERMAN


def test_a_russian_code_page_is_guessed():
    russian = "Съешь же ещё этих мягких французских булок, да выпей чаю. " * 5
    assert decode(russian.encode("cp1251")) == russian


def test_a_few_broken_bytes_do_not_change_the_encoding():
    raw = GERMAN.encode() + b"\xff" + GERMAN.encode()
    assert decode(raw) == GERMAN + "\ufffd" + GERMAN


@given(st.binary(max_size=400))
def test_any_bytes_become_some_text(raw):
    assert isinstance(decode(raw), str)


@given(st.text(max_size=500))
def test_no_word_is_lost_between_paragraphs(text):
    assert "".join("".join(paragraphs(text)).split()) == "".join(text.split())


def test_a_line_of_a_megabyte_is_cut_into_pieces(tmp_path):
    result = parsed("word " * 200_000, "long.txt", tmp_path)
    assert max(len(block.text) for block in result.blocks) <= 20_000
    assert sum(block.text.count("word") for block in result.blocks) == 200_000


def test_text_beyond_the_limit_is_left_out_and_said(tmp_path):
    text = "\n\n".join(["a short paragraph"] * 100)
    result = parsed(text, "many.txt", tmp_path, Limits(text_chars=500))
    assert sum(len(block.text) for block in result.blocks) <= 500
    assert result.notices == ("Only the first 500 characters of text were kept.",)


def test_a_text_many_times_over_the_limit_is_refused(tmp_path):
    with pytest.raises(TooLargeError, match=r"many\.txt has 5,000 bytes"):
        parsed("x" * 5000, "many.txt", tmp_path, Limits(text_chars=500))


def test_what_a_database_cannot_store_is_dropped(tmp_path):
    [block] = parsed("before\x0cafter \u202eevil", "a.txt", tmp_path).blocks
    assert block.text == "before\nafter evil"


def test_language_and_doi_are_found(tmp_path):
    result = parsed(f"doi:10.1145/1571941.1572114.\n\n{GERMAN}", "a.txt", tmp_path)
    assert result.language == "de"
    assert result.doi == "10.1145/1571941.1572114"


def test_a_file_of_blanks_says_so(tmp_path):
    assert parsed(" \n \n", "blank.txt", tmp_path).notices == ("blank.txt holds no text.",)
