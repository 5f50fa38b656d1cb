"""Prompts from versioned text files. What candidates say is fenced and declared to be data."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from importlib import resources
from string import Template

from search.generators.language_model import Message, Prompt
from search.types import Candidate

_FENCES = re.compile(r"<(/?\s*)(passage|query)\b", re.IGNORECASE)
_SPECIAL = re.compile(r"<\|")  # how most chat formats open a special token
_PART = re.compile(r"^--- (system|user|opening)\n", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class PromptFile:
    """One template: its parts, and a fingerprint of its bytes that belongs in cache keys."""

    name: str
    fingerprint: str
    parts: Mapping[str, str]

    def filled(self, *, passages: str, query: str, **more: str) -> Prompt:
        """The prompt with its blanks filled."""
        blanks = {"passages": passages, "query": query, **more}
        filled = {part: Template(text).substitute(blanks) for part, text in self.parts.items()}
        roles = [role for role in ("system", "user") if role in filled]
        messages = tuple(Message(role, filled[role]) for role in roles)
        return Prompt(self.name, messages, filled.get("opening", ""))


@cache
def prompt_file(name: str) -> PromptFile:
    """The template of this name in ``search/rerankers/prompts``."""
    source = resources.files("search.rerankers").joinpath("prompts", f"{name}.txt")
    content = source.read_bytes()
    pieces = _PART.split(content.decode("utf-8"))
    parts = {pieces[i]: pieces[i + 1].strip("\n") for i in range(1, len(pieces), 2)}
    return PromptFile(name, sha256(content).hexdigest()[:12], parts)


def harmless(text: str) -> str:
    """The text with nothing in it that could close its fence or open a special token."""
    text = _FENCES.sub("‹\\1\\2", text.encode("utf-8", "replace").decode())
    return _SPECIAL.sub("< |", text).replace("\x00", " ")


def cut(text: str, *, words: int) -> str:
    """The first words of a text, spaces made single."""
    return " ".join(text.split(maxsplit=words)[:words])


def fenced(candidate: Candidate, label: str = "", *, words: int = 300, hint: str = "") -> str:
    """``[label] (hint) title — text`` inside its fence; without a label, without brackets."""
    title = " · ".join(filter(None, (candidate.source.title, candidate.heading)))
    said = harmless(f"{cut(title, words=30)} — {cut(candidate.text, words=words)}")
    mark = " ".join(filter(None, (f"[{label}]" if label else "", hint)))
    return f"<passage>\n{mark}{' ' if mark else ''}{said}\n</passage>"


def hints(candidates: Sequence[Candidate], signals: Sequence[str]) -> list[str]:
    """``(bm25 score: 87, dense score: 40)`` for each: integers, 100 for the best of those shown.

    Source: InsertRank (2025).
    """
    best = {
        name: max((c.signals[name].raw for c in candidates if name in c.signals), default=0.0)
        for name in signals
    }
    told = []
    for candidate in candidates:
        scaled = [
            f"{name} score: {round(100 * max(candidate.signals[name].raw, 0.0) / best[name])}"
            for name in signals
            if name in candidate.signals and best[name] > 0
        ]
        told.append(f"({', '.join(scaled)})" if scaled else "")
    return told
