import unicodedata

from hypothesis import example, given
from hypothesis import strategies as st

from ingestion.parsers.cleaning import clean_text, one_line, shown, tidy_lines, with_accents

ANY_TEXT = st.text(st.characters())  # lone surrogates too


@given(ANY_TEXT)
@example("a\x00b\ud800c")
@example("e\u200b\u0301")
@example("x" * 5000)
def test_clean_text_can_be_stored_and_cleaning_twice_changes_nothing(raw):
    clean = clean_text(raw)
    clean.encode("utf-8")
    assert "\x00" not in clean
    assert clean_text(clean) == clean
    assert unicodedata.is_normalized("NFC", clean)


@given(ANY_TEXT)
def test_one_line_has_no_line_break_and_no_double_blank(raw):
    line = one_line(raw)
    assert "\n" not in line
    assert "  " not in line
    assert line == line.strip()


def test_characters_that_hide_or_reorder_text_are_dropped():
    assert clean_text("pay\u202eelpmis\u202c") == "payelpmis"
    assert clean_text("zero\u200bwidth\ufeff and \u00adsoft") == "zerowidth and soft"
    assert clean_text("\U000e0041\U000e0042tagged") == "tagged"


def test_letters_of_all_scripts_and_emoji_stay():
    for text in ("naïve Größe", "코로나", "حل المشكلات", "नमस्ते", "👩‍🔬 works", "می‌خواهم"):
        assert clean_text(text) == text


def test_every_kind_of_line_break_becomes_a_newline():
    assert clean_text("a\r\nb\rc\x0bd\u2028e\x85f") == "a\nb\nc\nd\ne\nf"


def test_a_word_of_a_million_letters_is_broken():
    assert max(len(word) for word in clean_text("y" * 1_000_000).split()) == 1000


def test_lines_are_tidied_but_kept():
    assert tidy_lines("  one \t two \n\n three ") == "one two\n\nthree"


def test_accents_of_old_typesetting_are_put_on_their_letters():
    assert with_accents("a na¨ıve r´esum´e by Fran¸cois") == "a naïve résumé by Fran¸cois"
    assert with_accents("5¨ and ´") == "5¨ and ´"


@given(ANY_TEXT)
def test_a_file_name_fits_into_a_sentence(name):
    assert 0 < len(shown(name)) <= 80
    assert "\n" not in shown(name)
