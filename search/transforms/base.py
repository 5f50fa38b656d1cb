"""The contract of what is done to a question before it is looked for."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import ClassVar, Literal

from search.types import Turn

Use = Literal["retrieve", "rerank", "answer"]
EVERYTHING: frozenset[Use] = frozenset({"retrieve", "rerank", "answer"})
TO_FIND: frozenset[Use] = frozenset({"retrieve"})
ASKED = "asked"

Generate = Callable[[str], str]
"""A language model: a prompt in, its text out. It may be slow, and it may fail."""


@dataclass(frozen=True, slots=True)
class SubQuery:
    """One text to work with. Expanded text finds, the asked text judges.

    ``use_for`` holds the stages that may see it. ``origin`` is "asked", or the transform and how
    it came to the text: "decompose:rules", "decompose:model". ``by`` names the retrievers that look
    for it; empty for all of them.
    """

    text: str
    weight: float = 1.0
    use_for: frozenset[Use] = EVERYTHING
    origin: str = ASKED
    by: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Context:
    """What a transform may know beside the question.

    ``passages`` are the texts of the first hits, best first; ``idf`` says how telling a stem is
    in the library (``search.generators.terms.stem``). ``search`` gives the texts of the first hits
    of another text, where one may ask again.
    """

    language: str = ""  # ISO 639-1; empty: guessed
    turns: tuple[Turn, ...] = ()  # the oldest first
    passages: tuple[str, ...] = ()
    idf: Mapping[str, float] = field(default_factory=dict)
    search: Callable[[str], Sequence[str]] | None = None


NOTHING_KNOWN = Context()


class Transform(ABC):
    """A question in, the texts to work with out.

    ``deadline_ms`` is that of the language model, where it asks one.
    """

    name: ClassVar[str]
    deadline_ms: float = 0.0

    @abstractmethod
    def apply(self, query_text: str, context: Context = NOTHING_KNOWN) -> tuple[SubQuery, ...]:
        """The texts, the one that judges first; only the question when there is nothing to do.

        The same question and context give the same texts, but for what a language model writes.
        """


def texts_for(use: Use, subqueries: Iterable[SubQuery]) -> tuple[SubQuery, ...]:
    """Those that this stage may see, in their order."""
    return tuple(one for one in subqueries if use in one.use_for)


def judging_text(subqueries: Sequence[SubQuery]) -> str:
    """The text that rerankers compare candidates with.

    Raises:
        ValueError: no text may judge.
    """
    found = texts_for("rerank", subqueries)
    if not found:
        raise ValueError(f"None of {len(subqueries)} texts may be used to rerank.")
    return found[0].text
