"""A follow-up ("and in 2023?") as a question that stands alone."""

import re

from search.generators.terms import content_terms, guess_language, terms
from search.transforms.base import (
    EVERYTHING,
    NOTHING_KNOWN,
    Context,
    Generate,
    SubQuery,
    Transform,
)
from search.transforms.deadline import written_in_time
from search.transforms.normalise import Identifier, understand
from search.types import Turn

MOST_ENTITIES = 3
MOST_TURNS = 3  # of the conversation that a model is shown
_ANSWER_SHOWN = 400  # characters of an answer
_PROMPT = """Rewrite the last question so that it can be understood without the conversation.
Keep its meaning and its language. Write the question alone.

{turns}
Last question: {question}
"""
_OPENS = re.compile(
    r"^\W*(?:and|but|also|so|then|or|what\s+(?:about|else)|how\s+about|why\s+not|und|aber|was\s+ist"
    r"\s+mit|et|mais|y|pero|e|ma|en|maar)\b",
    re.IGNORECASE,
)
_POINTS_BACK = re.compile(
    r"\b(?:it|its|he|him|his|she|hers?|they|them|theirs?|this|that|these|those|the\s+(?:same|other"
    r"|first|last|former|latter|previous|next)(?:\s+ones?)?|there|then|er|sie|es|ihn|ihm|ihre?|dort"
    r"|il|elle|ils|elles|celui-ci|él|ella|ellos|ellas)\b",
    re.IGNORECASE,
)
_SAYS_THAT = re.compile(r"\b\w+\s+that\s+(?:\w+)", re.IGNORECASE)  # "the bird that sings"
_NAME = re.compile(r"\b[A-Z][\w'’\-]*(?:\s+(?:(?:of|the|de|van|von|der)\s+)*[A-Z][\w'’\-]*)*")
_SHORT = 2  # content words up to which a question without a verb of its own leans on the last


class RewriteFollowup(Transform):
    """A follow-up made to stand alone, by rules or by a language model in time.

    The stand-alone question finds, and it judges too, for the words typed are no question by
    themselves; they stay in the list for no use but to be shown. A question that stands alone is
    left as it is.
    """

    name = "rewrite_followup"

    def __init__(self, *, generate: Generate | None = None, deadline_ms: float = 1000) -> None:
        self.generate = generate
        self.deadline_ms = deadline_ms

    def apply(self, query_text: str, context: Context = NOTHING_KNOWN) -> tuple[SubQuery, ...]:
        if not context.turns or not is_followup(query_text, context.language):
            return (SubQuery(query_text),)
        prompt = _PROMPT.format(turns=_told(context.turns), question=query_text)
        written = written_in_time(self.generate, prompt, deadline_ms=self.deadline_ms)
        line = written.splitlines()[0].strip() if written else ""
        text = line or standing_alone(query_text, context.turns[-1], context.language)
        origin = f"{self.name}:{'model' if line else 'rules'}"
        return (
            SubQuery(text, use_for=EVERYTHING, origin=origin),
            SubQuery(query_text, weight=0.0, use_for=frozenset()),
        )


def is_followup(question: str, language: str = "") -> bool:
    """Whether the question leans on what was said before."""
    language = language or guess_language(question)
    if _OPENS.search(question):
        return True
    said = content_terms(question, language)
    own = _names(question)
    if _POINTS_BACK.search(_SAYS_THAT.sub(" ", question)) and not own:
        return True
    fragment = question.rstrip().endswith("?") and len(terms(question, language)) <= _SHORT + 1
    return not said or (fragment and len(said) <= 1)


def standing_alone(question: str, last: Turn, language: str = "") -> str:
    """The follow-up with what it leans on.

    A date takes the place of the last question's date ("and in 2023?"); otherwise the entities of
    the last answer are added in brackets, and the last question's words where the follow-up names
    no verb or thing of its own.
    """
    language = language or guess_language(last.question)
    dated = _with_date(question, last.question, language)
    if dated:
        return dated
    entities = last.entities or _names(last.answer) or _names(last.question)
    words = [last.question[t.start : t.end] for t in content_terms(last.question, language)]
    own = content_terms(_OPENS.sub("", question), language)
    added = [*entities[:MOST_ENTITIES]]
    if len(own) <= _SHORT or not added:
        added = [*words, *added]
    held = question.casefold()
    new = [text for text in dict.fromkeys(added) if text.casefold() not in held]
    return f"{question} ({' '.join(new)})" if new else question


def _with_date(question: str, last: str, language: str) -> str:
    """The last question about another date; empty unless the follow-up is but a date."""
    asked, before = understand(question), understand(last)
    if len(asked.dates) != 1 or len(before.dates) != 1:
        return ""
    rest = _OPENS.sub("", _without(asked.text, asked.dates[0]))
    if content_terms(rest, language):
        return ""
    old, new = before.dates[0], asked.dates[0]
    return f"{before.text[: old.start]}{asked.text[new.start : new.end]}{before.text[old.end :]}"


def _without(text: str, found: Identifier) -> str:
    return f"{text[: found.start]} {text[found.end :]}"


def _names(text: str) -> tuple[str, ...]:
    """Runs of capitalised words; one that opens a sentence alone may be no name."""
    found: dict[str, None] = {}
    for match in _NAME.finditer(text):
        before = text[: match.start()].rstrip()
        words = match.group().split()
        if not before or before[-1] in ".!?:\n":
            words = words if len(words) > 1 and content_terms(words[0]) else words[1:]
        if words:
            found.setdefault(" ".join(words))
    return tuple(found)


def _told(turns: tuple[Turn, ...]) -> str:
    return "\n".join(
        f"Question: {turn.question}\nAnswer: {turn.answer[:_ANSWER_SHOWN]}"
        for turn in turns[-MOST_TURNS:]
    )
