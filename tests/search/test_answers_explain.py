"""Why a hit stands where it stands."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from search.answers.explain import Why, contributions, modality_shares, sentence, why
from search.fusion import shares
from search.types import Candidate, Hit, Modality, Signal, View
from tests.search.passages import candidate, spoken

QUESTION = "Why do gulls drop mussels?"
IDF = {"gull": 3.0, "drop": 1.0, "mussel": 6.0}
SIGNALS = {"bm25": Signal(1, 12.5, 3.0), "dense": Signal(4, 0.61, 1.0)}
HIT = Hit(1, 4.0, SIGNALS)
losses = st.dictionaries(st.sampled_from("abcdef"), st.floats(-50, 50), min_size=1)


def asked(one: Candidate) -> Why:
    return why(replace(one, signals=SIGNALS), IDF, question=QUESTION)


def test_the_matched_words_are_told_with_their_idf_the_rarest_first() -> None:
    found = asked(candidate("A gull drops a mussel on a rock. The gull eats it.", title="Shore"))
    assert [(term.word, term.idf, term.count) for term in found.terms] == [
        ("mussels", 6.0, 1),
        ("gulls", 3.0, 2),
        ("drop", 1.0, 1),
    ]
    assert sum(term.share for term in found.terms) == pytest.approx(1)


def test_a_word_that_is_taken_out_of_the_passage_explains_nothing() -> None:
    found = asked(candidate("A gull drops a stone on a rock."))
    assert [term.word for term in found.terms] == ["gulls", "drop"]


def test_words_without_an_idf_share_alike() -> None:
    found = why(candidate("a gull, a mussel"), {}, question=QUESTION)
    assert [(term.word, term.share) for term in found.terms] == [("gulls", 0.5), ("mussels", 0.5)]


def test_each_retriever_is_told_with_rank_score_part_and_share() -> None:
    bm25 = asked(candidate("gulls")).retrievers["bm25"]
    assert (bm25.rank, bm25.raw, bm25.part, bm25.share) == (1, 12.5, 3.0, 0.75)


def test_a_sentence_says_which_words_are_held_and_who_found_it() -> None:
    found = sentence(asked(candidate("A gull drops a stone on a rock.")))
    assert found == (
        "Holds 2 of 3 words asked for: gulls, drop. "
        "Ranked 1st by words (75 % of the score) and 4th by meaning (25 % of the score)."
    )


@pytest.mark.parametrize(
    ("text", "question", "start"),
    [
        ("A gull drops a mussel.", QUESTION, "Holds all 3 words asked for: mussels, gulls, drop."),
        ("A gull.", "gulls", "Holds the word asked for: gulls."),
        ("A kettle.", QUESTION, "Holds none of the words asked for."),
        ("A kettle.", "", "Ranked "),
    ],
)
def test_a_sentence_counts_the_words_asked_for(text: str, question: str, start: str) -> None:
    found = sentence(why(candidate(text), IDF, question=question))
    assert found.startswith(start)


def test_a_sentence_names_one_retriever_without_shares_and_any_rank() -> None:
    for rank, said in ((2, "2nd"), (3, "3rd"), (11, "11th"), (22, "22nd"), (112, "112th")):
        signals = {"dense": Signal(rank, 0.4, 1.0)}
        found = sentence(why(candidate("x", signals=signals), {}, question=""))
        assert found == f"Ranked {said} by meaning."


def test_a_sentence_tells_a_text_that_was_added_from_the_question() -> None:
    for name, said in (
        ("bm25 by decompose:rules 1", "by words of a part of the question"),
        ("dense by expand_passages:terms 1", "by meaning with added words"),
    ):
        signals = {name: Signal(1, 2.0, 1.0)}
        found = sentence(why(candidate("x", signals=signals), {}, question=""))
        assert found == f"Ranked 1st {said}."


def test_the_modality_in_which_the_words_stand_gets_the_share() -> None:
    text = "A page about tides.\ngulls drop mussels"
    views = (View("text", "source", 0, 20), View("ocr", "derived", 20, len(text)))
    read = candidate(text, kind=Modality.PAGE, views=views)
    heard = spoken([("gulls drop mussels on rocks", 0.0, 4.0)])
    assert asked(read).modalities == {"image": 1.0}
    assert asked(heard).modalities == {"audio": 1.0}


def test_a_retriever_that_looks_counts_for_pictures() -> None:
    signals = {"image_clip": Signal(1, 0.3, 3.0), "bm25": Signal(2, 5.0, 1.0)}
    found = why(candidate("gulls drop mussels", signals=signals), IDF, question=QUESTION)
    assert found.modalities == {"image": 0.75, "text": 0.25}
    assert sum(found.modalities.values()) == pytest.approx(1)


def test_the_page_and_the_explanation_say_the_same() -> None:
    one = candidate("gulls drop mussels", signals=SIGNALS)
    assert asked(one).modalities == modality_shares(one, QUESTION)


@settings(deadline=None)  # the machine may be busy
@given(score=st.floats(-50, 50), without=losses)
def test_contributions_are_not_negative_and_sum_to_one(
    score: float, without: dict[str, float]
) -> None:
    found = contributions(score, without)
    assert min(found.values()) >= 0
    assert sum(found.values()) == pytest.approx(1)


def test_what_the_score_would_lose_is_what_a_thing_contributes() -> None:
    assert contributions(10.0, {"image": 4.0, "text": 8.0, "audio": 11.0}) == {
        "image": 0.75,
        "text": 0.25,
        "audio": 0.0,
    }


def test_the_shares_of_a_sum_are_what_deleting_its_parts_loses() -> None:
    without = {name: HIT.score - signal.part for name, signal in SIGNALS.items()}
    assert contributions(HIT.score, without) == shares(HIT)
