"""A causal language model in this process, by transformers: all four abilities."""

import threading
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from search.errors import ConfigurationError, ModelMissingError
from search.generators.checkpoints import Presence, find_weights, weights_presence
from search.generators.language_model import (
    PLAIN,
    Ability,
    Attention,
    Completion,
    LanguageModel,
    LanguageModelError,
    Logits,
    Prompt,
    Sampling,
)


class TransformersLanguageModel(LanguageModel):
    """A folder or hub model of ``AutoModelForCausalLM``: safetensors only, no code of its own.

    ``checkpoint``: loaded with ``device`` and ``dtype`` as torch names them. ``max_tokens``: a
    longer prompt is refused, not cut, since its question stands last. Words of a user that look
    like special tokens are broken up. One call at a time; others wait.
    """

    abilities = frozenset(Ability)

    def __init__(
        self,
        checkpoint: str,
        *,
        device: str = "cpu",
        dtype: str = "float32",
        batch_size: int = 8,
        max_tokens: int = 32_768,
        rows_at_once: int = 16,
        offline: bool = False,
    ) -> None:
        folder = find_weights(checkpoint, offline=offline)
        try:
            from search.generators.causal import CausalModel  # torch: not in the web process
        except ImportError as error:
            raise ModelMissingError(
                f"{checkpoint!r} needs torch and transformers: {error}."
            ) from error
        self.name = folder.name
        self._model = CausalModel(
            folder,
            device=device,
            dtype=dtype,
            batch_size=batch_size,
            max_tokens=max_tokens,
            rows_at_once=rows_at_once,
        )
        self._one_at_a_time = threading.Lock()

    @classmethod
    def presence(cls, **options: object) -> Presence:
        return weights_presence(options.get("checkpoint"))

    @classmethod
    def tiny(cls) -> "TransformersLanguageModel":
        """A random Llama of two layers that reads bytes, saved to a folder and loaded from it."""
        from search.generators.miniature import saved_llama

        with saved_llama() as folder:
            return cls(str(folder))

    def generate(self, prompt: Prompt, sampling: Sampling = PLAIN) -> Completion:
        with self._one_at_a_time:
            return self._model.generate(prompt, sampling)

    def next_token_logits(self, prompts: Sequence[Prompt], answers: Sequence[str]) -> Logits:
        ids = [self._model.single_token(answer) for answer in answers]
        for answer, token in zip(answers, ids, strict=True):
            if token is None:
                raise ConfigurationError(f"{answer!r} is not one token of {self.name}.")
        with self._one_at_a_time:
            return self._model.next_token_logits(prompts, [i for i in ids if i is not None])

    def query_attention(
        self, documents: Sequence[str], task: str, queries: Sequence[str]
    ) -> list[Attention]:
        with self._one_at_a_time:
            return self._model.query_attention(documents, task, queries, reuse_prefix=True)

    def query_attention_uncached(
        self, documents: Sequence[str], task: str, queries: Sequence[str]
    ) -> list[Attention]:
        """As ``query_attention``, every query reading all documents anew: slow, for comparison."""
        with self._one_at_a_time:
            return self._model.query_attention(documents, task, queries, reuse_prefix=False)

    def embed(self, text: str) -> NDArray[np.float32]:
        with self._one_at_a_time:
            row = self._model.embed(text)
        length = float(np.linalg.norm(row))
        if not np.isfinite(length) or length < 1e-12:
            raise LanguageModelError(f"{self.name} gave no usable vector.")
        return (row / length).astype(np.float32)

    def are_single_tokens(self, answers: Sequence[str]) -> bool:
        ids = [self._model.single_token(answer) for answer in answers]
        return None not in ids and len(set(ids)) == len(ids) > 0

    def tokens_of(self, prompt: Prompt) -> list[int]:
        """The token ids that the model reads for this prompt."""
        return self._model.tokens_of(prompt)

    @property
    def special_tokens(self) -> frozenset[int]:
        """The ids that no word of a user may become."""
        return self._model.specials
