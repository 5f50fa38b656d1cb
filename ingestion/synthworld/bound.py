"""The slices of pictures with a twin: what belongs to what (I1), and where it is (I2)."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from PIL import Image

from ingestion.synthworld.asking import Find, by_towers
from ingestion.synthworld.rows import Row, share
from search.evaluation.synthworld.bound import colours_shown
from search.evaluation.synthworld.slices import twin_accuracy
from search.evaluation.synthworld.texts import Question
from search.evaluation.synthworld.world import DOCUMENTS
from search.models import Corpus


def rows(asked: Mapping[str, Sequence[Question]], corpus: Corpus, folder: Path) -> Iterator[Row]:
    """Towers against a bag of the same words, and against the colours wherever they are.

    Twins have the same words and the same colours: neither can tell them apart.
    """
    towers = by_towers(corpus, folder, within=True)
    for name in ("I1", "I2"):
        for held_out, word in ((False, "seen pairs"), (True, "held-out pairs")):
            own = [one for one in asked[name] if one.held_out == held_out]
            yield share(name, f"towers, {word}", [_seen(one, towers) for one in own], least=0.7)
        bag = [_seen(_in_order_of_letters(one), towers) for one in asked[name]]
        yield share(name, "bag of the words", bag, least=0.5, most=0.5)
        shown = [_shown(one, folder) for one in asked[name]]
        yield share(name, "pooled colours", shown, least=0.5, most=0.5)


def _seen(question: Question, find: Find) -> float:
    """1 if the picture scores above its twin, one half if they are equal."""
    scores = {one.source.filename: one.score for one in find(question, 10)}
    own, other = (scores.get(names[0], -1.0) for names in (question.gold, question.beside))
    return twin_accuracy(np.array([own]), np.array([other]))


def _in_order_of_letters(question: Question) -> Question:
    words = question.text.replace(",", " ").split()
    return replace(question, text=" ".join(sorted(words)))


def _shown(question: Question, folder: Path) -> float:
    own, other = (
        colours_shown(np.asarray(Image.open(folder / DOCUMENTS / names[0])), question.text)
        for names in (question.gold, question.beside)
    )
    return twin_accuracy(np.array([own]), np.array([other]))
