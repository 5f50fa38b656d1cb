"""Answers made of the library's own sentences: no language model, nothing paraphrased.

The weights below were fitted by logistic regression (bench/fit_answers.py).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from search.generators.base import Draft, Drafted, Embed, Generator, Quote
from search.generators.questions import Part, language_of, offers, parts
from search.generators.reading import FEATURES, Unit, features, read, weigh
from search.types import Evidence

Vector = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Weighing:
    """A logistic model over named features."""

    weights: Mapping[str, float]
    constant: float

    def vector(self, names: Sequence[str]) -> Vector:
        return np.array([self.weights.get(name, 0.0) for name in names])


# How likely a sentence holds the answer. "first" and "prior" stand at half of their fitted values:
# that serves questions with evidence in two documents, and costs the others nothing. The rows of
# _BY_HAND are not fitted, for the data has no headings, questions or bibliographies.
_BY_HAND = {"restates": -1.5, "fragment": -1.5, "asks": -4.0, "reference": -2.0, "brief": -0.3}
WITH_MEANING = Weighing(
    {"own": 3.9, "near": -0.4, "pairs": 1.4, "meaning": 1.9, "carries": 0.4}
    | {"lacks": -1.3, "lacks_figure": -2.0, "first": 1.6, "prior": 1.9}
    | _BY_HAND,
    -7.2,
)
WORDS_ONLY = Weighing(
    {"own": 4.5, "near": -0.3, "pairs": 1.8, "carries": 0.4}
    | {"lacks": -1.3, "lacks_figure": -2.0, "first": 1.8, "prior": 1.9}
    | _BY_HAND,
    -6.9,
)

# How likely the evidence holds an answer at all.
SIGNS = ("own", "context", "meaning", "most_meaning", "most_context", "lacks", "lacks_figure")
HELD_WITH_MEANING = Weighing(
    {"own": 1.6, "context": 3.0, "meaning": 3.4, "lacks": -0.1, "lacks_figure": -1.2}
    | {"most_meaning": 4.5, "most_context": 2.5},
    -8.0,
)
HELD_WORDS_ONLY = Weighing(
    {"own": 3.2, "context": 3.3, "most_context": 2.7, "lacks": -0.5, "lacks_figure": -1.5}, -4.6
)
REFUSE_BELOW = 0.22  # beside the cut-off of the list, which refuses by itself

MOST = 6  # sentences of an answer
MOST_OF_PART = 3
KEEP_FROM = 0.25  # of the best sentence's chance
SAME_FROM = 0.6  # share of common words above which two sentences say the same


class Extractive(Generator):
    """The sentences that answer, best first, each quoted exactly.

    Each part of the question is answered by itself, so that one answer may rest on a page and a
    recording. Refuses when no part is answered; says which part is not.
    """

    name = "extractive"

    def __init__(self, *, most: int = MOST, refuse_below: float = REFUSE_BELOW) -> None:
        self.most = most
        self.refuse_below = refuse_below

    def write(
        self,
        question: str,
        evidence: Sequence[Evidence],
        *,
        embed: Embed | None = None,
        weights: Mapping[str, float] | None = None,
    ) -> Draft:
        """The sentences that answer, or a refusal. ``confidence`` is not calibrated."""
        language = language_of(question)
        asked = parts(question, language)
        units = read(evidence, language)
        if not asked or not units:
            return Draft(refused=True)
        telling = weigh(units, weights)
        replies = [_reply(part, units, telling, language, embed) for part in asked]
        held = [reply for reply in replies if reply.chance >= self.refuse_below]
        confidence = float(np.mean([reply.chance for reply in replies]))
        if not held:
            return Draft(refused=True, confidence=confidence)
        chosen = _merged(held, self.most)
        missing = [reply.part.text for reply in replies if reply not in held]
        notes = tuple(f"Nothing found answers this part: {text}" for text in missing)
        return Draft(tuple(_drafted(unit) for unit in chosen), False, confidence, notes)


@dataclass(frozen=True, slots=True)
class _Reply:
    """What was found for one part: sentences best first, and the chance that they answer it."""

    part: Part
    units: tuple[Unit, ...]
    chances: tuple[float, ...]
    chance: float


def sentence_chances(rows: Vector, *, by_meaning: bool) -> Vector:
    """The chance of each row of FEATURES to hold the answer: (units,)."""
    model = WITH_MEANING if by_meaning else WORDS_ONLY
    return _logistic(rows @ model.vector(FEATURES) + model.constant)


def signs(rows: Vector, best: int) -> Vector:
    """What tells whether there is an answer at all, in the order of SIGNS."""
    column = {name: rows[:, i] for i, name in enumerate(FEATURES)}
    context = column["own"] + column["near"]
    return np.array(
        [
            column["own"][best],
            context[best],
            column["meaning"][best],
            column["meaning"].max(),
            context.max(),
            column["lacks"][best],
            column["lacks_figure"][best],
        ]
    )


def held_chance(rows: Vector, best: int, *, by_meaning: bool) -> float:
    """The chance that the evidence answers, given its sentences and the best of them."""
    model = HELD_WITH_MEANING if by_meaning else HELD_WORDS_ONLY
    return float(_logistic(signs(rows, best) @ model.vector(SIGNS) + model.constant))


def _reply(
    part: Part,
    units: Sequence[Unit],
    weights: Mapping[str, float],
    language: str,
    embed: Embed | None,
) -> _Reply:
    rows = features(part, units, weights, language=language, embed=embed)
    chances = sentence_chances(rows, by_meaning=embed is not None)
    order = [int(i) for i in np.argsort(-chances, kind="stable")]
    chosen = order[:1] + _completion(part, units, order[0], language)
    for at in order[1:]:
        if len(chosen) >= MOST_OF_PART or chances[at] < KEEP_FROM * chances[order[0]]:
            break
        if not any(_same(units[at], units[other]) for other in chosen):
            chosen.append(at)
    return _Reply(
        part=part,
        units=tuple(units[at] for at in chosen),
        chances=tuple(float(chances[at]) for at in chosen),
        chance=held_chance(rows, order[0], by_meaning=embed is not None),
    )


def _completion(part: Part, units: Sequence[Unit], best: int, language: str) -> list[int]:
    """The next sentence, when it holds the kind of thing asked for and the best one does not.

    "Richer's clock lost time in Cayenne. It was slower because …"
    """
    after = best + 1
    if not part.wanted or after == len(units) or units[after].label != units[best].label:
        return []
    asked = part.own | part.borrowed
    here, there = (
        max(offers(kind, units[at].text, asked, language) for kind in part.wanted)
        for at in (best, after)
    )
    return [after] if there > 0.5 > here else []


def _merged(replies: Sequence[_Reply], most: int) -> list[Unit]:
    """The best sentence of every part first, then the others by their chance."""
    first = [reply.units[0] for reply in replies]
    others = [
        (-chance, number, unit)
        for number, reply in enumerate(replies)
        for unit, chance in zip(reply.units[1:], reply.chances[1:], strict=True)
    ]
    ranked = [*first, *(unit for _, _, unit in sorted(others, key=lambda entry: entry[:2]))]
    chosen: list[Unit] = []
    for unit in ranked:
        if len(chosen) < most and not any(_same(unit, other) for other in chosen):
            chosen.append(unit)
    return chosen


def _same(one: Unit, other: Unit) -> bool:
    if (one.label, one.span) == (other.label, other.span):
        return True
    union = one.stems | other.stems
    return bool(union) and len(one.stems & other.stems) / len(union) >= SAME_FROM


def _drafted(unit: Unit) -> Drafted:
    return Drafted(unit.text, (Quote(unit.label, unit.span.start, unit.span.end),), (unit.label,))


def _logistic(values: Vector) -> Vector:
    return 1.0 / (1.0 + np.exp(-np.clip(values, -40, 40)))
