"""The slices of pictures, pages, films and sounds as files."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from ingestion.synthworld.asking import Find, beginning, by_recipe, by_towers
from ingestion.synthworld.rows import Row, hits, share
from search.evaluation.synthworld.texts import Question
from search.models import Corpus
from search.types import Candidate


def rows(asked: Mapping[str, Sequence[Question]], corpus: Corpus, folder: Path) -> Iterator[Row]:
    """What towers reached, and what cannot look or listen."""
    towers, bm25 = by_towers(corpus, folder), by_recipe(corpus, folder, "bm25")
    yield hits(asked["V5"], "towers (frames only)", towers, 1, most=0.3)
    for name, least in (("I0", 0.6), ("A1", 0.6)):
        yield hits(asked[name], "towers", towers, 1, least=least)
        yield hits(asked[name], "bm25 (no words there)", bm25, 1, most=0.05)
    pages = by_towers(corpus, folder, kinds=("page",))
    yield hits(asked["P1"], "towers, page images", pages, 1, least=0.5)
    yield hits(asked["P1"], "bm25 (no words there)", bm25, 1, most=0.05)
    for held_out in (False, True):
        own = [q for q in asked["V2"] if q.held_out == held_out]
        word = "held-out pairs" if held_out else "seen pairs"
        yield hits(own, f"towers, files, {word}", towers, 1, least=0.5)
    clips = by_towers(corpus, folder, within=True)
    yield _moments(asked["V4"], "clips of it, IoU ≥ .5", clips, least=0.5)
    yield _moments(asked["V4"], "its beginning (chance)", beginning(corpus), most=0.4)
    yield from _composed(asked["I3"], corpus, folder, towers)


def _composed(
    questions: Sequence[Question], corpus: Corpus, folder: Path, towers: Find
) -> Iterator[Row]:
    """A picture with words, which neither of them alone can beat."""
    composed = hits(questions, "picture and words", towers, 1)
    parts = [
        hits(questions, f"{part} alone", by_towers(corpus, folder, part=part), 1)
        for part in ("file", "words")
    ]
    yield replace(composed, least=max(one.value for one in parts))
    yield from (replace(one, most=composed.value) for one in parts)


def _moments(
    questions: Sequence[Question],
    system: str,
    find: Find,
    *,
    least: float | None = None,
    most: float | None = None,
) -> Row:
    values = []
    for question in questions:
        best = next(iter(find(question, 1)), None)
        is_right = best is not None and best.source.filename in question.gold
        values.append(float(is_right and _iou(best, question) >= 0.5))
    return share("V4", system, values, measure="R@1", least=least, most=most)


def _iou(found: Candidate | None, wanted: Question) -> float:
    if found is None or found.locator.start_s is None or found.locator.end_s is None:
        return 0.0
    start, end = wanted.start_s or 0.0, wanted.end_s or 0.0
    both = min(found.locator.end_s, end) - max(found.locator.start_s, start)
    either = max(found.locator.end_s, end) - min(found.locator.start_s, start)
    return max(both, 0.0) / either if either else 0.0
