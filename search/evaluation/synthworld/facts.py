"""Facts that two documents hold together, nearly the same statements, and sources that disagree."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from search.evaluation.synthworld.names import own_names
from search.evaluation.synthworld.texts import Question

DECOYS = 12  # passages that name both things of a comparison and tell of neither
Made = tuple[dict[str, str], list[Question]]  # texts by the names of their files, and questions

_COMPARED = (
    ("Compare the founding year of {a} and {b}.", "{value}"),
    ("What is the difference in depth between {a} and {b}?", "{value} metres"),
    ("How do {a} and {b} differ in population?", "{value} persons"),
    ("Compare the annual rainfall of {a} with {b}.", "{value} mm"),
)
_TOLD = (
    "The {of} of {one} is {figure}. Since the survey of {one}, no other {of} has been heard of.\n"
)
_SUBJECTS = ("founding year", "depth", "population", "annual rainfall")
_GUIDES = (
    "A map shows {a} and {b} and how their {of} is compared.",
    "Travellers between {a} and {b} ask for the {of} and its difference.",
    "This leaflet on {a} and {b} has a page about {of}.",
    "The {of} was compared by a guide who knows {a} and {b}.",
    "Between {a} and {b} a board explains what {of} means.",
    "School books compare {a} and {b} by their {of}.",
    "Who sees {a} and {b} in a day learns of the {of}.",
    "An old letter speaks of {a}, {b} and the difference in {of}.",
    "A coach runs from {a} to {b}; its driver likes to talk about {of}.",
    "Painters compare {a} and {b}, and so do people who study {of}.",
    "The society for {of} meets in {a} and in {b} by turns.",
    "A quiz about {of} has questions on {a} and on {b}.",
)
# A statement in few words and in many, with the place of its fact.
_COUNTED = (
    (
        "The bridge of {name} is {fact} metres long.",
        "Built of grey stone for carts and mail coaches, the bridge of {name} is {fact} metres "
        "long, from the toll house on the north bank to the chapel on the south bank.",
    ),
    (
        "The library of {name} holds {fact} maps.",
        "Since a captain left it his charts and his sea chest, the library of {name} holds {fact} "
        "maps, most of them drawn by hand on vellum and kept in oak drawers.",
    ),
)
_NEGATED = (
    (
        "The ferry of {name} does{fact} run in winter.",
        "Whatever the pilots of the upper river say about ice, storms and short days, the ferry of "
        "{name} does{fact} run in winter, as a board on the landing stage tells.",
    ),
    (
        "The gate of {name} is{fact} locked at night.",
        "By an old order of the council, which the watchmen with their lanterns still obey, the "
        "gate of {name} is{fact} locked at night, on feast days and on market days alike.",
    ),
)


@dataclass(frozen=True, slots=True)
class _Statement:
    """What is so, and what is not: each in few words and in many."""

    so: tuple[str, str]
    not_so: tuple[str, str]


def several(count: int, *, seed: int) -> Iterator[Made]:
    """The documents and questions of each slice, one after another."""
    yield _comparisons(count, seed=seed)
    yield _near_misses(count, seed=seed + 1)
    yield _traps(count, seed=seed + 2)
    yield _versions(count, seed=seed + 3)


def _comparisons(count: int, *, seed: int) -> Made:
    """T3: two documents hold a fact each; passages that name both things hold neither."""
    rng = np.random.default_rng([seed, 11])
    names = own_names(0, 2 * count)
    files: dict[str, str] = {}
    questions = []
    for number in range(count):
        (asked, figure), of = _COMPARED[number % 4], _SUBJECTS[number % 4]
        pair = names[2 * number], names[2 * number + 1]
        gold = []
        for letter, one in zip("ab", pair, strict=True):
            gold.append(f"fact-{number:04}{letter}.txt")
            value = figure.format(value=int(rng.integers(120, 1900)))
            files[gold[-1]] = _TOLD.format(one=one, of=of, figure=value)
        a, b = pair
        guides = [
            f"## Guide {k + 1}\n\n{_GUIDES[k % len(_GUIDES)].format(a=a, b=b, of=of)}\n"
            for k in range(DECOYS)
        ]
        files[f"guide-{number:04}.md"] = "\n".join(guides)
        text = asked.format(a=a, b=b)
        questions.append(Question("T3", text, gold=gold, beside=[f"guide-{number:04}.md"]))
    return files, questions


def _near_misses(count: int, *, seed: int) -> Made:
    """T4: a statement, and one that differs from it in a number or in a "not".

    Asked twice: once the false statement has all words of its source and the true one few of them,
    and once the other way round. So how alike words are says nothing about what is so.
    """
    rng = np.random.default_rng([seed, 12])
    files: dict[str, str] = {}
    questions = []
    for number, name in enumerate(own_names(1, count)):
        stated = (
            _counted(number // 2, name, rng) if number % 2 == 0 else _negated(number // 2, name)
        )
        source = f"claim-{number:04}.txt"
        files[source] = f"{stated.so[1]}\n"
        questions += [
            Question("T4", stated.so[words], gold=[source], denied=stated.not_so[1 - words])
            for words in (0, 1)
        ]
    return files, questions


def _traps(count: int, *, seed: int) -> Made:
    """C1: two documents of which one carries the statement, and the other another number.

    By turns the right one and the wrong one says it in as few words as the statement does.
    """
    rng = np.random.default_rng([seed, 13])
    files: dict[str, str] = {}
    questions = []
    for number, name in enumerate(own_names(2, count)):
        stated, words = _counted(number // 2, name, rng), number % 2
        source, trap = f"source-{number:04}.txt", f"trap-{number:04}.txt"
        files[source], files[trap] = f"{stated.so[words]}\n", f"{stated.not_so[1 - words]}\n"
        questions.append(Question("C1", stated.so[0], gold=[source], beside=[trap]))
    return files, questions


def _counted(number: int, name: str, rng: np.random.Generator) -> _Statement:
    """A statement with a number, and a number that is up to nine larger."""
    value = int(rng.integers(120, 980))
    return _both(_COUNTED[number % 2], name, str(value), str(value + int(rng.integers(1, 10))))


def _negated(number: int, name: str) -> _Statement:
    """A statement with a "not" and one without; either may be the true one."""
    facts = ("", " not") if number // 2 % 2 else (" not", "")
    return _both(_NEGATED[number % 2], name, *facts)


def _both(forms: tuple[str, str], name: str, fact: str, other: str) -> _Statement:
    few, many = forms
    return _Statement(
        (few.format(name=name, fact=fact), many.format(name=name, fact=fact)),
        (few.format(name=name, fact=other), many.format(name=name, fact=other)),
    )


def _versions(count: int, *, seed: int) -> Made:
    """Q2: two dated sources that disagree."""
    rng = np.random.default_rng([seed, 14])
    files: dict[str, str] = {}
    questions = []
    for number, name in enumerate(own_names(3, count)):
        year, metres = int(rng.integers(1900, 1990)), int(rng.integers(20, 80))
        later = year + int(rng.integers(5, 30))
        old, new = f"survey-{number:04}.txt", f"resurvey-{number:04}.txt"
        files[old] = (
            f"In {year} the lighthouse of {name} was {metres} metres high, as its keeper wrote "
            "into the book of the house.\n"
        )
        files[new] = (
            f"A survey of {later} found that the lighthouse of {name} is {metres + 3} metres high, "
            "counted from the rock upwards.\n"
        )
        asked = f"How high is the lighthouse of {name}?"
        says = [str(year), str(later), f"{metres} metres", f"{metres + 3} metres"]
        questions.append(Question("Q2", asked, gold=[old, new], says=says))
    return files, questions
