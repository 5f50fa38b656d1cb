from dataclasses import replace

import pytest

from search.answers.citations import citation
from search.answers.verify import is_sound, support_of, verified
from search.generators.base import Drafted
from search.types import Locator, Support
from tests.search.passages import candidate, spoken

TEXT = "Fresnel designed the lens in 1822. It could be seen from 32 km away."
WHOLE = citation(1, candidate(TEXT, locator=Locator(page=4)), 0, len(TEXT))


@pytest.mark.parametrize(
    ("sentence", "support"),
    [
        ("Fresnel designed the lens in 1822.", Support.QUOTED),
        ("  fresnel DESIGNED the\nlens in 1822.", Support.QUOTED),
        ("The lens designed by Fresnel could be seen 32 km away [1].", Support.SUPPORTED),
        ("Fresnel designed the lens in 1823.", Support.NONE),
        ("Fresnel did not design the lens in 1822.", Support.WEAK),
        ("The lens was designed by Fresnel and Arago.", Support.NONE),
        ("The lens turned on a bath of mercury all night long.", Support.NONE),
        ("", Support.NONE),
    ],
)
def test_support_says_how_far_the_passage_carries_a_sentence(
    sentence: str, support: Support
) -> None:
    assert support_of(sentence, [WHOLE]) == support


def test_typographic_quotes_and_width_do_not_hide_an_exact_quote() -> None:
    passage = candidate("He wrote “the light’s eye” ［12］ there.")
    cited = citation(1, passage, 0, len(passage.text))
    assert support_of('He wrote "the light\'s eye" [12] there.', [cited]) == Support.QUOTED


@pytest.mark.parametrize(
    "forged",
    [
        replace(WHOLE, quote="Fresnel designed the lens in 1999."),
        replace(WHOLE, passage_id=99),
        replace(WHOLE, locator=Locator(page=5)),
        replace(WHOLE, start=3),
        replace(WHOLE, quote="", start=0, end=0),
        replace(WHOLE, locator=Locator(page=4, start_s=3.0)),
    ],
)
def test_a_forged_citation_is_not_sound_and_its_sentence_is_dropped(forged: object) -> None:
    assert not is_sound(forged)  # type: ignore[arg-type]
    assert verified([(Drafted("Fresnel designed the lens."), (forged,))]) == []  # type: ignore[arg-type]


def test_a_second_outside_the_recording_is_not_sound() -> None:
    talk = spoken([("the tide rises", 4.0, 6.5)])
    found = citation(1, talk, 0, 8)
    assert is_sound(found)
    assert not is_sound(replace(found, locator=Locator(start_s=60.0, end_s=61.0)))


def test_a_sentence_without_citation_is_dropped() -> None:
    assert verified([(Drafted("Fresnel designed the lens in 1822."), ())]) == []
