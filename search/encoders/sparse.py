"""Texts as weights of words: learned ones for documents, a static table for questions.

No model runs when a question is asked: its weights are looked up.
"""

import hashlib
import json
import math
import threading
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from search.encoders.base import (
    MOST_WEIGHTS,
    Presence,
    Ragged,
    SparseEncoder,
    checkpoint_presence,
    find_checkpoint,
)
from search.errors import ConfigurationError, ModelMissingError
from search.generators.checkpoints import check_precision

ZIPF_WORDS = 10  # a word of rank r stands about 10 / r times in a passage
LETTER_RANK = 100  # single characters stand first in a vocabulary, in the order of the alphabet
CHARACTERS = 20_000  # of a text that are read


class WordPieceCounts(SparseEncoder):
    """Weights without a model: log(1 + how often a word piece occurs), and for questions an idf.

    The idf is guessed from the vocabulary alone, which is ordered by how common a piece is: by
    Zipf's law a word of rank r stands in a passage with probability 1 - exp(-10 / r).
    ``checkpoint`` names the folder whose tokenizer.json is used.
    """

    light = True

    def __init__(self, checkpoint: str = "minilm", *, offline: bool = False) -> None:
        path = find_checkpoint(checkpoint, offline=offline) / "tokenizer.json"
        self._tokenizer = _tokenizer(path)
        vocabulary = self._tokenizer.get_vocab()
        self._idf = _zipf_idf(vocabulary)
        self.dim = max(vocabulary.values()) + 1
        self.fingerprint = f"wordpieces:{Path(checkpoint).name}:{_digest(path)}"

    @classmethod
    def presence(cls, checkpoint: str = "minilm", **_options: object) -> Presence:
        return checkpoint_presence(checkpoint)

    def encode_queries(self, texts: Sequence[str]) -> Ragged:
        return _look_up(self._tokenizer, texts, self._idf)

    def encode_documents(self, texts: Sequence[str]) -> Ragged:
        counts = [Counter(_ids(self._tokenizer, text)) for text in texts]
        return _ragged(
            {key: math.log1p(n) for key, n in found.items() if key in self._idf} for found in counts
        )


class MaskedLanguageSparse(SparseEncoder):
    """A masked language model weighs every word of its vocabulary for a document.

    weight_j = max over tokens i of log(1 + relu(logit_ij)), the heaviest ``MOST_WEIGHTS`` kept;
    twice the logarithm where the folder's pooling says "log1p_relu". Questions take theirs from
    the folder's idf.json, a weight for each token, or from the rank of the token in the vocabulary
    where there is none. ``checkpoint`` is a folder or a hub name. ``device`` as torch names it;
    ``dtype`` is "float32", "bfloat16" or "float16"; the batch is halved when memory runs out.

    The model is loaded when the first document comes: asking needs the tokenizer alone.

    Source: Formal et al., SIGIR 2021, arXiv:2109.10086 (SPLADE v2); questions without a model after
    Geng et al., 2024, arXiv:2411.04403.
    """

    light = True

    def __init__(
        self,
        checkpoint: str,
        *,
        device: str = "cpu",
        dtype: str = "float32",
        batch_size: int = 8,
        max_tokens: int = 512,
        offline: bool = False,
    ) -> None:
        self._folder = find_checkpoint(checkpoint, offline=offline)
        weights, path = self._folder / "model.safetensors", self._folder / "tokenizer.json"
        for needed in (weights, path):
            if not needed.is_file():
                raise ModelMissingError(f"{needed} is missing; {checkpoint!r} cannot be loaded.")
        self._tokenizer = _tokenizer(path)
        vocabulary = self._tokenizer.get_vocab()
        self._idf = _read_idf(self._folder, vocabulary) or _zipf_idf(vocabulary)
        self._batch_size, self._device, self._max_tokens = batch_size, device, max_tokens
        check_precision(dtype)
        self._dtype = dtype
        self._twice = _pooling(self._folder).get("activation_function") == "log1p_relu"
        self.dim = max(vocabulary.values()) + 1
        name = Path(checkpoint).name
        self.fingerprint = f"sparse:{name}:{_digest(weights)}:{_digest(path)}:{max_tokens}"
        self.fingerprint += "" if dtype == "float32" else f":{dtype}"
        self._special = sorted(_special(self._tokenizer))
        self._lock = threading.Lock()
        self._model: Any = None

    @classmethod
    def presence(cls, checkpoint: str = "", **_options: object) -> Presence:
        return checkpoint_presence(checkpoint)

    def encode_queries(self, texts: Sequence[str]) -> Ragged:
        return _look_up(self._tokenizer, texts, self._idf)

    def encode_documents(self, texts: Sequence[str]) -> Ragged:
        if not texts:
            return Ragged.of([], width=2)
        from search.generators.memory import rows_in_batches  # torch

        read = self._tokenizer.encode_batch([_valid(text) for text in texts])
        rows = rows_in_batches(
            self._entries,
            [self._cut(encoding.ids) for encoding in read],
            batch_size=self._batch_size,
            length=len,
            move_to_cpu=self._move_to_cpu,
        )
        return Ragged.of([row[row[:, 1] > 0] for row in rows.numpy()], width=2)

    def _entries(self, inputs: Sequence[Sequence[int]]) -> Any:
        """The heaviest entries of each input, on the device of the model."""
        import torch  # a process that only asks never loads it

        model = self._loaded()
        width = max(map(len, inputs))
        mask = torch.tensor([[1] * len(ids) + [0] * (width - len(ids)) for ids in inputs])
        padded = torch.tensor([[*ids, *[0] * (width - len(ids))] for ids in inputs])
        padded, mask = (one.to(model.device, non_blocking=True) for one in (padded, mask))
        with torch.inference_mode():
            logits = model(input_ids=padded, attention_mask=mask).logits
            logits *= mask.unsqueeze(-1)  # (batch, tokens, vocabulary), in place: it is the largest
            weights = torch.log1p(torch.relu(logits.amax(dim=1).float()))  # (batch, vocabulary)
            weights = (torch.log1p(weights) if self._twice else weights)[:, : self.dim]
            weights[:, [key for key in self._special if key < weights.shape[1]]] = 0
            return heaviest(weights)

    def _cut(self, ids: list[int]) -> list[int]:
        """Within the model's window; the token that ends an input stays."""
        most = self._max_tokens
        return ids if len(ids) <= most else ids[: most - 1] + ids[-1:]

    def _loaded(self) -> Any:
        with self._lock:
            if self._model is None:
                from transformers import AutoModelForMaskedLM

                from search.generators.memory import precision

                model = AutoModelForMaskedLM.from_pretrained(
                    self._folder,
                    local_files_only=True,
                    trust_remote_code=False,
                    use_safetensors=True,
                    dtype=precision(self._dtype),
                )
                self._model = model.to(self._device).eval()
            return self._model

    def _move_to_cpu(self) -> None:
        self._device = "cpu"
        self._loaded().to("cpu")


def heaviest(weights: Any, *, most: int = MOST_WEIGHTS) -> Any:
    """Of each row over the vocabulary, (batch, dim), the ``most`` heaviest entries, ids rising.

    A tensor (batch, at most ``most``, 2) of id and weight; entries of weight 0 fill up where fewer
    weigh anything. Of equal weights the lower id is kept.
    """
    import torch

    ids = weights.sort(dim=1, descending=True, stable=True).indices[:, :most].sort(dim=1).values
    return torch.stack([ids.float(), weights.gather(1, ids)], dim=-1)


def _look_up(tokenizer: Any, texts: Sequence[str], idf: Mapping[int, float]) -> Ragged:
    """For each text its word pieces, once each, with their idf."""
    return _ragged({key: idf.get(key, 0.0) for key in _ids(tokenizer, text)} for text in texts)


def _ragged(texts: Any) -> Ragged:
    """The weights of each text, {term id: weight}, cut to the heaviest."""
    parts = []
    for weights in texts:
        kept = sorted((key for key in weights if weights[key] > 0), key=lambda k: (-weights[k], k))
        pairs = [(key, weights[key]) for key in sorted(kept[:MOST_WEIGHTS])]
        parts.append(np.array(pairs, dtype=np.float32).reshape(-1, 2))
    return Ragged.of(parts, width=2)


def _tokenizer(path: Path) -> Any:
    from tokenizers import Tokenizer

    if not path.is_file():
        raise ModelMissingError(f"{path} is missing; the folder holds no tokenizer.")
    tokenizer = Tokenizer.from_file(str(path))
    tokenizer.no_padding()
    tokenizer.no_truncation()
    tokenizer.encode_special_tokens = True  # "[SEP]" in a text is text, not the end of the input
    return tokenizer


def _ids(tokenizer: Any, text: str) -> list[int]:
    ids: list[int] = tokenizer.encode(_valid(text), add_special_tokens=False).ids
    return ids


def _valid(text: str) -> str:
    """So much of the text as is read, without lone surrogates, which have no UTF-8."""
    return text[:CHARACTERS].encode("utf-8", "replace").decode()


def _special(tokenizer: Any) -> set[int]:
    return {key for key, token in tokenizer.get_added_tokens_decoder().items() if token.special}


def _zipf_idf(vocabulary: Mapping[str, int]) -> dict[int, float]:
    """An idf for each token with a letter or digit, from its rank among those of two and more."""
    words = sorted((key, token) for token, key in vocabulary.items() if _is_word(token))
    rank, idf = 0, {}
    for key, token in words:
        rank += len(token) > 1
        common = rank if len(token) > 1 else LETTER_RANK
        idf[key] = -math.log(-math.expm1(-ZIPF_WORDS / common))
    return idf


def _is_word(token: str) -> bool:
    return token[:1] not in {"[", "<"} and any(character.isalnum() for character in token)


def _read_idf(folder: Path, vocabulary: Mapping[str, int]) -> dict[int, float]:
    path = folder / "idf.json"
    if not path.is_file():
        return {}
    try:
        table = json.loads(path.read_text(encoding="utf-8"))
        return {vocabulary[token]: float(w) for token, w in table.items() if token in vocabulary}
    except (ValueError, TypeError, AttributeError) as error:
        raise ConfigurationError(f"{path} is not a JSON table of weights: {error}.") from error


def _pooling(folder: Path) -> Mapping[str, Any]:
    for path in sorted(folder.glob("*SpladePooling/config.json")):
        found: Mapping[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        return found
    return {}


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()[:16]
