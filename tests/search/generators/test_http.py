"""A language model behind HTTP: whatever the server does, an answer or one clean error, in time."""

import math
import time

import pytest

from search.errors import ConfigurationError
from search.generators.http import HttpLanguageModel
from search.generators.language_model import (
    Ability,
    LanguageModelError,
    Message,
    Prompt,
    Sampling,
)
from search.rerankers.rankgpt import RankGpt
from tests.search.generators.servers import serving, took
from tests.search.rerankers.shelf import HERON, ids, shelf

PROMPT = Prompt("permutation", (Message("system", "Rank."), Message("user", "Passages …")))


def model(url: str, **options: object) -> HttpLanguageModel:
    given = {"model": "tiny", "timeout_s": 0.6, "pause_s": 0.01} | options
    return HttpLanguageModel(url, **given)  # type: ignore[arg-type]


def test_an_answer_comes_back_with_its_cost() -> None:
    with serving("fine") as server:
        answer = model(server.url, api_key="secret").generate(PROMPT, Sampling(max_tokens=7))
    assert (answer.text, answer.prompt_tokens, answer.completion_tokens) == ("[2] > [1]", 12, 3)
    asked = server.bodies[0]
    assert asked["model"] == "tiny"
    assert (asked["max_tokens"], asked["stream"]) == (7, False)
    assert [turn["role"] for turn in asked["messages"]] == ["system", "user"]
    assert server.headers[0]["path"] == "/v1/chat/completions"
    assert server.headers[0]["Authorization"] == "Bearer secret"


def test_the_wish_for_a_form_and_an_opening_are_sent() -> None:
    with serving("fine") as server:
        wish = Sampling(schema={"type": "object"}, stop=("</answer>",), seed=3)
        model(server.url).generate(Prompt("p", PROMPT.messages, opening="["), wish)
    asked = server.bodies[0]
    assert asked["response_format"]["json_schema"]["schema"] == {"type": "object"}
    assert (asked["stop"], asked["seed"]) == (["</answer>"], 3)
    assert asked["messages"][-1] == {"role": "assistant", "content": "["}


@pytest.mark.parametrize("mode", ["busy", "broken", "closed", "cut"])
def test_a_server_that_is_away_for_a_moment_is_asked_again(mode: str) -> None:
    with serving(mode, "fine") as server:
        assert model(server.url).generate(PROMPT).text == "[2] > [1]"
    assert len(server.bodies) == 2


@pytest.mark.parametrize(
    ("mode", "says", "asked"),
    [
        ("busy", "status 429", 3),
        ("broken", "status 500", 3),
        ("closed", "could not be reached", 3),
        ("cut", "could not be reached", 3),
        ("refused", "status 404", 1),
        ("redirect", "status 302", 1),
        ("no_json", "not JSON", 1),
        ("deep", "not JSON", 1),
        ("number", "no choice", 1),
        ("no_choice", "no choice", 1),
        ("no_text", "no text", 1),
        ("long_line", "sent more than", 1),
        ("endless", "sent more than", 1),
        ("trickle", "in time", 1),
        ("headers_that_trickle", "in time", 1),
        ("silence", "in time", 1),
    ],
)
def test_what_a_server_does_wrong_becomes_one_clean_error(mode: str, says: str, asked: int) -> None:
    started = time.monotonic()
    with serving(mode) as server:
        with pytest.raises(LanguageModelError, match=says):
            model(server.url).generate(PROMPT)
        assert took(started) < 2
    assert len(server.bodies) == asked


def test_a_server_that_is_not_there_is_a_clean_error() -> None:
    with serving("fine") as server:
        url = server.url
    with pytest.raises(LanguageModelError, match="could not be reached"):
        model(url).generate(PROMPT)


def test_the_caller_may_allow_less_time() -> None:
    started = time.monotonic()
    with serving("silence") as server, pytest.raises(LanguageModelError, match="in time"):
        model(server.url, timeout_s=5.0).generate(PROMPT, Sampling(timeout_s=0.2))
    assert took(started) < 2


def test_probabilities_of_tokens_are_told_where_the_server_tells_them() -> None:
    with serving("fine", logprobs=True) as server:
        written = model(server.url, top_logprobs=20).generate(PROMPT).written
    assert [token.text for token in written] == ["[2]"]
    assert written[0].probability == pytest.approx(math.exp(-0.5))


def test_logits_are_an_ability_only_of_servers_that_list_twenty() -> None:
    assert Ability.LOGITS not in model("http://localhost/v1", top_logprobs=5).abilities
    assert Ability.LOGITS in model("http://localhost/v1", top_logprobs=20).abilities
    with pytest.raises(ConfigurationError, match="next token"):
        model("http://localhost/v1").next_token_logits([PROMPT], ["A"])


def test_an_answer_that_is_not_listed_is_less_likely_than_those_that_are() -> None:
    with serving("fine", logprobs=True) as server:
        logits = model(server.url, top_logprobs=20).next_token_logits([PROMPT] * 2, list("ABD"))
    assert logits.tolist() == [[-2.0, -1.0, -4.0]] * 2
    assert server.bodies[0]["top_logprobs"] == 20


def test_a_server_that_forgets_the_probabilities_is_a_clean_error() -> None:
    with serving("fine") as server, pytest.raises(LanguageModelError, match="probabilities"):
        model(server.url, top_logprobs=20).next_token_logits([PROMPT], ["A"])


@pytest.mark.parametrize("url", ["", "ftp://host/v1", "localhost:8000", "http://", "http://h:x/"])
def test_an_address_that_names_no_server_is_refused(url: str) -> None:
    with pytest.raises(ConfigurationError):
        model(url)
    assert not HttpLanguageModel.presence(url=url, model="tiny").present


def test_presence_asks_no_server() -> None:
    assert HttpLanguageModel.presence(url="http://127.0.0.1:1/v1", model="tiny").present


@pytest.mark.parametrize("mode", ["broken", "silence", "no_json", "closed"])
def test_a_reranker_over_a_broken_server_keeps_the_first_stage(mode: str) -> None:
    with serving(mode) as server:
        ranked = RankGpt(model(server.url, retries=0)).rerank(HERON, shelf(40))
    assert ids(ranked.candidates) == ids(shelf(40))
    assert "failed" in ranked.report.notes[0]


def test_a_reranker_over_a_server_follows_it() -> None:
    with serving("fine") as server:
        ranked = RankGpt(model(server.url), weight=1.0).rerank(HERON, shelf(2))
    assert ids(ranked.candidates) == [2, 1]
    assert ranked.report.tokens == 15
