"""A library of as many units as one likes, file by file: it asks how long, not how well."""

from collections.abc import Iterator
from itertools import batched

import numpy as np

from search.evaluation.synthworld.names import name
from search.evaluation.synthworld.texts import Question

UNITS = 100_000
PER_FILE = 200  # units of a file: passages of Markdown and records of BibTeX by turns
_TRADES = ("rope", "glass", "salt", "clocks", "barges", "paper", "wool", "lamps", "organs", "tiles")
_LANDS = ("the delta", "the moor", "the lower valley", "the islands", "the border", "the plateau")
_BUILT = ("granite", "brick", "oak", "slate", "iron", "limestone")
_PASSAGE = """## {place}

{place} lies in {land} and lives by making {trade}. Its hall was built of {stone} in {year} by the
guild of {other}, and has the mark {mark} above its door. In {later} the council of {place} counted
{count} workshops; most of them sold their {trade} to {third}, where the road over the hills ends.
"""
_RECORD = """@article{{unit{number},
  author = {{{other}, Ada and {third}, Carl}},
  title = {{On the making of {trade} in {place}}},
  journal = {{Yearbook of {land}}},
  year = {{{year}}},
  doi = {{10.5555/{mark}}},
  url = {{https://example.org/units/{number}}}
}}
"""


def files(units: int, *, seed: int) -> Iterator[tuple[str, bytes]]:
    """Names and contents, one file after another; each unit becomes a passage of its own."""
    for number, own in enumerate(batched(range(units), PER_FILE)):
        rng = np.random.default_rng([seed, 31, number])
        is_records = bool(number % 2)
        form, ending = (_RECORD, "bib") if is_records else (_PASSAGE, "md")
        body = "\n".join(form.format(**_unit(one, units, rng)) for one in own)
        yield f"docs/units-{number:05}.{ending}", body.encode()


def questions(units: int, *, each: int, seed: int) -> list[Question]:
    """``each`` questions of each kind about such a library; ``slice`` is the kind."""
    rng = np.random.default_rng([seed, 32])
    found = []
    for _ in range(each):
        place, other = (name(int(rng.integers(units))) for _ in range(2))
        trade, land = (_one(of, rng) for of in (_TRADES, _LANDS))
        asked = {
            "identifier": _mark(int(rng.integers(units))),
            "name": place,
            "fact": f"When was the hall of {place} built?",
            "meaning": f"people who earn their bread with {trade} near {land}",
            "comparison": f"Compare the workshops of {place} and {other}.",
            "phrase": f'"making of {trade}" {place}',
            "unknown": f"Which opera singer was born in {place} on a Thursday?",
        }
        found += [Question(kind, text) for kind, text in asked.items()]
    return found


def _unit(number: int, units: int, rng: np.random.Generator) -> dict[str, str | int]:
    year = int(rng.integers(1500, 1900))
    others = [name(int(one)) for one in rng.integers(units, size=2)]
    return {
        "number": number,
        "place": name(number),
        "other": others[0],
        "third": others[1],
        "land": _one(_LANDS, rng),
        "trade": _one(_TRADES, rng),
        "stone": _one(_BUILT, rng),
        "year": year,
        "later": year + int(rng.integers(10, 90)),
        "count": int(rng.integers(3, 400)),
        "mark": _mark(number),
    }


def _mark(number: int) -> str:
    return f"U{number:06}"


def _one(of: tuple[str, ...], rng: np.random.Generator) -> str:
    return of[int(rng.integers(len(of)))]
