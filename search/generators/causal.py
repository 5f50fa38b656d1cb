"""The weights behind ``transformers_local``: token ids in, text, logits, attention, vectors out."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, cast

import numpy as np
import torch
from numpy.typing import NDArray
from transformers import AutoModelForCausalLM, AutoTokenizer
from transformers.cache_utils import DynamicCache

from search.generators.attention_rows import NAME, Watch, watching
from search.generators.language_model import (
    Attention,
    Completion,
    LanguageModelError,
    Logits,
    Prompt,
    Sampling,
    Written,
)
from search.generators.memory import precision, rows_in_batches

_HERE = "\u241f"  # where the user's words stand in a rendered chat template


class CausalModel:
    """One causal model with its tokenizer. Not safe for two threads at once."""

    def __init__(
        self,
        folder: Path,
        *,
        device: str,
        dtype: str,
        batch_size: int,
        max_tokens: int,
        rows_at_once: int,
    ) -> None:
        self._tokenizer: Any = AutoTokenizer.from_pretrained(
            folder, local_files_only=True, trust_remote_code=False
        )
        model = AutoModelForCausalLM.from_pretrained(
            folder,
            local_files_only=True,
            trust_remote_code=False,
            use_safetensors=True,
            dtype=precision(dtype),
            attn_implementation=NAME,
        )
        self._model: Any = cast(Any, model).to(device).eval()
        self._batch_size, self._rows_at_once = batch_size, rows_at_once
        limit = int(getattr(self._model.config, "max_position_embeddings", 0) or max_tokens)
        self._max_tokens = min(max_tokens, limit)
        self.specials = frozenset(self._tokenizer.all_special_ids) | {
            token for token, one in self._tokenizer.added_tokens_decoder.items() if one.special
        }
        unknown = self._tokenizer.unk_token_id
        self.specials -= {unknown} if unknown is not None else set()
        words = [str(self._tokenizer.convert_ids_to_tokens(i)) for i in self.specials]
        self._special_words = sorted(words, key=len, reverse=True)

    def single_token(self, answer: str) -> int | None:
        """The id of an answer that is one token, else None."""
        ids = self._tokenizer.encode(answer, add_special_tokens=False)
        alone = len(ids) == 1 and ids[0] not in {self._tokenizer.unk_token_id, *self.specials}
        return ids[0] if alone else None

    def plain(self, texts: Sequence[str]) -> list[str]:
        """The texts with no special token in them: each is broken by a space behind its first sign.

        All are read by one call of the tokenizer, which shares them among the cores.
        """
        broken = [self._broken(text) for text in texts]
        return [
            text
            if self.specials.isdisjoint(ids)
            else self._tokenizer.decode([i for i in ids if i not in self.specials])
            for text, ids in zip(broken, self._ids_of_all(broken), strict=True)
        ]

    def _broken(self, text: str) -> str:
        for word in self._special_words:
            while word and word in text:
                text = text.replace(word, f"{word[0]} {word[1:]}" if len(word) > 1 else " ")
        return text

    def tokens_of(self, prompt: Prompt) -> list[int]:
        """Token ids of a prompt, by the model's chat template where it has one."""
        return self.tokens_of_all([prompt])[0]

    def tokens_of_all(self, prompts: Sequence[Prompt]) -> list[list[int]]:
        """Token ids of each prompt; texts that several of them share are made plain once."""
        said = {one.text for prompt in prompts for one in prompt.messages}
        said |= {prompt.opening for prompt in prompts}
        texts = list(said)
        plain = dict(zip(texts, self.plain(texts), strict=True))
        has_template = bool(self._tokenizer.chat_template)
        bodies = self._ids_of_all(
            [self._rendered([(one.role, plain[one.text]) for one in p.messages]) for p in prompts],
            add_special_tokens=not has_template,
        )
        openings = self._ids_of_all([plain[prompt.opening] for prompt in prompts])
        return [self._fitting(body + end) for body, end in zip(bodies, openings, strict=True)]

    def _rendered(self, turns: Sequence[tuple[str, str]]) -> str:
        if not self._tokenizer.chat_template:
            return "\n\n".join(text for _, text in turns) + "\n\n"
        rendered: str = self._tokenizer.apply_chat_template(
            [{"role": role, "content": text} for role, text in turns],
            tokenize=False,
            add_generation_prompt=True,
        )
        return rendered

    def _ids_of_all(
        self, texts: Sequence[str], *, add_special_tokens: bool = False
    ) -> list[list[int]]:
        if not texts:
            return []
        read = self._tokenizer(
            list(texts), add_special_tokens=add_special_tokens, return_attention_mask=False
        )
        ids: list[list[int]] = read["input_ids"]
        return ids

    @torch.inference_mode()
    def generate(self, prompt: Prompt, sampling: Sampling) -> Completion:
        """Write until the end, a stop sequence, ``max_tokens`` or the time is reached."""
        ids = self.tokens_of(prompt)
        inputs = torch.tensor([ids], device=self._model.device)
        drawn = sampling.temperature > 0
        torch.manual_seed(sampling.seed)
        out = self._model.generate(
            inputs,
            attention_mask=torch.ones_like(inputs),
            max_new_tokens=sampling.max_tokens,
            do_sample=drawn,
            temperature=sampling.temperature if drawn else None,
            top_p=sampling.top_p if drawn else None,
            top_k=None,
            max_time=sampling.timeout_s,
            stop_strings=list(sampling.stop) or None,
            tokenizer=self._tokenizer,
            pad_token_id=self._pad,
            output_logits=True,
            return_dict_in_generate=True,
        )
        new = out.sequences[0, len(ids) :].tolist()
        text = self._tokenizer.decode(new, skip_special_tokens=True)
        written = [
            Written(self._tokenizer.decode([token]), float(row[0].float().softmax(-1)[token]))
            for token, row in zip(new, out.logits, strict=True)
            if token not in self.specials
        ]
        return Completion(_until(text, sampling.stop), len(ids), len(new), tuple(written))

    def next_token_logits(self, prompts: Sequence[Prompt], answers: Sequence[int]) -> Logits:
        """Logits of the answers after each prompt, (prompts, answers); batched by length."""
        if not prompts:
            return np.empty((0, len(answers)), dtype=np.float64)
        rows = rows_in_batches(
            lambda batch: self._last_logits(batch, answers),
            self.tokens_of_all(prompts),
            batch_size=self._batch_size,
            length=len,
            move_to_cpu=self._move_to_cpu,
        )
        return rows.double().numpy()

    @torch.inference_mode()
    def query_attention(
        self, documents: Sequence[str], task: str, queries: Sequence[str], *, reuse_prefix: bool
    ) -> list[Attention]:
        """See ``LanguageModel.query_attention``; without reuse, one whole pass for each query."""
        head, tail = self._chat_frame()
        pieces = self._ids_of_all([text + "\n\n" for text in self.plain(documents)])
        prefix, spans = list(head), []
        for piece in pieces:
            spans.append((len(prefix), len(prefix) + len(piece)))
            prefix += piece
        asking, *questions = self._ids_of_all(self.plain([task, *queries]))
        cache = None
        if reuse_prefix and prefix:
            cache = DynamicCache(config=self._model.config)
            self._run(prefix, cache)
        received = []
        for question in questions:
            asked = question or self._ids(" ")
            suffix = [*asking, *asked, *tail]
            self._fitting([*prefix, *suffix])
            watch = Watch(
                first=len(asked) + len(tail), last=len(tail), rows_at_once=self._rows_at_once
            )
            with watching(watch):
                self._run(suffix if cache is not None else [*prefix, *suffix], cache)
            if cache is not None:
                cache.crop(-len(suffix))
            if watch.paid is None:
                raise LanguageModelError("This model does not show its attention.")
            paid = watch.paid.cpu().numpy()
            received.append(tuple(paid[start:end] for start, end in spans))
        return received

    @torch.inference_mode()
    def embed(self, text: str) -> NDArray[np.float32]:
        """The last state after the end-of-sequence token, (dim,)."""
        ids = self._tokenizer.encode(self.plain([text])[0])
        end = self._tokenizer.eos_token_id
        if end is not None and (not ids or ids[-1] != end):
            ids.append(end)
        states = self._run(self._fitting(ids), None)  # (1, tokens, dim)
        return states[0, -1].float().cpu().numpy()

    def _run(self, ids: Sequence[int], cache: DynamicCache | None) -> torch.Tensor:
        inputs = torch.tensor([ids], device=self._model.device)
        return self._model.base_model(
            input_ids=inputs, cache=cache, use_cache=cache is not None
        ).last_hidden_state

    @torch.inference_mode()
    def _last_logits(self, batch: Sequence[Sequence[int]], answers: Sequence[int]) -> torch.Tensor:
        longest = max(len(ids) for ids in batch)
        inputs = torch.full((len(batch), longest), self._pad)
        mask = torch.zeros_like(inputs)
        for row, ids in enumerate(batch):  # padded on the left: the last place is the answer's
            inputs[row, longest - len(ids) :] = torch.tensor(ids)
            mask[row, longest - len(ids) :] = 1
        device = self._model.device
        inputs, mask = (one.to(device, non_blocking=True) for one in (inputs, mask))
        out = self._model(
            input_ids=inputs,
            attention_mask=mask,
            position_ids=(mask.cumsum(-1) - 1).clamp(min=0),
            logits_to_keep=1,
            use_cache=False,
        )
        chosen: torch.Tensor = out.logits[:, -1, list(answers)]  # (batch, answers)
        return chosen

    def _chat_frame(self) -> tuple[list[int], list[int]]:
        """Token ids before and after the words of a user."""
        if not self._tokenizer.chat_template:
            return self._tokenizer.encode(""), []
        rendered = self._tokenizer.apply_chat_template(
            [{"role": "user", "content": _HERE}], tokenize=False, add_generation_prompt=True
        )
        head, _, tail = rendered.partition(_HERE)
        return self._ids(head), self._ids(tail)

    def _ids(self, text: str) -> list[int]:
        return self._tokenizer.encode(text, add_special_tokens=False)

    def _fitting(self, ids: list[int]) -> list[int]:
        if len(ids) > self._max_tokens:
            raise LanguageModelError(
                f"A prompt of {len(ids)} tokens is longer than the {self._max_tokens} that fit."
            )
        return ids

    def _move_to_cpu(self) -> None:
        self._model = self._model.to("cpu")

    @property
    def _pad(self) -> int:
        pad = self._tokenizer.pad_token_id
        return pad if pad is not None else (self._tokenizer.eos_token_id or 0)


def _until(text: str, stops: Sequence[str]) -> str:
    for stop in stops:
        text = text.partition(stop)[0]
    return text
