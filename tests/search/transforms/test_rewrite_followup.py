"""Follow-ups in a conversation."""

import pytest

from search.transforms.base import Context, judging_text, texts_for
from search.transforms.rewrite_followup import RewriteFollowup, is_followup
from search.types import Turn

POPULATION = Turn(
    "What was the population of Lyon in 2020?",
    "In 2020 the city of Lyon had 522,228 inhabitants.",
)
DESIGNER = Turn("Who designed the tower?", "It was drawn by Maurice Koechlin for the Eiffel firm.")


def rewritten(question: str, *turns: Turn) -> str:
    return RewriteFollowup().apply(question, Context(turns=turns))[0].text


@pytest.mark.parametrize(
    "question",
    [
        "and in 2023?",
        "What about Marseille?",
        "Why?",
        "When did he die?",
        "How tall is it?",
        "And its height?",
        "show me the previous one",
        "Und wann?",
        "Where?",
    ],
)
def test_a_question_that_leans_on_the_last_one_is_a_followup(question: str) -> None:
    assert is_followup(question)


@pytest.mark.parametrize(
    "question",
    [
        "Who designed the Eiffel Tower?",
        "What is the bird that sings at night?",
        "compressor blade flutter",
        "Why did Maurice Koechlin leave his firm?",
        "How many inhabitants does Lyon have?",
        "BM25",
        "heron",
    ],
)
def test_a_question_that_stands_alone_is_none(question: str) -> None:
    assert not is_followup(question)


def test_another_date_is_put_into_the_last_question() -> None:
    assert rewritten("and in 2023?", POPULATION) == "What was the population of Lyon in 2023?"


def test_a_followup_is_given_the_names_of_the_last_answer() -> None:
    text = rewritten("When did he die?", DESIGNER)
    assert text.startswith("When did he die?")
    assert "Maurice Koechlin" in text


def test_named_entities_of_the_answer_go_before_guessed_ones() -> None:
    turn = Turn(DESIGNER.question, DESIGNER.answer, ("Koechlin, M.",))
    assert "Koechlin, M." in rewritten("When did he die?", turn)


def test_a_bare_followup_is_given_the_last_question() -> None:
    text = rewritten("What about Marseille?", POPULATION)
    assert "Marseille" in text
    assert "population" in text


def test_the_question_that_stands_alone_judges_and_the_typed_one_is_kept() -> None:
    found = RewriteFollowup().apply("and in 2023?", Context(turns=(POPULATION,)))
    assert judging_text(found) == "What was the population of Lyon in 2023?"
    assert [one.text for one in texts_for("retrieve", found)] == [judging_text(found)]
    assert found[-1].text == "and in 2023?"


def test_without_a_conversation_nothing_is_rewritten() -> None:
    assert rewritten("and in 2023?") == "and in 2023?"


def test_a_model_is_shown_the_conversation_and_may_rewrite() -> None:
    asked: list[str] = []

    def model(prompt: str) -> str:
        asked.append(prompt)
        return "When did Maurice Koechlin die?\n(I looked at the conversation.)"

    found = RewriteFollowup(generate=model).apply("When did he die?", Context(turns=(DESIGNER,)))
    assert (found[0].text, found[0].origin) == (
        "When did Maurice Koechlin die?",
        "rewrite_followup:model",
    )
    assert "Maurice Koechlin" in asked[0]
