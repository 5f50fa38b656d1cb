"""Several recipes measured in one scratch corpus, with progress on a terminal."""

from collections.abc import Sequence

from search.evaluation.bars import bar
from search.evaluation.figures import Measured
from search.evaluation.fitted import measure_fitted
from search.evaluation.lines import Collection
from search.evaluation.runner import FITTED, measure
from search.evaluation.scratch import load, scratch_corpus


def measure_all(collection: Collection, recipes: Sequence[str]) -> list[Measured]:
    """One measurement for each recipe; nothing of the corpus stays."""
    measured = []
    with scratch_corpus() as corpus:
        with bar(len(collection.documents), "indexing") as done:
            keys = load(corpus, collection.documents, done)
        for name in recipes:
            with bar(len(collection.queries), name) as done:
                measuring = measure_fitted if name.endswith(FITTED) else measure
                measured.append(measuring(name, collection, corpus.pk, keys, done))
    return measured
