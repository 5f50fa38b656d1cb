"""A question of several conditions, each of which a hit should meet: split by rules, and scored."""

import re

import numpy as np
from numpy.typing import NDArray

SHARE, SHARPNESS = 0.5, 10.0
MOST = 5  # conditions in words
_FIRST_WORD = (  # a thing of its own begins so; "black and white" is one thing
    r"(?:an?|the|some|no|one|two|three|it|something|somebody|someone|eine?[mnrs]?|de[mnrs]|die|das"
    r"|une?|la|le|les|des|un[ao]?|el|los|las|il|lo|gli)"
)
_BETWEEN = re.compile(
    rf"\s*;\s*|\s*,?\s+(?:and|und|et|y|e)\s+(?={_FIRST_WORD}\b)|\s*,\s*(?={_FIRST_WORD}\b)",
    re.IGNORECASE,
)
_SAID_TWICE = re.compile(r"\b(?:between|both|zwischen|entre|tra)\b", re.IGNORECASE)
Scores = NDArray[np.floating]


def conditions_of(text: str) -> tuple[str, ...]:
    """The conditions that a text names, in their order; itself where it names one.

    "a red circle and a rising tone" names two; "a black and white cat" and "a path between a house
    and a tree" one. At most five: of more, the text is left whole.
    """
    whole = " ".join(text.split())
    if not whole:
        return ()
    if _SAID_TWICE.search(whole):
        return (whole,)
    pieces = tuple(dict.fromkeys(piece.strip(" .") for piece in _BETWEEN.split(whole)))
    is_several = 1 < len(pieces) <= MOST and all(len(piece.split()) > 1 for piece in pieces)
    return pieces if is_several else (whole,)


def softmin(cosines: Scores, *, sharpness: float = SHARPNESS) -> Scores:
    """Of each column of (conditions, n) the smallest number, softly, (n,).

    -log(mean(exp(-sharpness cosine))) / sharpness: the mean where sharpness is near 0, the minimum
    where it is large; it rises with each of the cosines.
    """
    lowest = cosines.min(axis=0)
    above = np.exp(-sharpness * (cosines - lowest)).mean(axis=0)
    return np.asarray(lowest - np.log(above) / sharpness)


def per_condition(
    whole: Scores, cosines: Scores, *, share: float = SHARE, sharpness: float = SHARPNESS
) -> Scores:
    """(1 - share) cos(whole question) + share softmin over conditions, (n,).

    ``whole`` (n,) and ``cosines`` (conditions, n). With one condition the question is that
    condition, and the score is ``whole``.

    Source: the score is our own; of questions with several conditions, MERIT (2025), which found
    that single vectors forget some of them.
    """
    if len(cosines) < 2:
        return np.asarray(whole)
    return (1 - share) * whole + share * softmin(cosines, sharpness=sharpness)


def shares(
    whole: float, cosines: Scores, *, share: float = SHARE, sharpness: float = SHARPNESS
) -> Scores:
    """Of one hit what the whole question and each condition gave, (1 + conditions,), summing to 1.

    What the conditions give together is theirs by how well each is met; what is below 0 gives
    nothing.
    """
    together = share * max(float(softmin(cosines[:, None], sharpness=sharpness)[0]), 0.0)
    met = np.clip(cosines, 0.0, None)
    parts = np.concatenate([
        [(1 - share) * max(whole, 0.0)], together * met / max(float(met.sum()), 1e-9)
    ])  # fmt: skip
    total = float(parts.sum())
    return parts / total if total > 0 else np.full(len(parts), 1 / len(parts))
