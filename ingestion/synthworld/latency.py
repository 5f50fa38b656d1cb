"""How long each kind of question takes in a large world."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ingestion.synthworld.asking import by_recipe
from ingestion.synthworld.table import by_slice
from search.evaluation.measures import percentile
from search.evaluation.synthworld.world import read_questions
from search.models import Corpus, Passage

RECIPES = ("bm25", "dense", "default")


@dataclass(frozen=True, slots=True)
class Latency:
    """Milliseconds of the whole walk of a query, one question after another, nothing kept."""

    kind: str
    recipe: str
    questions: int
    p50_ms: float
    p95_ms: float


def latencies(folder: Path, corpus: Corpus) -> Iterator[Latency]:
    """By kind of question and recipe; the first question of a recipe is asked once before."""
    asked = by_slice(read_questions(folder))
    for recipe in RECIPES:
        find = by_recipe(corpus, folder, recipe)
        for number, (kind, questions) in enumerate(asked.items()):
            if not number:
                find(questions[0], 10)  # loads the encoder
            took = []
            for question in questions:
                began = time.perf_counter()
                find(question, 10)
                took.append((time.perf_counter() - began) * 1000)
            ends = (round(percentile(took, percent), 1) for percent in (50, 95))
            yield Latency(kind, recipe, len(questions), *ends)


def passages(corpus: Corpus) -> int:
    """How many passages are searched."""
    return Passage.objects.filter(corpus=corpus).count()
