"""The words that stand beside what is seen and heard: on the page, in the picture, at that time."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Protocol

import numpy as np

MOST_CHARACTERS = 1000  # of which encoders read the beginning


class Placed(Protocol):
    """A passage, stored or not yet, as far as its place goes."""

    @property
    def text(self) -> str: ...
    @property
    def page(self) -> int | None: ...
    @property
    def start_s(self) -> float | None: ...
    @property
    def end_s(self) -> float | None: ...
    @property
    def picture(self) -> str: ...


def words_beside(looked_at: Sequence[Placed], worded: Sequence[Placed]) -> list[str]:
    """For each passage of a document that is looked at the words that belong to it, in order.

    A figure has its caption; what has a time takes what is said meanwhile; what has a page the
    words on it; any other picture the words that were read in it.
    """
    by_page, by_picture = defaultdict[int, list[str]](list), defaultdict[str, list[str]](list)
    for one in worded:
        if one.start_s is None and one.page is not None:
            by_page[one.page].append(one.text)
        elif one.start_s is None and one.picture:
            by_picture[one.picture].append(one.text)
    said = _Said([one for one in worded if one.start_s is not None])
    return [_joined(_beside(one, said, by_page, by_picture)) for one in looked_at]


def _beside(
    one: Placed,
    said: "_Said",
    by_page: Mapping[int, Sequence[str]],
    by_picture: Mapping[str, Sequence[str]],
) -> Sequence[str]:
    if one.text:
        return (one.text,)
    if one.start_s is not None:
        return said.between(one.start_s, one.start_s if one.end_s is None else one.end_s)
    return by_picture.get(one.picture, ()) if one.page is None else by_page.get(one.page, ())


class _Said:
    """Words with their times; hours of them are looked through for thousands of clips."""

    def __init__(self, worded: Sequence[Placed]) -> None:
        self._texts = [one.text for one in worded]
        self._starts = np.array([one.start_s or 0.0 for one in worded])
        self._ends = np.array([one.end_s or 0.0 for one in worded])

    def between(self, start: float, end: float) -> list[str]:
        places = np.flatnonzero((self._starts < end) & (self._ends > start))
        return [self._texts[at] for at in places]


def _joined(texts: Sequence[str]) -> str:
    return " ".join(" ".join(texts).split())[:MOST_CHARACTERS]
