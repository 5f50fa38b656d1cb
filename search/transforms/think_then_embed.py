"""A question with a thought about it, for the encoder."""

from search.generators.terms import guess_language
from search.transforms.base import (
    NOTHING_KNOWN,
    TO_FIND,
    Context,
    Generate,
    SubQuery,
    Transform,
)
from search.transforms.deadline import written_in_time
from search.transforms.feedback_terms import companions, key_phrases

LONGEST_WORDS = 200  # of a thought: about 256 tokens
_PROMPT = """Say in one or two sentences what the question is about and what a passage that answers
it would describe, in the words such a passage would use.

Question: {question}
"""


class ThinkThenEmbed(Transform):
    """The question, and beside it the question followed by reasoning about it.

    The reasoning finds and never judges, and the question always stands before it: reasoning alone
    finds poorly. A model that has not written within the deadline is replaced by the question's
    key phrases and the words that keep its words company in the first hits.

    Source: Cui et al., Think-Then-Embed, 2025, arXiv:2510.05014.
    """

    name = "think_then_embed"

    def __init__(
        self,
        *,
        generate: Generate | None = None,
        deadline_ms: float = 400,
        terms: int = 8,
        weight: float = 0.5,
    ) -> None:
        self.generate = generate
        self.deadline_ms = deadline_ms
        self.terms = terms
        self.weight = weight

    def apply(self, query_text: str, context: Context = NOTHING_KNOWN) -> tuple[SubQuery, ...]:
        asked = SubQuery(query_text)
        prompt = _PROMPT.format(question=query_text)
        thought = written_in_time(self.generate, prompt, deadline_ms=self.deadline_ms)
        how = "model" if thought else "terms"
        thought = " ".join(thought.split()[:LONGEST_WORDS]) or self._by_rules(query_text, context)
        if not thought:
            return (asked,)
        text = f"{query_text}\n{thought}"
        return (asked, SubQuery(text, self.weight, TO_FIND, f"{self.name}:{how}"))

    def _by_rules(self, query_text: str, context: Context) -> str:
        """Key phrases and companions; nothing when the hits teach no new word."""
        language = context.language or guess_language(query_text)
        found = companions(
            query_text, context.passages, idf=context.idf, language=language, most=self.terms
        )
        if not found:
            return ""
        phrases = key_phrases(query_text, language)
        return ", ".join([*phrases, *(word for word, _ in found)])
