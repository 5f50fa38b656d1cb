"""Expanding a question with words of the first hits, or with what a language model writes."""

import threading

import pytest

from search.transforms.base import Context, Transform, judging_text, texts_for
from search.transforms.expand_passages import ExpandPassages
from search.transforms.feedback_terms import companions, feedback_terms, key_phrases
from search.transforms.think_then_embed import LONGEST_WORDS, ThinkThenEmbed

QUESTION = "why do gulls drop shells"
PASSAGES = (
    "Gulls drop mussels on rocks. The rocks break the shell, and the gull eats the mussel.",
    "A mussel dropped by a gull breaks on the rocks below. Weather was fine.",
    "Herons stand still. Tides turn twice a day.",
)
IDF = {"mussel": 6.0, "rock": 3.0, "break": 4.0, "gull": 4.0, "weather": 2.0, "tide": 5.0}
HITS = Context(passages=PASSAGES, idf=IDF)


@pytest.fixture(params=[ExpandPassages, ThinkThenEmbed])
def make(request: pytest.FixtureRequest) -> type[ExpandPassages] | type[ThinkThenEmbed]:
    kind: type[ExpandPassages] | type[ThinkThenEmbed] = request.param
    return kind


def test_feedback_terms_stand_in_several_hits_and_not_in_the_question() -> None:
    found = feedback_terms(QUESTION, PASSAGES, idf=IDF, language="en", most=3)
    assert [word for word, _ in found] == ["mussel", "rocks", "break"]


def test_a_rare_word_of_a_single_hit_is_not_taken() -> None:
    found = feedback_terms(QUESTION, PASSAGES, idf=IDF, language="en", most=50)
    assert "tides" not in [word for word, _ in found]
    alone = feedback_terms(QUESTION, PASSAGES[2:], idf=IDF, language="en", most=50)
    assert "tides" in [word for word, _ in alone]


def test_a_rarer_word_weighs_more_than_a_common_one() -> None:
    passages = ("alpha beta", "alpha beta")
    found = feedback_terms("x", passages, idf={"alpha": 1.0, "beta": 2.0}, language="en", most=2)
    assert [word for word, _ in found] == ["beta", "alpha"]


def test_companions_stand_in_one_sentence_with_the_question_s_words() -> None:
    words = [word for word, _ in companions(QUESTION, PASSAGES, idf=IDF, language="en", most=9)]
    assert words[0] == "mussel"
    assert "weather" not in words
    assert "tides" not in words


def test_key_phrases_are_runs_of_content_words() -> None:
    assert key_phrases("What is the drag of a slender delta wing at high speed?", "en") == (
        "slender delta wing",
        "high speed",
    )


def test_expanded_text_finds_and_the_question_judges(make: type[Transform]) -> None:
    found = make().apply(QUESTION, HITS)
    assert judging_text(found) == QUESTION
    assert [one.text for one in texts_for("answer", found)] == [QUESTION]
    expanded = texts_for("retrieve", found)[1]
    assert expanded.text.startswith(QUESTION)
    assert "mussel" in expanded.text
    assert 0 < expanded.weight < 1


def test_the_same_hits_give_the_same_texts(make: type[Transform]) -> None:
    assert make().apply(QUESTION, HITS) == make().apply(QUESTION, HITS)


def test_nothing_is_made_up_without_hits(make: type[Transform]) -> None:
    assert [one.text for one in make().apply(QUESTION)] == [QUESTION]


def test_what_a_model_writes_stands_after_the_question(
    make: type[ExpandPassages] | type[ThinkThenEmbed],
) -> None:
    found = make(generate=lambda _: "They break mussels.").apply(QUESTION, HITS)
    assert found[1].text == f"{QUESTION}\nThey break mussels."
    assert found[1].origin.endswith(":model")


def test_a_late_model_is_replaced_by_terms(
    make: type[ExpandPassages] | type[ThinkThenEmbed],
) -> None:
    never = threading.Event()
    slow = make(generate=lambda _: str(never.wait(30)), deadline_ms=20)
    found = slow.apply(QUESTION, HITS)
    never.set()
    assert found[1].origin.endswith(":terms")


def test_hung_models_do_not_pile_up() -> None:
    never = threading.Event()
    started: list[str] = []

    def hung(prompt: str) -> str:
        started.append(prompt)
        never.wait(30)
        return ""

    slow = ThinkThenEmbed(generate=hung, deadline_ms=5)
    for _ in range(12):
        slow.apply(QUESTION, HITS)
    never.set()
    assert len(started) <= 4


def test_a_model_is_shown_the_question_and_the_first_hits() -> None:
    asked: list[str] = []
    ExpandPassages(generate=lambda prompt: asked.append(prompt) or "").apply(QUESTION, HITS)
    assert QUESTION in asked[0]
    assert PASSAGES[0] in asked[0]


def test_a_second_round_reads_the_hits_of_the_first_one_s_passage() -> None:
    asked: list[str] = []
    looked: list[str] = []

    def model(prompt: str) -> str:
        asked.append(prompt)
        return f"passage {len(asked)}"

    def search(text: str) -> list[str]:
        looked.append(text)
        return ["Crows drop walnuts."]

    context = Context(passages=PASSAGES, search=search)
    found = ExpandPassages(generate=model, rounds=2).apply(QUESTION, context)
    assert found[1].text == f"{QUESTION}\npassage 2"
    assert looked == [f"{QUESTION}\npassage 1"]
    assert "Crows drop walnuts." in asked[1]


def test_there_are_two_rounds_at_most() -> None:
    with pytest.raises(ValueError, match="rounds is 3"):
        ExpandPassages(rounds=3)


def test_a_long_thought_is_cut() -> None:
    found = ThinkThenEmbed(generate=lambda _: "word " * 900).apply(QUESTION)
    assert found[1].text.count("word") == LONGEST_WORDS
