"""A question with the words, or the passage, that an answer would hold."""

from collections.abc import Sequence

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
from search.transforms.feedback_terms import feedback_terms

MOST_ROUNDS = 2
_SHOWN = 600  # characters of a hit that a model is shown
_LONGEST = 1200  # characters of a written passage that are kept
_PROMPT = """Write one short passage that a good source would hold to answer the question. Use what
the hits say where it helps, and leave out what does not. Write the passage alone.

Question: {question}

Hits:
{hits}
"""


class ExpandPassages(Transform):
    """The question, and beside it the question with an imagined passage or with feedback terms.

    The expansion finds and never judges. With a language model each round shows it the first hits
    and takes the passage it writes; a second round needs ``Context.search`` to look for the first
    one's passage. Without one, or when it is late, the terms of the first hits are added.

    Sources: Gao et al., HyDE, 2022, arXiv:2212.10496; Long et al., DIVER, 2025, arXiv:2508.07995
    for rounds over hits.
    """

    name = "expand_passages"

    def __init__(
        self,
        *,
        generate: Generate | None = None,
        rounds: int = 1,
        passages: int = 5,
        terms: int = 10,
        weight: float = 0.5,
        by: Sequence[str] = (),
        deadline_ms: float = 2000,
    ) -> None:
        if not 1 <= rounds <= MOST_ROUNDS:
            raise ValueError(f"rounds is {rounds}; it must be 1 to {MOST_ROUNDS}.")
        self.generate = generate
        self.rounds = rounds
        self.passages = passages
        self.terms = terms
        self.weight = weight
        self.by = tuple(by)
        self.deadline_ms = deadline_ms

    def apply(self, query_text: str, context: Context = NOTHING_KNOWN) -> tuple[SubQuery, ...]:
        asked = SubQuery(query_text)
        written = self._imagined(query_text, context)
        if written:
            return (asked, self._expansion(f"{query_text}\n{written}", "model"))
        found = feedback_terms(
            query_text,
            context.passages[: self.passages],
            idf=context.idf,
            language=context.language or guess_language(query_text),
            most=self.terms,
        )
        if not found:
            return (asked,)
        words = " ".join(word for word, _ in found)
        return (asked, self._expansion(f"{query_text} {words}", "terms"))

    def _imagined(self, query_text: str, context: Context) -> str:
        """The passage of the last round that was written in time."""
        passage = ""
        hits: Sequence[str] = context.passages
        for number in range(self.rounds):
            if number:
                if not passage or context.search is None:
                    break
                hits = context.search(f"{query_text}\n{passage}")
            shown = "\n".join(f"- {hit[:_SHOWN]}" for hit in hits[: self.passages])
            prompt = _PROMPT.format(question=query_text, hits=shown or "- none")
            written = written_in_time(self.generate, prompt, deadline_ms=self.deadline_ms)
            passage = written[:_LONGEST] or passage
        return passage

    def _expansion(self, text: str, how: str) -> SubQuery:
        return SubQuery(text, self.weight, TO_FIND, f"{self.name}:{how}", self.by)
