"""The contract of everything that writes answers from evidence."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from search.types import Evidence

Embed = Callable[[Sequence[str]], NDArray[np.float32]]
"""Texts in, one unit vector a row out: (texts, dim)."""


@dataclass(frozen=True, slots=True)
class Quote:
    """Characters ``start:end`` of the passage that carries this label."""

    label: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Drafted:
    """A sentence as written. Exact ``quotes`` when the writer copied, else only ``labels``."""

    text: str
    quotes: tuple[Quote, ...] = ()
    labels: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Draft:
    """What a generator wrote, before anything of it is checked.

    ``confidence`` is the writer's own estimate that its sentences answer the question, 0..1.
    """

    sentences: tuple[Drafted, ...] = ()
    refused: bool = False
    confidence: float = 0.0
    notes: tuple[str, ...] = ()


class Generator(ABC):
    """Writes an answer from labelled evidence and from nothing else."""

    name: str

    @abstractmethod
    def write(
        self,
        question: str,
        evidence: Sequence[Evidence],
        *,
        embed: Embed | None = None,
        weights: Mapping[str, float] | None = None,
    ) -> Draft:
        """An answer, or a refusal when the evidence does not hold one.

        ``embed`` compares sentences by meaning; without it words alone decide. ``weights`` says
        how telling a stem is in the library asked (its idf); stems it does not know are weighed by
        the evidence.
        """
