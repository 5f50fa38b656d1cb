"""What all readouts that ask a language model share."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

from search.generators.language_model import (
    Ability,
    Completion,
    LanguageModel,
    Prompt,
    Sampling,
    require,
)
from search.rerankers.prompting import PromptFile, cut, harmless, prompt_file
from search.rerankers.readout import FencedText, Group, Reading, Readout, View, numbers
from search.types import Query

HINT_NOTE = "The scores in parentheses come from the search. They are a hint, not the answer.\n"
QUERY_WORDS = 400

Labels = Callable[[int], list[str]]


class Prompting:
    """Fills a template with a group of candidates."""

    def __init__(self, template: str, *, view: View[str], labels: Labels = numbers) -> None:
        self.file: PromptFile = prompt_file(template)
        self._view, self.labels = view, labels
        self._hinted = isinstance(view, FencedText) and bool(view.show_scores)

    def prompt(self, query: Query, group: Group, *, labelled: bool = True) -> Prompt:
        """The prompt for one group; the question is the user's own, never an expansion of it."""
        labels = self.labels(len(group))
        passages = self._view.of(group, labels if labelled else [""] * len(group))
        return self.file.filled(
            passages="\n\n".join(passages),
            query=question(query),
            count=str(len(group)),
            scores_note=HINT_NOTE if self._hinted else "",
            example_one=labels[min(1, len(labels) - 1)],
            example_two=labels[0],
        )


class Written(Readout):
    """A readout that lets a model write, one answer a group; groups at once where it can."""

    template = ""

    def __init__(
        self, generator: LanguageModel | None, *, by: str, view: View[str], sampling: Sampling
    ) -> None:
        self._model = require(generator, Ability.GENERATE, by=by)
        self._prompting = Prompting(self.template, view=view)
        self._sampling = sampling
        self.batch = max(1, self._model.parallel_calls)
        self.fingerprint = self._prompting.file.fingerprint

    def read(
        self, query: Query, groups: Sequence[Group], *, left_s: float | None = None, seed: int = 0
    ) -> list[Reading]:
        sampling = timed(self._sampling, left_s, seed)
        prompts = [self._prompting.prompt(query, group) for group in groups]
        answers = side_by_side(self._model, prompts, sampling)
        return [self._reading(one, len(group)) for one, group in zip(answers, groups, strict=True)]

    def _reading(self, answer: Completion, count: int) -> Reading:
        """What the answer says of ``count`` candidates."""
        raise NotImplementedError


def question(query: Query) -> str:
    """The user's question as it stands in a prompt."""
    return cut(harmless(query.text), words=QUERY_WORDS)


def timed(sampling: Sampling, left_s: float | None, seed: int) -> Sampling:
    """The sampling with the time that is left and another seed."""
    return Sampling(
        max_tokens=sampling.max_tokens,
        temperature=sampling.temperature,
        top_p=sampling.top_p,
        stop=sampling.stop,
        seed=sampling.seed + seed,
        schema=sampling.schema,
        timeout_s=left_s,
    )


def side_by_side(
    model: LanguageModel, prompts: Sequence[Prompt], sampling: Sampling
) -> list[Completion]:
    """One answer a prompt, in their order; at once as far as the model allows."""
    if model.parallel_calls <= 1 or len(prompts) == 1:
        return [model.generate(prompt, sampling) for prompt in prompts]
    with ThreadPoolExecutor(min(model.parallel_calls, len(prompts))) as pool:
        return list(pool.map(lambda prompt: model.generate(prompt, sampling), prompts))


def spent(answer: Completion) -> int:
    """Tokens read and written."""
    return answer.prompt_tokens + answer.completion_tokens
