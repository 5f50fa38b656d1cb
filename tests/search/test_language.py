"""From text to words that PostgreSQL counts."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from search.language import configuration, fold


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("TCP/IP and/or e-mail", "tcp ip and or e mail"),
        ("p <0.05 and x> 3", "p 0 05 and x 3"),
        ("Écoute, naïve café", "ecoute naive cafe"),
        ("the ﬁne “ﬂow”—done", "the fine flow done"),
        ("foo_bar", "foo bar"),
        ("日本語", "日 本 語 日本 本語"),
        ("東京tower", "東 京 東京 tower"),
        ("Привет, йод", "привет йод"),
        ("हिन्दी में", "हिन्दी में"),
        ("nul\x00byte \ud800", "nul byte"),
        ("...", ""),
    ],
)
def test_only_words_remain(text: str, folded: str) -> None:
    assert fold(text) == folded


@given(st.text(max_size=200))
def test_folding_twice_changes_nothing_for_texts_with_spaces(text: str) -> None:
    spaced = fold(text)
    if spaced.isascii():
        assert fold(spaced) == spaced
    assert "\x00" not in spaced
    spaced.encode()  # no lone surrogates


@pytest.mark.parametrize(
    ("language", "name"),
    [
        ("en", "english"),
        ("de", "german"),
        ("pt-BR", "portuguese"),
        ("ja", "simple"),
        ("", "simple"),
    ],
)
def test_each_language_is_stemmed_in_its_own_way(language: str, name: str) -> None:
    assert configuration(language) == name
