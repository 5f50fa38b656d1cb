"""From candidates to a checked answer: choose evidence, write, cite, verify."""

import re
from collections.abc import Mapping, Sequence

from search.answers.citations import Cited, cite, how_read, renumber
from search.answers.evidence import choose, mixed
from search.answers.verify import verified
from search.generators.base import Draft, Embed, Generator
from search.generators.questions import parts
from search.generators.terms import content_terms, guess_language, stems
from search.types import Answer, Candidate, Citation, Sentence

NOTHING_ANSWERS = "Nothing in the library answers this question."
MOST_FOLLOWUPS = 3
_LOOKALIKE = re.compile(r"\[(\d[\d,;–\- ]*)\]")


def compose(
    question: str,
    candidates: Sequence[Candidate],
    generator: Generator,
    *,
    embed: Embed | None = None,
    weights: Mapping[str, float] | None = None,
    refuse: bool = False,
) -> Answer:
    """The answer to a question from what was found for it, best first.

    Every sentence has a citation whose quote stands in the passage, or is left out; when none is
    left the answer is a refusal. Marks in a source that look like ours are written otherwise.
    ``refuse`` is for a list of which nothing matches well: the nearest misses answer nothing.
    """
    asked = parts(question, guess_language(question))
    evidence = choose(mixed(candidates, asked, weights or {}))
    draft = generator.write(question, evidence, embed=embed, weights=weights)
    checked = [] if draft.refused or refuse else verified(cite(draft.sentences, evidence))
    found = [one for one, _ in checked]
    followups = () if refuse else _followups(question, candidates, found)
    if not checked:
        return _refusal(draft, generator.name, followups)
    cited = renumber(found)
    sentences = tuple(
        Sentence(_plain(sentence.text), tuple(c.marker for c in citations), support)
        for (sentence, citations), (_, support) in zip(cited, checked, strict=True)
    )
    return Answer(
        text=text_of(sentences),
        sentences=sentences,
        citations=_in_order(cited),
        confidence=round(draft.confidence, 4),
        generator=generator.name,
        notes=draft.notes,
        followups=followups,
    )


def text_of(sentences: Sequence[Sentence]) -> str:
    """The sentences with their markers behind them."""
    return " ".join(
        f"{sentence.text} {''.join(f'[{marker}]' for marker in sentence.citations)}"
        for sentence in sentences
    )


def note_of(citation: Citation) -> str:
    """How a machine came to the quoted words, or nothing."""
    return how_read(citation.candidate, citation.start, citation.end)


def _refusal(draft: Draft, generator: str, followups: tuple[str, ...]) -> Answer:
    return Answer(
        text=NOTHING_ANSWERS,
        refused=True,
        confidence=round(draft.confidence, 4),
        generator=generator,
        notes=draft.notes,
        followups=followups,
    )


def _plain(text: str) -> str:
    """One line; a source's own "[12]" in full-width brackets, so that it is no marker of ours."""
    return _LOOKALIKE.sub(r"［\1］", " ".join(text.split()))


def _in_order(cited: Sequence[Cited]) -> tuple[Citation, ...]:
    by_marker = {one.marker: one for _, citations in cited for one in citations}
    return tuple(by_marker[marker] for marker in sorted(by_marker))


def _followups(
    question: str, candidates: Sequence[Candidate], cited: Sequence[Cited]
) -> tuple[str, ...]:
    """Questions the nearest evidence that was not quoted would lead to, from its headings."""
    quoted = {one.passage_id for _, citations in cited for one in citations}
    asked = stems(content_terms(question, guess_language(question)))
    found: dict[str, str] = {}
    for candidate in candidates:
        heading = " ".join(candidate.heading.rpartition("›")[2].split())
        subject = stems(content_terms(heading, candidate.source.language or "en"))
        if candidate.passage_id in quoted or not 3 <= len(heading) <= 80 or subject <= asked:
            continue
        title = candidate.source.title
        about = f" in “{title}”" if title and heading.casefold() not in title.casefold() else ""
        found.setdefault(heading.casefold(), f"What is said about “{heading}”{about}?")
    return tuple(found.values())[:MOST_FOLLOWUPS]
