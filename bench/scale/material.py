"""What every contestant is given: passages, vectors and questions, as files in one folder.

Knows neither Django nor a database: contestants read it in their own environments.
"""

import json
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

SHARES = (0.001, 0.01, 0.1, 0.5, 1.0)  # of the passages, that somebody can see
BATCH = 1000
WARM_UP = 10
CLUSTERS = 500
SPREAD = 0.7  # of the members of a cluster, over that of the centres
DIM = 384

Rows = NDArray[np.float32]


@dataclass(frozen=True)
class Material:
    """One data set. Passages go by their number; the first so many are a share of them."""

    folder: Path
    asked: int = 60  # of its questions

    @cached_property
    def texts(self) -> list[str]:
        return (self.folder / "texts.txt").read_text(encoding="utf-8").split("\n")

    @cached_property
    def questions(self) -> list[str]:
        return (self.folder / "questions.txt").read_text(encoding="utf-8").split("\n")

    @property
    def vectors(self) -> Rows:
        """Of the passages, of length 1."""
        return np.load(self.folder / "vectors.npy", mmap_mode="r")

    @property
    def probes(self) -> Rows:
        """Vectors that lie among those of the passages, as those of real questions do."""
        return np.load(self.folder / "probes.npy")

    @property
    def is_ready(self) -> bool:
        return (self.folder / "ready").exists()

    @property
    def measured(self) -> range:
        """The numbers of the questions that count; those before them only warm up."""
        first = min(WARM_UP, len(self.questions) // 2)
        return range(first, min(first + self.asked, len(self.questions)))

    def truth(self, share: float) -> NDArray[np.int64]:
        """The ten passages nearest to each probe among the visible, by brute force."""
        return nearest(self.vectors[: visible(len(self.vectors), share)], self.probes)

    def write(
        self, texts: Sequence[str], questions: Sequence[str], vectors: Any, probes: Rows
    ) -> None:
        """``vectors`` is an array, or batches of rows."""
        self.folder.mkdir(parents=True, exist_ok=True)
        for name, lines in (("texts", texts), ("questions", questions)):
            flat = "\n".join(" ".join(line.split()) for line in lines)
            (self.folder / f"{name}.txt").write_text(flat, encoding="utf-8")
        path, done = self.folder / "vectors.npy", 0
        shape = (len(texts), probes.shape[1])
        file = np.lib.format.open_memmap(path, mode="w+", dtype=np.float32, shape=shape)
        for rows in vectors:
            file[done : done + len(rows)] = rows
            done += len(rows)
        file.flush()
        np.save(self.folder / "probes.npy", probes)
        (self.folder / "ready").write_text(json.dumps({"passages": len(texts)}))


def visible(count: int, share: float) -> int:
    return max(10, round(count * share))


def parts(count: int) -> Iterator[tuple[int, int]]:
    """Disjoint ranges; the first of them is the first share, the first two the second, …"""
    begin = 0
    for share in SHARES:
        yield begin, visible(count, share)
        begin = visible(count, share)


def generate(material: Material, count: int, questions: int = 200) -> None:
    """Zipf text and clustered vectors, the same in every run."""
    from bench import search

    texts = search.texts(count, seed=3)
    asked = search.questions(questions + WARM_UP, texts)
    once = [" ".join(dict.fromkeys(text.split())) for text in asked]
    batches = (
        clustered(min(BATCH, count - start), seed=start + 10) for start in range(0, count, BATCH)
    )
    material.write(texts, once, batches, clustered(questions, seed=5))


def clustered(count: int, seed: int) -> Rows:
    """Unit vectors around ``CLUSTERS`` centres.

    The variance of the n-th dimension falls as 1/n, so that about 25 of the 384 matter, as in
    vectors of text; in as many equal dimensions all members of a cluster would be equally far.
    """
    scale = np.arange(1, DIM + 1, dtype=np.float32) ** -0.5
    centres = np.random.default_rng(4).normal(size=(CLUSTERS, DIM)) * scale
    rng = np.random.default_rng(seed)
    members = rng.normal(size=(count, DIM)) * scale * SPREAD
    rows = (centres[rng.integers(CLUSTERS, size=count)] + members).astype(np.float32)
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def nearest(rows: Rows, asked: Rows, k: int = 10) -> NDArray[np.int64]:
    """The numbers of the ``k`` rows with the highest inner product, for each that asks."""
    best = np.full((len(asked), k), -np.inf, dtype=np.float32)
    keys = np.zeros((len(asked), k), dtype=np.int64)
    for start in range(0, len(rows), 50_000):
        some = asked @ np.asarray(rows[start : start + 50_000]).T
        scores = np.concatenate([best, some], axis=1)
        numbers = np.broadcast_to(np.arange(start, start + some.shape[1]), some.shape)
        known = np.concatenate([keys, numbers], axis=1)
        order = np.argsort(-scores, axis=1, kind="stable")[:, :k]
        best = np.take_along_axis(scores, order, axis=1)
        keys = np.take_along_axis(known, order, axis=1)
    return keys


def recall(found: Sequence[Sequence[int]], truth: NDArray[np.int64]) -> float:
    """The mean share of the exact ten that is among the first ten found."""
    pairs = zip(found, truth.tolist(), strict=True)
    return float(np.mean([len({*own[:10]} & {*exact}) / len(exact) for own, exact in pairs]))


def shuffled(numbers: Sequence[int], seed: int) -> list[int]:
    """In another order, so that no client follows in the footsteps of the one before."""
    return random.Random(seed).sample(list(numbers), len(numbers))
