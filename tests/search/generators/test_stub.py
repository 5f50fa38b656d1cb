"""The stand-in answers the same every time, and breaks as often as it is told."""

import pytest

from search.errors import ConfigurationError
from search.generators.language_model import (
    Ability,
    Message,
    NoLanguageModel,
    Prompt,
    Sampling,
    require,
)
from search.generators.stub import MALFORMED, StubLanguageModel
from search.rerankers.parsing import parse_integer, parse_order, parse_scores
from search.rerankers.readout import FencedText, numbers
from search.rerankers.readouts.asking import Prompting
from tests.search.rerankers.shelf import HERON, shelf

LABELS = numbers(7)


def filled(name: str) -> Prompt:
    return Prompting(name, view=FencedText()).prompt(HERON, shelf())


def test_it_answers_each_prompt_in_its_form() -> None:
    stub = StubLanguageModel()
    assert parse_order(stub.generate(filled("permutation")).text, LABELS).order[0] == 4
    assert parse_scores(stub.generate(filled("json_scores")).text, LABELS).parse_rate == 1
    assert parse_order(stub.generate(filled("best_id")).text, LABELS).order == (4,)
    assert parse_integer(stub.generate(filled("graded_prob")).text) is not None


def test_a_script_answers_by_the_name_of_the_prompt() -> None:
    stub = StubLanguageModel(script={"permutation": "[1]"})
    assert stub.generate(filled("permutation")).text == "[1]"


def test_the_share_of_malformed_answers_is_as_told_and_repeats() -> None:
    prompts = [Prompt("json_scores", (Message("user", str(n)),)) for n in range(400)]
    stub = StubLanguageModel(malformed_rate=0.2, seed=1)
    answers = [stub.generate(prompt).text for prompt in prompts]
    assert sum(answer in MALFORMED for answer in answers) == pytest.approx(80, abs=30)
    assert answers == [stub.generate(prompt).text for prompt in prompts]
    other = StubLanguageModel(malformed_rate=0.2, seed=2)
    assert answers != [other.generate(prompt).text for prompt in prompts]


@pytest.mark.parametrize("text", MALFORMED)
def test_nothing_can_be_read_from_a_malformed_answer(text: str) -> None:
    assert parse_order(text, LABELS).order == ()
    assert parse_scores(text, LABELS).scores == {}
    assert parse_integer(text) is None


def test_it_has_only_the_abilities_it_is_given() -> None:
    stub = StubLanguageModel(abilities=["embed"])
    assert stub.embed("heron").shape == (64,)
    with pytest.raises(ConfigurationError, match="write"):
        stub.generate(filled("permutation"), Sampling())
    with pytest.raises(ConfigurationError, match="attention"):
        stub.query_attention([], "", [])


def test_no_model_has_no_ability() -> None:
    with pytest.raises(ConfigurationError, match=r"can write and embed a text; 'none' cannot"):
        require(NoLanguageModel(), Ability.GENERATE, Ability.EMBED, by="erank")


def test_a_rate_beyond_one_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="malformed_rate is 2"):
        StubLanguageModel(malformed_rate=2)
