"""What a person asked and marked before, as far as the next question may lean on it."""

from search.models import Answer, Feedback
from search.types import Turn, Viewer

MOST_MARKS = 50


def turn_of(answer: Answer) -> Turn:
    """An answer with its question; the titles of what it cites are what it speaks of."""
    body = answer.body
    titles = [citation["document"]["title"] for citation in body.get("citations", ())]
    named = tuple(dict.fromkeys(title for title in titles if title))
    return Turn(answer.search.text, body.get("text", ""), named)


def marked(viewer: Viewer, text: str) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """The passages this person found helpful for the same words, and those not; latest first."""
    if viewer.user_id is None or not text.strip():
        return (), ()
    votes = Feedback.objects.filter(
        user_id=viewer.user_id, search__text__iexact=text.strip(), passage_id__isnull=False
    ).order_by("-created_at")
    found = dict[int, int]()
    for passage, value in votes.values_list("passage_id", "value")[:MOST_MARKS]:
        found.setdefault(passage, value)
    return (
        tuple(passage for passage, value in found.items() if value > 0),
        tuple(passage for passage, value in found.items() if value < 0),
    )
