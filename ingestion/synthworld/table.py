"""SynthWorld asked of the product, slice by slice: what must succeed, and what cannot."""

from collections.abc import Iterable, Iterator
from pathlib import Path

from ingestion.synthworld import answered, bound, combined, looked, statements, texts, twins
from ingestion.synthworld.asking import TOWERS, by_recipe
from ingestion.synthworld.rows import Row, hits
from search.conf import conf
from search.errors import SearchError
from search.evaluation.synthworld.texts import Question
from search.evaluation.synthworld.world import read_questions
from search.models import Corpus
from search.types import Filters

KINDS = {"text": ("text", "page"), "image": ("image",), "video": ("video",), "audio": ("audio",)}


def table(folder: Path, corpus: Corpus) -> Iterator[Row]:
    """Every slice with what each system reached; those that look only where towers are set."""
    asked = by_slice(read_questions(folder))
    for of in (texts, statements, answered):
        yield from of.rows(asked, corpus, folder)
    if TOWERS in conf().media_spaces:
        for of in (looked, bound, combined):
            yield from of.rows(asked, corpus, folder)
        yield from twins.rows()


def ablation(folder: Path, corpus: Corpus) -> Iterator[Row]:
    """Success among the first ten by each kind of passage alone, by all, and by all but one."""
    wanted = [q for q in read_questions(folder) if q.gold and not q.file]
    everything = tuple(kind for several in KINDS.values() for kind in several)
    named: dict[str, tuple[str, ...]] = {"all": everything, **KINDS}
    named |= {
        f"all but {name}": tuple(kind for kind in everything if kind not in several)
        for name, several in KINDS.items()
    }
    for name, kinds in named.items():
        find = by_recipe(corpus, folder, "default", Filters(kind=kinds))
        yield hits(wanted, name, find, 10, slice_="all slices")


class Slices(dict[str, list[Question]]):
    """Questions by the name of their slice, in the order of the first of each."""

    def __missing__(self, name: str) -> list[Question]:
        raise SearchError(f"This world asks nothing of {name}; generate it anew.")


def by_slice(questions: Iterable[Question]) -> Slices:
    """The questions of each slice; one that is not there is an error to ask for."""
    found = Slices()
    for question in questions:
        found.setdefault(question.slice, []).append(question)
    return found
