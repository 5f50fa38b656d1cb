"""SynthWorld asked of the product, slice by slice: what must succeed, and what cannot."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from ingestion.synthworld import answered, bound, combined, looked, statements, texts, twins
from ingestion.synthworld.asking import TOWERS, by_recipe
from ingestion.synthworld.rows import Row, hits
from search.conf import conf
from search.evaluation.synthworld.texts import Question
from search.evaluation.synthworld.world import read_questions
from search.models import Corpus
from search.types import Filters

KINDS = {"text": ("text", "page"), "image": ("image",), "video": ("video",), "audio": ("audio",)}


def table(folder: Path, corpus: Corpus) -> Iterator[Row]:
    """Every slice with what each system reached; those that look only where towers are set."""
    asked = _by_slice(read_questions(folder))
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


def _by_slice(questions: Iterator[Question]) -> Mapping[str, Sequence[Question]]:
    found: dict[str, list[Question]] = {}
    for question in questions:
        found.setdefault(question.slice, []).append(question)
    return found
