"""Folding near-duplicates."""

from search.duplicates import fold_duplicates
from search.types import Candidate, Locator, Modality, Source

LONG = "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen"


def candidate(
    key: int, text: str, *, kind: str = "text", document: int = 1, text_hash: str = ""
) -> Candidate:
    source = Source(id=document, title="", filename="", corpus="")
    return Candidate(key, 1.0, {}, Modality(kind), text, "", source, Locator(), text_hash=text_hash)


def kept(*candidates: Candidate) -> list[int]:
    return [candidate.passage_id for candidate in fold_duplicates(candidates)]


def test_the_first_of_two_equal_texts_stays() -> None:
    assert kept(candidate(5, LONG), candidate(2, LONG, document=9)) == [5]


def test_equal_hashes_are_equal_texts_however_short() -> None:
    assert kept(candidate(1, "Fig. 1", text_hash="a"), candidate(2, "Fig. 1", text_hash="a")) == [1]


def test_short_texts_are_not_guessed_about() -> None:
    assert kept(candidate(1, "Table 1"), candidate(2, "Table 1")) == [1, 2]


def test_a_longer_text_that_holds_another_is_not_its_duplicate() -> None:
    assert kept(candidate(1, LONG), candidate(2, f"{LONG} {LONG[::-1]} {LONG.upper()} x")) == [1, 2]


def test_a_page_and_a_picture_of_different_documents_stay_apart() -> None:
    page, picture = candidate(1, LONG, kind="page"), candidate(2, LONG, kind="image", document=2)
    assert kept(page, picture) == [1, 2]
    assert kept(page, candidate(2, LONG, kind="image")) == [1]
