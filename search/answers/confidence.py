"""How sure one may be of a hit: what its scores say, beside those of the library, as a chance.

A score means nothing by itself; a question's scores on passages drawn at random say what it means.
The weights, the chances and the cut-off were fitted on judged questions (bench/fit_confidence.py);
a library with votes of its own has chances of its own.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from search.calibration import Isotonic

Rows = NDArray[np.float64]

SHIPPED = Path(__file__).with_name("confidence.json")
SIGNS = (
    "words",  # the BM25 score over the idf of all that was asked, words nobody has included
    "words_below",  # how far that is below the best hit's
    "meaning",  # deviations above a random sample, less what the best unrelated one would reach
    "meaning_below",  # how far that is below the best hit's
)


@dataclass(frozen=True, slots=True)
class Model:
    """A logistic model of the signs, the chance that belongs to its scores, and the cut-off.

    ``cut_off`` is the score below which a hit does not match well. The scores are log-odds.
    """

    weights: Mapping[str, float]
    constant: float
    cut_off: float
    isotonic: Isotonic

    def scores(self, rows: Rows) -> Rows:
        """One score a row of SIGNS: (n, 4) -> (n,)."""
        weights = np.array([self.weights.get(name, 0.0) for name in SIGNS])
        return np.asarray(rows @ weights + self.constant, dtype=np.float64)


@dataclass(frozen=True, slots=True)
class Models:
    """One model for lists that words and meaning made, one for lists of words alone."""

    with_meaning: Model
    words_only: Model

    @property
    def digest(self) -> str:
        """Changes with the scores: chances fitted on other scores do not belong to these."""
        kept = [[dict(one.weights), one.constant] for one in (self.with_meaning, self.words_only)]
        return hashlib.sha256(json.dumps(kept, sort_keys=True).encode()).hexdigest()[:16]

    def to_json(self) -> str:
        """The same for the same models, to the byte."""
        return json.dumps(asdict(self), sort_keys=True, indent=1) + "\n"

    @classmethod
    def from_json(cls, text: str) -> "Models":
        """Raises ValueError or KeyError when the text holds no such models."""
        given: Mapping[str, Any] = json.loads(text)
        return cls(**{name: _model(given[name]) for name in ("with_meaning", "words_only")})


def signs(words: Sequence[float], meaning: Sequence[float] | None) -> Rows:
    """The rows of SIGNS of one list of hits, (n, 4); without meaning its signs are 0."""
    held = np.asarray(words, dtype=np.float64)
    near = np.zeros(len(held)) if meaning is None else np.asarray(meaning, dtype=np.float64)
    best = [column.max() if len(column) else 0.0 for column in (held, near)]
    return np.stack([held, best[0] - held, near, best[1] - near], axis=1)


@cache
def shipped() -> Models:
    """The models that come with the product."""
    return Models.from_json(SHIPPED.read_text(encoding="utf-8"))


def _model(given: Mapping[str, Any]) -> Model:
    isotonic = Isotonic.from_json(json.dumps(given["isotonic"]))
    weights = {str(name): float(value) for name, value in given["weights"].items()}
    return Model(weights, float(given["constant"]), float(given["cut_off"]), isotonic)
