"""Which words belong to what is seen and heard."""

from ingestion.types import PassageDraft
from search.beside import MOST_CHARACTERS, words_beside


def draft(text: str = "", **place: object) -> PassageDraft:
    return PassageDraft(kind="text", text=text, **place)  # type: ignore[arg-type]


def test_a_clip_takes_what_is_said_meanwhile_and_nothing_else() -> None:
    said = [
        draft("before", start_s=0.0, end_s=4.0),
        draft("within", start_s=4.5, end_s=5.0),
        draft("across", start_s=7.0, end_s=9.0),
        draft("after", start_s=8.0, end_s=9.0),
    ]
    assert words_beside([draft(start_s=4.0, end_s=8.0)], said) == ["within across"]


def test_a_page_takes_its_words_and_a_picture_those_read_in_it() -> None:
    worded = [draft("one", page=1), draft("two", page=2), draft("sign", picture="a.webp")]
    wordless = [draft(page=2, picture="p2.webp"), draft(picture="a.webp"), draft(picture="b.webp")]
    assert words_beside(wordless, worded) == ["two", "sign", ""]


def test_of_many_words_the_beginning_is_taken() -> None:
    (found,) = words_beside([draft(page=1)], [draft("word " * 900, page=1)])
    assert len(found) == MOST_CHARACTERS
