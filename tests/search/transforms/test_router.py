"""The class of a question."""

import pytest

from search.transforms.router import route

LABELLED = {
    "lexical": (
        "10.1145/582415.582418",
        "datasheet of the SN74LS00N",
        "what does RFC2616 say about caching?",
        '"cranial nerve" lesions',
        "gulls -herring",
        "error 0x80070057",
        "arXiv:2101.00001",
        "heron",
        "delta wings",
    ),
    "semantic": (
        "What is the capital of Bolivia?",
        "Who invented the lightning conductor?",
        "Where do swifts spend the winter?",
        "how many eggs does a heron lay",
        "boundary layer control on slender wings",
        "treatment of chronic kidney disease in children",
        "What is a transverse wave?",
        "Which countries border Austria?",
        "Wer baute den Leuchtturm?",
    ),
    "reasoning": (
        "Why is the sky blue?",
        "How do bees find their way home?",
        "How does a heat pump work in winter?",
        "What would happen if the moon disappeared?",
        "Explain the paradox of thrift",
        "What are the main causes of soil erosion?",
        "Should I use a mutex or a semaphore here",
        "Warum fliegen Zugvögel in Keilform?",
        "what if the pressure drops too fast",
    ),
    "multihop": (
        "What is the difference between a weir and a dam?",
        "Who painted the ceiling and when was it finished?",
        "Is copper a better conductor than iron?",
        "Which of iron, copper and zinc melts first?",
        "Which river is longer, the Rhine or the Danube?",
        "Who directed the sequel of the film that won the prize?",
        "Where was the founder of the company which built the bridge born?",
        "TCP vs UDP",
        "How did the firm behind the tower differ from its rival?",
    ),
    "visual": (
        "photos of herons in flight",
        "show me the diagram of the pump",
        "What does a lynx look like?",
        "the slide with the three circles",
        "What colour is the door of the chapel?",
        "a man who is wearing a red hat",
        "frames where the car turns left",
        "a chart showing rainfall by month",
    ),
    "temporal": (
        "When was the treaty signed?",
        "What year did the bridge open?",
        "what is said at 12:34",
        "How long ago did mammoths die out?",
        "What happened in Lyon during the 1980s?",
        "the most recent report on ice",
        "Since when has the museum been closed?",
        "Wann wurde der Turm gebaut?",
    ),
    "claim": (
        "Smoking causes lung cancer.",
        "Vitamin D reduces the risk of fractures in old age",
        "0-dimensional biomaterials show no inductive properties and lack activity is known",
        "The lighthouse was the tallest of its time.",
        "Bees can count to four",
        "Aspirin inhibits the production of prostaglandins",
        "Edison invented the light bulb",
        "Polar bears have black skin",
    ),
}
PAIRS = [(question, kind) for kind, questions in LABELLED.items() for question in questions]
WANTED = 0.9


def test_most_questions_are_told_apart() -> None:
    wrong = [
        f"{question!r}: {route(question).kind}, not {kind}"
        for question, kind in PAIRS
        if route(question).kind != kind
    ]
    accuracy = 1 - len(wrong) / len(PAIRS)
    assert len(PAIRS) >= 50
    told = f"accuracy {accuracy:.3f} of {len(PAIRS)}\n" + "\n".join(wrong)
    assert accuracy >= WANTED, told


@pytest.mark.parametrize("question", ["SN74LS00N pinout", 'who said "I have a dream"'])
def test_identifiers_and_quotes_shift_weight_toward_words(question: str) -> None:
    weights = route(question).weights({"bm25": 1.0, "dense": 1.0})
    assert weights["bm25"] > 1 > weights["dense"]
    assert sum(weights.values()) == pytest.approx(2)


def test_a_long_natural_question_shifts_weight_toward_meaning() -> None:
    question = "Which treatment helps elderly patients with severe chronic kidney disease at home?"
    weights = route(question).weights({"bm25": 1.0, "sparse": 0.5, "dense": 1.0})
    assert weights["dense"] > 1 > weights["bm25"]
    assert weights["sparse"] == pytest.approx(weights["bm25"] / 2)


def test_a_short_question_leaves_the_weights_alone() -> None:
    assert route("Who built it?").weights({"bm25": 1.0, "dense": 0.7}) == {
        "bm25": 1.0,
        "dense": 0.7,
    }


def test_a_route_says_why() -> None:
    assert route("what does RFC2616 say?").reason == "It names RFC2616."
