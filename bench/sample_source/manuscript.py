"""Read a manuscript: a head of ``key: value`` lines, ``---``, then blocks parted by empty lines.

A block is a heading (``# ``, ``## ``), ``!figure NAME | CAPTION``, ``!table | CAPTION`` with rows
of cells parted by bars, ``!references`` with one per line, ``!break`` (a new
column) or a paragraph.
"""

from dataclasses import dataclass, field

from .style import TEXT


@dataclass(frozen=True)
class Part:
    """One block: heading, figure, table, references, break or paragraph."""

    kind: str
    text: str = ""
    level: int = 0
    name: str = ""
    rows: list[list[str]] = field(default_factory=list)


@dataclass(frozen=True)
class Manuscript:
    """Head fields and blocks of one text."""

    head: dict[str, str]
    parts: list[Part]

    @property
    def authors(self) -> list[str]:
        return [name.strip() for name in self.head["authors"].split(";")]


def read_manuscript(name: str) -> Manuscript:
    """The manuscript ``text/NAME``."""
    head_text, body = (TEXT / name).read_text(encoding="utf-8").split("---\n", 1)
    pairs = (line.split(":", 1) for line in head_text.strip().splitlines())
    head = {key.strip(): value.strip() for key, value in pairs}
    blocks = [block.strip() for block in body.split("\n\n") if block.strip()]
    return Manuscript(head, [_part(block) for block in blocks])


def _part(block: str) -> Part:
    first, *rest = block.splitlines()
    if first.startswith("!figure"):
        name, caption = first.removeprefix("!figure").split("|", 1)
        return Part("figure", caption.strip(), name=name.strip())
    if first.startswith("!table"):
        rows = [[cell.strip() for cell in line.split("|")] for line in rest]
        return Part("table", first.split("|", 1)[1].strip(), rows=rows)
    if first == "!break":
        return Part("break")
    if first.startswith("!references"):
        return Part("references", rows=[[line] for line in rest])
    if first.startswith("#"):
        marks, text = first.split(" ", 1)
        return Part("heading", text, level=len(marks))
    return Part("paragraph", " ".join([first, *rest]))
