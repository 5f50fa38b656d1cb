"""Text encoder on ONNX Runtime: a web process can hold it, for it needs no torch."""

import json
import logging
import os
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from filelock import FileLock

from search.encoders.base import (
    Presence,
    Rows,
    TextEncoder,
    as_unit_rows,
    checkpoint_presence,
    find_checkpoint,
)
from search.encoders.sentence_folder import SentenceFolder, read_sentence_folder
from search.errors import ConfigurationError, ModelMissingError

log = logging.getLogger(__name__)

BATCH = 4  # larger ones are slower here: the states no longer fit the cache
MOST_TOKENS = 512  # of a batch with its padding: its states stay below 30 MB
EXPORT_TIMEOUT_S = 600
FORM = 2  # of the exported file; another number, another folder
PRECISIONS = ("fp32", "int8")
# More runs at once than cores would each take longer, and hold their states of 40 MB meanwhile.
_RUNS = threading.BoundedSemaphore(max(2, os.cpu_count() or 1))


class TokenState(NamedTuple):
    """The tokens of a text: their ids, and their last states, (tokens, dim), not of length 1."""

    token_ids: list[int]
    states: Rows


class OnnxTextEncoder(TextEncoder):
    """A BERT-like sentence encoder: in float32 the vectors of torch, without torch.

    ``precision`` "int8" takes half the time; its vectors are a space of their own, and they depend
    a little on the processor (docs/adr/0003-text-encoder-engine.md).
    ``checkpoint`` is "minilm" (bundled), a folder in sentence-transformers form, or a hub name.
    The ONNX file is made once, by a program of its own, below ``models_dir``. A query runs on one
    thread; documents use ``threads`` of them, one batch each.
    """

    light = True

    def __init__(
        self,
        checkpoint: str = "minilm",
        *,
        models_dir: Path,
        precision: str = "fp32",
        offline: bool = False,
        threads: int | None = None,
    ) -> None:
        if precision not in PRECISIONS:
            raise ConfigurationError(
                f"The precision is {precision!r}; write one of {', '.join(PRECISIONS)}."
            )
        source = read_sentence_folder(find_checkpoint(checkpoint, offline=offline))
        self.fingerprint = f"onnx:{Path(checkpoint).name}:{source.digest}:{precision}"
        home = _exported(source, precision, models_dir / _folder_name(self.fingerprint))
        self.dim = int(json.loads((home / "encoder.json").read_text(encoding="utf-8"))["dim"])
        self.max_tokens = source.max_tokens
        self._threads = threads or min(4, os.cpu_count() or 1)
        self._prompts = (source.query_prompt, source.document_prompt)
        self._counter = _tokenizer(source)
        self._tokenizer = _tokenizer(source)
        self._tokenizer.enable_truncation(source.max_tokens)
        self._session = _session(home / "model.onnx")
        self._inputs = [entry.name for entry in self._session.get_inputs()]

    @classmethod
    def presence(cls, checkpoint: str = "minilm", **_options: object) -> Presence:
        return checkpoint_presence(checkpoint)

    def encode_queries(self, texts: Sequence[str]) -> Rows:
        return self._encode([self._prompts[0] + text for text in texts], threads=1)

    def encode_documents(self, texts: Sequence[str]) -> Rows:
        return self._encode([self._prompts[1] + text for text in texts], threads=self._threads)

    def count_tokens(self, text: str) -> int:
        return len(self._counter.encode(_valid(text), add_special_tokens=False).ids)

    def token_states(self, texts: Sequence[str], *, as_query: bool = False) -> list[TokenState]:
        """The token ids of each text and their last states.

        The tokens that open and close an input are among them.
        """
        prompt, threads = (self._prompts[0], 1) if as_query else (self._prompts[1], self._threads)
        token_ids = self._token_ids([prompt + text for text in texts])
        found = [TokenState([], np.zeros((0, self.dim), np.float32))] * len(texts)
        for batch, (states,) in self._run_all(token_ids, ["states"], threads):
            self._take(token_ids, batch, states, found)
        return found

    def encode_with_states(self, texts: Sequence[str]) -> tuple[Rows, list[TokenState]]:
        """Passages as unit rows, and the states of their tokens, from one pass of the model."""
        token_ids = self._token_ids([self._prompts[1] + text for text in texts])
        rows = np.zeros((len(texts), self.dim), dtype=np.float32)
        found = [TokenState([], rows[:0])] * len(texts)
        for batch, (part, states) in self._run_all(token_ids, ["rows", "states"], self._threads):
            rows[batch] = part
            self._take(token_ids, batch, states, found)
        return (as_unit_rows(rows, dim=self.dim) if texts else rows), found

    @staticmethod
    def _take(
        token_ids: Sequence[list[int]], batch: Sequence[int], states: Rows, into: list[TokenState]
    ) -> None:
        """Put the states of a batch, without its padding, where their texts stand."""
        for place, rows in zip(batch, states, strict=True):
            ids = token_ids[place]
            into[place] = TokenState(ids, rows[: len(ids)])

    def vocabulary(self) -> dict[str, int]:
        """Every token with its id."""
        return dict(self._tokenizer.get_vocab(with_added_tokens=True))

    def _encode(self, texts: Sequence[str], *, threads: int) -> Rows:
        rows = np.zeros((len(texts), self.dim), dtype=np.float32)
        for batch, (part,) in self._run_all(self._token_ids(texts), ["rows"], threads):
            rows[batch] = part
        return as_unit_rows(rows, dim=self.dim) if texts else rows

    def _token_ids(self, texts: Sequence[str]) -> list[list[int]]:
        encodings = self._tokenizer.encode_batch([_valid(text) for text in texts])
        return [encoding.ids for encoding in encodings]

    def _run_all(
        self, token_ids: Sequence[list[int]], outputs: Sequence[str], threads: int
    ) -> Iterator[tuple[list[int], list[Rows]]]:
        """Places of the inputs in each batch, and the outputs for them."""
        batches = list(_by_length(token_ids))
        inputs = [[token_ids[place] for place in batch] for batch in batches]
        run = partial(self._run, outputs=outputs)
        if threads == 1 or len(batches) < 2:
            yield from zip(batches, map(run, inputs), strict=True)
            return
        with ThreadPoolExecutor(threads, "encode") as pool:
            yield from zip(batches, pool.map(run, inputs), strict=True)

    def _run(self, inputs: Sequence[list[int]], *, outputs: Sequence[str]) -> list[Rows]:
        width = max(len(ids) for ids in inputs)
        ids = np.zeros((len(inputs), width), dtype=np.int64)  # (batch, tokens)
        mask = np.zeros_like(ids)
        for row, tokens in enumerate(inputs):
            ids[row, : len(tokens)] = tokens
            mask[row, : len(tokens)] = 1
        feed = {"input_ids": ids, "attention_mask": mask, "token_type_ids": np.zeros_like(ids)}
        given = {name: feed[name] for name in self._inputs}
        with _RUNS:
            found: list[Rows] = self._session.run(outputs, given)
        return found  # (batch, dim), (batch, tokens, dim)


def _folder_name(fingerprint: str) -> str:
    return f"form{FORM}-{fingerprint.replace(':', '-')}"


def _valid(text: str) -> str:
    """The text without lone surrogates, which have no UTF-8."""
    return text.encode("utf-8", "replace").decode()


def _by_length(token_ids: Sequence[Sequence[int]]) -> Iterator[list[int]]:
    """Places of the inputs in batches of like length, so that little is padding."""
    batch: list[int] = []
    for place in sorted(range(len(token_ids)), key=lambda place: len(token_ids[place])):
        if batch and (
            len(batch) == BATCH or (len(batch) + 1) * len(token_ids[place]) > MOST_TOKENS
        ):
            yield batch
            batch = []
        batch.append(place)
    if batch:
        yield batch


def _tokenizer(source: SentenceFolder) -> Any:
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(source.tokenizer))
    tokenizer.no_padding()
    tokenizer.no_truncation()
    tokenizer.encode_special_tokens = True  # "[SEP]" in a text is text, not the end of the input
    return tokenizer


def _session(path: Path) -> Any:
    import onnxruntime  # the web process asks this class for its presence at every start

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.enable_cpu_mem_arena = False  # inputs differ in length: an arena would only grow
    return onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])


def _exported(source: SentenceFolder, precision: str, home: Path) -> Path:
    """The folder with the ONNX file; the first to need it makes it, others wait for it."""
    if (home / "encoder.json").is_file():
        return home
    home.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(f"{home}.lock", timeout=EXPORT_TIMEOUT_S):
        if not (home / "encoder.json").is_file():
            log.info("Preparing the text encoder %s; this happens once.", source.folder.name)
            _export(source, precision, home)
    return home


def _export(source: SentenceFolder, precision: str, home: Path) -> None:
    draft = Path(tempfile.mkdtemp(prefix=f"{home.name}-", dir=home.parent))
    module = "search.encoders.onnx_export"
    folder = str(source.folder.resolve())
    command = [sys.executable, "-m", module, folder, source.pooling, precision, str(draft)]
    try:
        done = subprocess.run(  # noqa: S603
            command,
            cwd=Path(__file__).resolve().parents[2],
            env=os.environ | {"CUDA_VISIBLE_DEVICES": "", "HF_HUB_OFFLINE": "1"},
            capture_output=True,
            text=True,
            timeout=EXPORT_TIMEOUT_S,
            check=False,
        )
        if done.returncode:
            raise ModelMissingError(
                f"The model in {source.folder} could not be written as ONNX: "
                f"{done.stderr.strip()[-800:]}"
            )
        shutil.rmtree(home, ignore_errors=True)
        draft.rename(home)
    except subprocess.TimeoutExpired as error:
        raise ModelMissingError(
            f"Writing the model in {source.folder} as ONNX took longer than {EXPORT_TIMEOUT_S} s."
        ) from error
    finally:
        shutil.rmtree(draft, ignore_errors=True)
