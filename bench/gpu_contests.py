"""The product's classes and the bare models that they run, side by side, for ``bench/gpu.py``."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import batched
from pathlib import Path
from typing import Any, cast

import numpy as np
import torch
from transformers import (
    AutoModel,
    AutoModelForCausalLM,
    AutoModelForMaskedLM,
    AutoModelForSequenceClassification,
    AutoTokenizer,
)

from bench.gpu_models import BERT_SPECIALS
from search.encoders.sparse import MaskedLanguageSparse
from search.encoders.text import SentenceTransformerEncoder
from search.generators.language_model import LanguageModel, Logits, Prompt
from search.generators.transformers_local import TransformersLanguageModel
from search.rerankers.cross_encoder import CrossEncoder
from search.rerankers.first import First
from search.rerankers.readout import PLAIN_TEXT
from search.rerankers.yes_no import YesNo
from search.types import Candidate, Locator, Modality, Query, Signal, Source

QUESTION = Query(text="which of these passages tells of the bird that waits by the lake?")
MAX_TOKENS = 512


@dataclass(frozen=True, slots=True)
class Setting:
    """On which device, in which precision, so many at once."""

    device: str
    dtype: str
    batch: int


@dataclass(slots=True)
class Contest:
    """One class of the product and the bare model, over the same texts.

    ``bare`` reads the inputs at these places, in this order, and gives a row for each; ``result``
    is the product's, (inputs, …), in the order of the inputs.
    """

    passages: int
    inputs: Sequence[str]
    product: Callable[[], object]
    bare: Callable[[Sequence[int]], torch.Tensor]
    result: Callable[[], np.ndarray]


def encoder(folder: Path, texts: Sequence[str], at: Setting) -> Contest:
    """SentenceTransformerEncoder against AutoModel and the mean of its states."""
    ours = SentenceTransformerEncoder(
        str(folder), device=at.device, dtype=at.dtype, batch_size=at.batch
    )
    tokenizer, model = _bare(AutoModel, folder, at)

    def run(batch: Sequence[str]) -> torch.Tensor:
        inputs = _read(tokenizer, [list(batch)], at)
        mask = inputs["attention_mask"].unsqueeze(-1)
        states = model(**inputs).last_hidden_state * mask  # (batch, tokens, dim)
        return torch.nn.functional.normalize(states.sum(1) / mask.sum(1), dim=1)

    return Contest(
        len(texts),
        texts,
        lambda: ours.encode_documents(texts),
        _over(texts, at, run),
        lambda: ours.encode_documents(texts),
    )


def sparse(folder: Path, texts: Sequence[str], at: Setting) -> Contest:
    """MaskedLanguageSparse against AutoModelForMaskedLM; compared is the sum of the weights."""
    ours = MaskedLanguageSparse(
        str(folder), device=at.device, dtype=at.dtype, batch_size=at.batch, max_tokens=MAX_TOKENS
    )
    tokenizer, model = _bare(AutoModelForMaskedLM, folder, at)

    def run(batch: Sequence[str]) -> torch.Tensor:
        inputs = _read(tokenizer, [list(batch)], at)
        logits = model(**inputs).logits * inputs["attention_mask"].unsqueeze(-1)
        weights = torch.log1p(torch.relu(logits.amax(dim=1).float()))  # (batch, vocabulary)
        return weights[:, len(BERT_SPECIALS) : ours.dim].sum(dim=1, keepdim=True)

    def result() -> np.ndarray:
        return np.array([[float(one[:, 1].sum())] for one in ours.encode_documents(texts)])

    return Contest(
        len(texts),
        texts,
        lambda: ours.encode_documents(texts),
        _over(texts, at, run),
        result,
    )


def cross_encoder(folder: Path, texts: Sequence[str], at: Setting) -> Contest:
    """CrossEncoder's whole reranking against AutoModelForSequenceClassification."""
    ours = CrossEncoder(
        str(folder), device=at.device, dtype=at.dtype, batch_size=at.batch, depth=len(texts)
    )
    candidates = shelf(texts)
    shown = PLAIN_TEXT.of(candidates, [""] * len(candidates))
    tokenizer, model = _bare(AutoModelForSequenceClassification, folder, at)

    def run(batch: Sequence[str]) -> torch.Tensor:
        inputs = _read(tokenizer, [[QUESTION.text] * len(batch), list(batch)], at)
        return cast(torch.Tensor, model(**inputs).logits)

    return Contest(
        len(texts),
        shown,
        lambda: ours.rerank(QUESTION, candidates),
        _over(shown, at, run),
        lambda: np.array(ours.score_pairs(QUESTION.text, shown))[:, None],
    )


def yes_no(folder: Path, texts: Sequence[str], at: Setting) -> Contest:
    """YesNo over a local language model: each candidate in a prompt, the logits of two answers."""
    model = _Recorded(_language_model(folder, at))
    return _prompted(YesNo(model, depth=len(texts), batch=len(texts)), model, texts, folder, at)


def first(folder: Path, texts: Sequence[str], at: Setting) -> Contest:
    """First over a local language model: windows of twenty, one after the other."""
    model = _Recorded(_language_model(folder, at))
    return _prompted(First(model, depth=len(texts)), model, texts, folder, at)


class _Recorded(LanguageModel):
    """A language model that keeps what it was asked last."""

    def __init__(self, model: TransformersLanguageModel) -> None:
        self._model, self.name, self.abilities = model, model.name, model.abilities
        self.asked: list[tuple[Prompt, Sequence[str], np.ndarray]] = []

    def next_token_logits(self, prompts: Sequence[Prompt], answers: Sequence[str]) -> Logits:
        logits = self._model.next_token_logits(prompts, answers)
        self.asked += [(prompt, answers, row) for prompt, row in zip(prompts, logits, strict=True)]
        return logits

    def are_single_tokens(self, answers: Sequence[str]) -> bool:
        return self._model.are_single_tokens(answers)


def _language_model(folder: Path, at: Setting) -> TransformersLanguageModel:
    return TransformersLanguageModel(
        str(folder), device=at.device, dtype=at.dtype, batch_size=at.batch
    )


def _prompted(
    ours: YesNo | First, asked: _Recorded, texts: Sequence[str], folder: Path, at: Setting
) -> Contest:
    """The bare model reads the very prompts that the product made of the candidates."""
    candidates = shelf(texts)

    def rerank() -> None:
        asked.asked.clear()
        report = ours.rerank(QUESTION, candidates).report
        if report.notes:
            raise SystemExit(f"The reranking failed: {' '.join(report.notes)}")

    def result() -> np.ndarray:
        rerank()
        return np.array([row for _, _, row in asked.asked])

    rerank()
    tokenizer, model = _bare(AutoModelForCausalLM, folder, at)
    tokenizer.padding_side = "left"
    answers = [tokenizer.convert_tokens_to_ids(one) for one in asked.asked[0][1]]
    shown = [
        tokenizer.apply_chat_template(
            [{"role": one.role, "content": one.text} for one in prompt.messages],
            tokenize=False,
            add_generation_prompt=True,
        )
        + prompt.opening
        for prompt, _, _ in asked.asked
    ]

    def run(batch: Sequence[str]) -> torch.Tensor:
        inputs = tokenizer(
            list(batch), padding=True, add_special_tokens=False, return_tensors="pt"
        ).to(at.device)
        inputs.pop("token_type_ids", None)
        logits = model(**inputs, logits_to_keep=1, use_cache=False).logits
        return cast(torch.Tensor, logits[:, -1, answers])

    one = Setting(at.device, at.dtype, 1) if isinstance(ours, First) else at
    return Contest(len(texts), shown, rerank, _over(shown, one, run), result)


def shelf(texts: Sequence[str]) -> list[Candidate]:
    """Candidates in the order of the texts, as a search would give them."""
    return [
        Candidate(
            passage_id=place,
            score=float(len(texts) - place),
            signals={"bm25": Signal(place, float(len(texts) - place), float(len(texts) - place))},
            kind=Modality.TEXT,
            text=text,
            heading="",
            source=Source(place, f"Document {place}", "notes.txt", "bench"),
            locator=Locator(),
        )
        for place, text in enumerate(texts, start=1)
    ]


def _bare(kind: Any, folder: Path, at: Setting) -> tuple[Any, Any]:
    tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True)
    model = kind.from_pretrained(folder, local_files_only=True, dtype=getattr(torch, at.dtype))
    return tokenizer, model.to(at.device).eval()


def _read(tokenizer: Any, texts: Sequence[list[str]], at: Setting) -> Any:
    return tokenizer(
        *texts, padding=True, truncation=True, max_length=MAX_TOKENS, return_tensors="pt"
    ).to(at.device)


def _over(
    texts: Sequence[str], at: Setting, run: Callable[[Sequence[str]], torch.Tensor]
) -> Callable[[Sequence[int]], torch.Tensor]:
    @torch.inference_mode()
    def bare(order: Sequence[int]) -> torch.Tensor:
        parts = [run([texts[place] for place in batch]) for batch in batched(order, at.batch)]
        return torch.cat(parts).float().cpu()

    return bare
