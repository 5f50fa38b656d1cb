"""A library's own chances: what confidence was worth, told by the votes on what was shown."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from statistics import fmean

from search.calibration import (
    LEAST_PAIRS,
    Isotonic,
    brier_score,
    expected_calibration_error,
    fit_isotonic,
)
from search.errors import SearchError
from search.models import Feedback

FOLDS = 5


@dataclass(frozen=True, slots=True)
class Vote:
    """A vote on a hit: what was said of it, and whether it was found relevant."""

    search_id: int
    match: float
    confidence: float
    relevant: bool


@dataclass(frozen=True, slots=True)
class Fitted:
    """Chances from votes; the errors are those on votes that did not help to fit."""

    chances: Isotonic
    votes: int
    brier: float
    brier_shown: float  # of what the voters were shown
    error: float  # expected calibration error
    error_shown: float

    @property
    def is_better(self) -> bool:
        """Whether the votes that were left out say so."""
        return self.brier < self.brier_shown


def fit_votes() -> Fitted:
    """The chances that all votes on hits give.

    Votes of one search are left out together, a fifth of the searches at a time.

    Raises:
        SearchError: there are fewer than 50 votes, or all say the same.
    """
    votes = list(_votes())
    if len(votes) < LEAST_PAIRS:
        raise SearchError(f"There are {len(votes)} votes on hits; {LEAST_PAIRS} are needed.")
    try:
        chances = _fitted(votes)
    except ValueError as error:
        raise SearchError(str(error)) from error
    said, so = _left_out(votes), [vote.relevant for vote in votes]
    shown = [vote.confidence for vote in votes]
    return Fitted(
        chances=chances,
        votes=len(votes),
        brier=brier_score(said, so),
        brier_shown=brier_score(shown, so),
        error=expected_calibration_error(said, so),
        error_shown=expected_calibration_error(shown, so),
    )


def _votes() -> Iterator[Vote]:
    """Oldest first; a hit of a time when nothing was measured cannot be used."""
    rows = Feedback.objects.filter(search__isnull=False).select_related("search").order_by("pk")
    for row in rows.iterator(1000):
        if row.search is None:
            continue
        for hit in row.search.body.get("hits", ()):
            if hit["passage"] == str(row.passage_id) and "match" in hit:
                yield Vote(row.search_id, hit["match"], hit["confidence"], row.value > 0)


def _left_out(votes: Sequence[Vote]) -> list[float]:
    """The chance of each vote by the votes on other searches."""
    searches = {key: place for place, key in enumerate(sorted({v.search_id for v in votes}))}
    folds = [searches[vote.search_id] % FOLDS for vote in votes]
    without = [
        _fitted_or_level([v for v, other in zip(votes, folds, strict=True) if other != fold])
        for fold in range(FOLDS)
    ]
    return [without[fold].chance(vote.match) for vote, fold in zip(votes, folds, strict=True)]


def _fitted_or_level(votes: Sequence[Vote]) -> Isotonic:
    """Where the votes are all alike, no more is known than how often they say yes."""
    try:
        return _fitted(votes, least=1)
    except ValueError:
        return Isotonic((0.0,), (fmean([vote.relevant for vote in votes] or [0.5]),))


def _fitted(votes: Sequence[Vote], *, least: int = LEAST_PAIRS) -> Isotonic:
    matches, relevant = [vote.match for vote in votes], [vote.relevant for vote in votes]
    return fit_isotonic(matches, relevant, least=least)
