"""A question of several parts as sub-questions beside the whole."""

import re

from search.generators.questions import parts
from search.generators.terms import content_terms, guess_language
from search.transforms.base import (
    NOTHING_KNOWN,
    TO_FIND,
    Context,
    Generate,
    SubQuery,
    Transform,
)
from search.transforms.comparisons import items_asked
from search.transforms.deadline import written_in_time

MOST = 5  # sub-questions
_PROMPT = """Split the question into at most {most} questions that can each be looked up on its own.
Write one on each line and nothing else. If it asks one thing only, write: SINGLE

Question: {question}
"""
_BULLET = re.compile(r"^\s*(?:[-*•]|\(?\d{1,2}[.):])\s*")
_ASKS = re.compile(  # the word of asking stands near the beginning
    r"(?:[\w'’,-]+\s+){0,3}?(?:who|whom|whose|when|where|why|what|which|how|is|are|was|were|do|does"
    r"|did|can|could|we[rmn]|wessen|wann|wo|woher|wohin|warum|was|welche[mnrs]?|wie|qui|quand|où"
    r"|pourquoi|combien|quel(?:le)?s?|qué|quién(?:es)?|cuándo|dónde|cuánt[oa]s?|cuál(?:es)?|chi|quando"
    r"|dove|perché|quant[oaie])\b",
    re.IGNORECASE,
)
_SINGLE = re.compile(r"\W*single\W*", re.IGNORECASE)


class Decompose(Transform):
    """Comparisons, lists and "who … and when" split by rules, or by a language model in time.

    The question comes first and alone judges; at most five sub-questions follow, for finding. What
    the rules take for a single question is left alone, whatever a model would make of it.

    Source: Ammann, Golde and Akbik, 2025, arXiv:2507.00355, for the union with the question.
    """

    name = "decompose"

    def __init__(
        self, *, most: int = MOST, generate: Generate | None = None, deadline_ms: float = 2000
    ) -> None:
        if not 1 <= most <= MOST:
            raise ValueError(f"most is {most}; it must be 1 to {MOST}.")
        self.most = most
        self.generate = generate
        self.deadline_ms = deadline_ms

    def apply(self, query_text: str, context: Context = NOTHING_KNOWN) -> tuple[SubQuery, ...]:
        asked = SubQuery(query_text)
        ruled = sub_questions(query_text, context.language)
        if not ruled:
            return (asked,)
        prompt = _PROMPT.format(most=self.most, question=query_text)
        text = written_in_time(self.generate, prompt, deadline_ms=self.deadline_ms)
        written = _lines(text, query_text)
        if _SINGLE.fullmatch(text):
            return (asked,)
        origin = f"{self.name}:{'model' if written else 'rules'}"
        found = (written or ruled)[: self.most]
        return (asked, *(SubQuery(one, use_for=TO_FIND, origin=origin) for one in found))


def sub_questions(question: str, language: str = "") -> tuple[str, ...]:
    """What the question asks, piece by piece; empty when it asks one thing."""
    language = language or guess_language(question)
    pieces = tuple(dict.fromkeys(part.text for part in parts(question, language)))
    if len(pieces) > 1 and all(_ASKS.match(piece) for piece in pieces):
        return pieces if all(content_terms(piece, language) for piece in pieces) else ()
    return items_asked(question) if language == "en" else ()


def _lines(text: str, question: str) -> tuple[str, ...]:
    """The questions a model wrote: lines with words, without bullets, not the question itself."""
    lines = (_BULLET.sub("", line).strip() for line in text.splitlines())
    same = question.strip().casefold()
    kept = (line for line in lines if any(map(str.isalpha, line)) and line.casefold() != same)
    return tuple(dict.fromkeys(kept))
