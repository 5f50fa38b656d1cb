"""Splitting a question of several parts."""

import threading
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from search.generators.terms import stem
from search.transforms.base import judging_text, texts_for
from search.transforms.comparisons import LONGEST
from search.transforms.decompose import MOST, Decompose, sub_questions
from search.transforms.normalise import understand
from search.transforms.router import route

WORDS = (
    *("which", "of", "and", "or", "a", "A", ",", "between", "difference", "than", "is", "both"),
    *("compare", "in", "how", "do", "differ", "vs", "what", "longer", "before", "?", ";", '"', "-"),
    *("10.1", "the", "that", "born", "May", "5", "min", "12:30", "x1"),
)

SEVERAL = {
    "What is the difference between a herring gull and a common gull?": 2,
    "What is the difference in melting point between iron and copper?": 2,
    "What are the similarities between lichens and mosses?": 2,
    "Compare word search and dense retrieval": 2,
    "Compare the boiling points of water and ethanol.": 2,
    "TCP vs UDP": 2,
    "Oak versus beech for ship building": 2,
    "How does a crocodile differ from an alligator?": 2,
    "How do lichens and mosses differ?": 2,
    "How do granite and basalt compare in terms of density?": 2,
    "Which is heavier, an elephant or a rhinoceros?": 2,
    "Which river is longer, the Rhine or the Danube?": 2,
    "Who was born first, Ada Lovelace or Charles Babbage?": 2,
    "Is copper a better conductor than iron?": 2,
    "Is the Rhine longer than the Elbe?": 2,
    "Was the Eiffel Tower built before the Brooklyn Bridge?": 2,
    "Did Newton die before Euler?": 2,
    "Are both Lyon and Marseille located in France?": 2,
    "Which of iron, copper and zinc has the highest melting point?": 3,
    "What are the melting points of iron, copper and zinc?": 3,
    "Who painted the ceiling and when was it finished?": 2,
    "Who painted the ceiling of the Sistine Chapel and when?": 2,
    "Where was the lighthouse built, and how tall is it?": 2,
    "When did the war begin and when did it end?": 2,
    "What is the capital of France and of Germany?": 2,
    "What are the capitals of Chile and Peru respectively?": 2,
    "Who wrote the report? When was it published?": 2,
    "How many copies were printed, what did they cost, and who bought them?": 3,
    "What is a gull and how does it differ from a tern?": 2,
    "Wer baute den Turm und wann wurde er eröffnet?": 2,
    "Qui a peint le plafond et quand a-t-il été terminé ?": 2,
}
SINGLE = (
    "Who wrote War and Peace?",
    "What is the role of black and white photography in journalism?",
    "What are the symptoms of measles?",
    "How do bees find their way home?",
    "When was the Treaty of Versailles signed?",
    "What happened between 1914 and 1918?",
    "Who founded Johnson and Johnson?",
    "What causes thunder and lightning?",
    "Which similarity laws must models of heated high speed aircraft obey?",
    "Does smoking cause lung cancer and heart disease?",
    "Where is the office of Smith, Jones and Partners?",
    "Vaccines, including those for children, do not cause autism.",
    "What is the distance between the Earth and the Moon?",
    "What is supply and demand?",
    "How does research and development affect growth?",
    "Which countries border Austria?",
    "Who is the author of the book that won the prize in 1994?",
    "Is more research needed?",
    'What is meant by "divide and conquer"?',
    "compressor blade flutter",
    "Why is Venus hotter than expected?",
    "Does it take longer than a week?",
    "Is the boiling point of water higher than 90 degrees?",
    "What is the relation between pressure and temperature?",
    "What do owls eat in winter, when mice are rare?",
    "How did the relationship between France and Britain change?",
    "Was sind die Ursachen von Ebbe und Flut?",
    "What, if anything, is known about the origin of language?",
    "Can wind and solar power replace coal?",
    "Is vaccination needed before travel?",
)


@pytest.mark.parametrize(("question", "count"), SEVERAL.items())
def test_a_question_of_several_parts_is_split(question: str, count: int) -> None:
    assert len(sub_questions(question)) == count, sub_questions(question)


@pytest.mark.parametrize("question", SINGLE)
def test_a_single_question_is_left_alone(question: str) -> None:
    assert Decompose().apply(question)[0].text == question
    assert len(Decompose().apply(question)) == 1, sub_questions(question)


def test_each_part_says_of_what_it_asks() -> None:
    found = sub_questions("What is the difference in melting point between iron and copper?")
    assert found == ("melting point of iron", "melting point of copper")
    assert "ceiling" in sub_questions("Who painted the ceiling and when?")[1]


def test_the_whole_question_alone_judges_and_the_parts_find() -> None:
    found = Decompose().apply("Is copper a better conductor than iron?")
    assert judging_text(found) == "Is copper a better conductor than iron?"
    assert len(texts_for("rerank", found)) == len(texts_for("answer", found)) == 1
    assert len(texts_for("retrieve", found)) == 3


@pytest.mark.parametrize(
    "text",
    ["what of " + "a, " * 650, "which of " + "a, " * 90, "which of " + "a and " * 48, "is a " * 60],
)
def test_no_text_keeps_the_rules_busy(text: str) -> None:
    start = time.process_time()
    sub_questions(text)
    assert time.process_time() - start < 1.0


@settings(deadline=None)
@given(st.lists(st.sampled_from(WORDS), max_size=70), st.sampled_from(WORDS), st.integers(1, 70))
def test_no_heap_of_the_rules_own_words_keeps_them_busy(
    words: list[str], again: str, count: int
) -> None:
    text = " ".join([*words, *[again] * count])
    start = time.process_time()
    sub_questions(text[:LONGEST])
    understand(text)
    route(text)
    assert time.process_time() - start < 1.0


def test_there_are_five_parts_at_most() -> None:
    question = "What are the densities of iron, copper, zinc, lead, tin, gold and silver?"
    assert len(Decompose().apply(question)) == 1 + MOST


def test_a_model_may_write_the_parts() -> None:
    asked: list[str] = []

    def model(prompt: str) -> str:
        asked.append(prompt)
        return "1. How well does copper conduct?\n2. How well does iron conduct?\n\n---"

    found = Decompose(generate=model).apply("Is copper a better conductor than iron?")
    assert [one.text for one in found[1:]] == [
        "How well does copper conduct?",
        "How well does iron conduct?",
    ]
    assert {one.origin for one in found[1:]} == {"decompose:model"}
    assert "Is copper a better conductor than iron?" in asked[0]


def test_a_model_may_say_that_it_is_one_question() -> None:
    found = Decompose(generate=lambda _: " Single. ").apply("TCP vs UDP")
    assert [one.origin for one in found] == ["asked"]


def test_a_late_model_is_not_waited_for() -> None:
    never = threading.Event()
    model = Decompose(generate=lambda _: str(never.wait(30)), deadline_ms=20)
    found = model.apply("TCP vs UDP")
    never.set()
    assert [one.origin for one in found[1:]] == ["decompose:rules"] * 2


def test_a_failing_or_silent_model_leaves_the_rules() -> None:
    def failing(prompt: str) -> str:
        raise RuntimeError("out of memory")

    for model in (failing, lambda _: " \n"):
        found = Decompose(generate=model).apply("TCP vs UDP")
        assert [one.origin for one in found[1:]] == ["decompose:rules"] * 2


def test_parts_find_the_facts_that_the_whole_question_does_not() -> None:
    """A library in which passages on both metals at once crowd out those on each alone."""
    metals = [f"metal{letter}" for letter in "abcdefghij"]
    facts = [f"{metal} melting point tabled" for metal in metals]
    crowd = [
        f"{one} {other} difference point" for one in metals for other in metals if one != other
    ]
    library = [*facts, *crowd]
    whole = parts = 0
    for one, other in zip(metals[::2], metals[1::2], strict=True):
        question = f"What is the difference in melting point between {one} and {other}?"
        needed = {f"{metal} melting point tabled" for metal in (one, other)}
        whole += needed <= set(_found([question], library, 2))
        parts += needed <= set(_found(sub_questions(question), library, 2))
    assert (whole, parts) == (0, 5)


def _found(texts: list[str] | tuple[str, ...], library: list[str], k: int) -> list[str]:
    """The k passages with the best overlap with any of the texts."""

    def overlap(text: str, passage: str) -> int:
        return len({stem(w.strip("?,.")) for w in text.split()} & set(map(stem, passage.split())))

    best = {passage: max(overlap(text, passage) for text in texts) for passage in library}
    return sorted(library, key=lambda passage: (-best[passage], "tabled" in passage))[:k]
