"""A language model behind an OpenAI-compatible server; whatever that does, one clean error."""

import json
import math
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar

import numpy as np

from search.errors import ConfigurationError
from search.generators.checkpoints import Presence
from search.generators.language_model import (
    PLAIN,
    Ability,
    Completion,
    LanguageModel,
    LanguageModelError,
    Logits,
    Prompt,
    Sampling,
    Written,
)
from search.generators.posting import Posted, Refusal, post, server_of

ENOUGH_LOGPROBS = 20  # fewer cannot rank a window of 20
RETRY_STATUSES = frozenset({408, 409, 425, 429, 500, 502, 503, 504})


class HttpLanguageModel(LanguageModel):
    """Chat completions over HTTP. ``url`` ends before ``/chat/completions``.

    Writes always; tells next-token logits only when ``top_logprobs`` >= 20 says that the server
    serves that many. A call is tried ``retries`` more times, with growing pauses, when the server
    is busy or away; ``timeout_s`` bounds one call with all its tries.
    """

    light: ClassVar[bool] = True  # the model is elsewhere

    def __init__(
        self,
        url: str,
        *,
        model: str,
        api_key: str = "",
        timeout_s: float = 30.0,
        retries: int = 2,
        pause_s: float = 0.5,
        max_bytes: int = 1_000_000,
        top_logprobs: int = 0,
        parallel_calls: int = 8,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        if not model:
            raise ConfigurationError(f"The language model at {url} needs a model name.")
        self._server = server_of(url)
        self.name, self.parallel_calls = model, parallel_calls
        self.abilities = self.abilities_with(top_logprobs=top_logprobs)
        self._headers = {"Authorization": f"Bearer {api_key}"} if api_key else {}
        self._timeout_s, self._retries, self._pause_s = timeout_s, retries, pause_s
        self._max_bytes, self._top_logprobs, self._sleep = max_bytes, top_logprobs, sleep

    @classmethod
    def abilities_with(cls, **options: object) -> frozenset[Ability]:
        served = options.get("top_logprobs")
        told = {Ability.LOGITS} if isinstance(served, int) and served >= ENOUGH_LOGPROBS else set()
        return frozenset({Ability.GENERATE} | told)

    @classmethod
    def presence(cls, **options: object) -> Presence:
        """Whether the options can name a server; it is not called."""
        try:
            server_of(str(options.get("url", "")))
        except ConfigurationError as error:
            return Presence(False, str(error), "Write the address of the server.")
        return Presence(True, f"{options.get('model')} at {options['url']}")

    def generate(self, prompt: Prompt, sampling: Sampling = PLAIN) -> Completion:
        body = self._body(prompt) | {
            "max_tokens": sampling.max_tokens,
            "temperature": sampling.temperature,
            "top_p": sampling.top_p,
            "seed": sampling.seed,
        }
        if sampling.stop:
            body["stop"] = list(sampling.stop)
        if sampling.schema is not None:
            schema = {"name": prompt.name or "answer", "schema": dict(sampling.schema)}
            body["response_format"] = {"type": "json_schema", "json_schema": schema}
        if self._top_logprobs:
            body["logprobs"] = True
        answer = self._ask(body, sampling.timeout_s)
        choice, usage = _choice(answer), _mapping(answer.get("usage"))
        return Completion(
            _content(choice),
            _count(usage.get("prompt_tokens")),
            _count(usage.get("completion_tokens")),
            tuple(_written(choice)),
        )

    def next_token_logits(self, prompts: Sequence[Prompt], answers: Sequence[str]) -> Logits:
        """Log-probabilities; an answer that the server does not list gets less than the least."""
        if Ability.LOGITS not in self.abilities:
            raise self._missing(Ability.LOGITS)
        rows = [self._listed(prompt, answers) for prompt in prompts]
        return np.array(rows, dtype=np.float64).reshape(len(prompts), len(answers))

    def _listed(self, prompt: Prompt, answers: Sequence[str]) -> list[float]:
        body = self._body(prompt) | {
            "max_tokens": 1,
            "temperature": 0.0,
            "logprobs": True,
            "top_logprobs": self._top_logprobs,
        }
        tokens = _tokens(_choice(self._ask(body, None)))
        listed = _mapping(tokens[0]).get("top_logprobs") if tokens else None
        found: dict[str, float] = {}
        for entry in listed if isinstance(listed, list) else []:
            value = _mapping(entry).get("logprob")
            if isinstance(value, int | float) and math.isfinite(value):
                found.setdefault(str(_mapping(entry).get("token")).strip(), float(value))
        if not found:
            raise LanguageModelError(
                f"{self.name} did not tell the probabilities it was asked for."
            )
        least = min(found.values()) - 1.0
        return [found.get(answer, least) for answer in answers]

    def _body(self, prompt: Prompt) -> dict[str, Any]:
        messages = [{"role": one.role, "content": one.text} for one in prompt.messages]
        if prompt.opening:
            messages.append({"role": "assistant", "content": prompt.opening})
        return {"model": self.name, "messages": messages, "stream": False}

    def _ask(self, body: Mapping[str, Any], timeout_s: float | None) -> Mapping[str, Any]:
        content = json.dumps(body).encode()
        allowed = self._timeout_s if timeout_s is None else min(timeout_s, self._timeout_s)
        ends = time.monotonic() + allowed
        for attempt in range(self._retries + 1):
            sent = post(self._server, content, self._headers, ends=ends, max_bytes=self._max_bytes)
            pause = self._pause_s * 2**attempt
            if not _worth_retrying(sent):
                return self._read(sent)
            if isinstance(sent, Posted):
                pause = max(pause, sent.retry_after_s)
            if attempt == self._retries or time.monotonic() + pause >= ends:
                break
            self._sleep(pause)
        return self._read(sent)

    def _read(self, sent: Posted | Refusal) -> Mapping[str, Any]:
        if isinstance(sent, Refusal):
            raise LanguageModelError(f"The language model {self.name} {sent.reason}.")
        if sent.status != 200:
            raise LanguageModelError(
                f"The language model {self.name} answered with status {sent.status}."
            )
        try:
            answer = json.loads(sent.content)
        except (ValueError, RecursionError) as error:
            raise LanguageModelError(
                f"The language model {self.name} answered with something that is not JSON."
            ) from error
        return _mapping(answer)


def _worth_retrying(sent: Posted | Refusal) -> bool:
    return sent.passing if isinstance(sent, Refusal) else sent.status in RETRY_STATUSES


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _choice(answer: Mapping[str, Any]) -> Mapping[str, Any]:
    choices = answer.get("choices")
    if not isinstance(choices, list) or not choices or not isinstance(choices[0], Mapping):
        raise LanguageModelError("The language model's answer holds no choice.")
    return choices[0]


def _content(choice: Mapping[str, Any]) -> str:
    content = _mapping(choice.get("message")).get("content")
    if isinstance(content, list):  # parts
        content = "".join(str(_mapping(part).get("text", "")) for part in content)
    if not isinstance(content, str):
        raise LanguageModelError("The language model's answer holds no text.")
    return content


def _tokens(choice: Mapping[str, Any]) -> list[Any]:
    tokens = _mapping(choice.get("logprobs")).get("content")
    return tokens if isinstance(tokens, list) else []


def _written(choice: Mapping[str, Any]) -> list[Written]:
    written = []
    for token in _tokens(choice):
        text, value = _mapping(token).get("token"), _mapping(token).get("logprob")
        if not isinstance(text, str) or not isinstance(value, int | float):
            return []
        written.append(Written(text, math.exp(min(value, 0.0))))
    return written


def _count(value: Any) -> int:
    return value if isinstance(value, int) and value >= 0 else 0
