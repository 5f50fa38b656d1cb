"""Printed lines as blocks: headings, paragraphs, lists, captions, code, an anchor for each line."""

import re
from collections import Counter
from collections.abc import Sequence

from ingestion.media.reading_order import reading_order
from ingestion.parsers.pdf_lines import PrintedLine, upright
from ingestion.parsers.pdf_typography import LARGER, PageLines, Typography, body_lines, study
from ingestion.types import Block
from search.types import Anchor

_BULLET = re.compile(r"^(?:[•‣▪●○◦■□–—∙·*]|\(?(?:\d{1,2}|[a-z]|[ivx]{1,4})[.)])\s+\S")
_CAPTION = re.compile(
    r"^(?:Figure|Fig\.|Table|Scheme|Listing|Algorithm|Abbildung|Abb\.|Tabelle|Tab\.)\s*"
    r"\d+(?:\.\d+)*\s*[.:|–-]"
)
_CONTENTS = re.compile(r"(?:\. ?){4,}|^\d.*\s\d+$")  # a line of a table of contents
_END = re.compile(r"[.!?:;…][\"'”’»)\]]*$")
_WORD_END = re.compile(r"(\w+)$")
_WORD_START = re.compile(r"^(\w+)")


def document_blocks(pages: Sequence[PageLines]) -> list[Block]:
    """All blocks in reading order. Running heads are kept once, page numbers never."""
    style = study(pages)
    seen: set[str] = set()
    blocks: list[Block] = []
    for page in pages:
        for group in _in_order(body_lines(page.lines, style, seen)):
            blocks += _flow(group, page, style)
    return blocks


def _in_order(lines: list[PrintedLine]) -> list[list[PrintedLine]]:
    """Lines by the way they lie, the commonest way first, each group in reading order."""
    turns = Counter({turn: 0 for turn in (0, 90, 180, 270)})
    for line in lines:
        turns[line.turn] += len(line.text)
    groups = []
    for turn, count in turns.most_common():
        if not count:
            continue
        group = [line for line in lines if line.turn == turn]
        if group[0].paragraph < 0:  # OCR has its own order
            code = [index for index, line in enumerate(group) if line.mono]
            order = reading_order([upright(line.box, turn) for line in group], code)
            group = [group[index] for index in order]
        groups.append(group)
    return groups


def _flow(lines: list[PrintedLine], page: PageLines, style: Typography) -> list[Block]:
    """Consecutive lines gathered into blocks."""
    flow = Flow(lines, page, style)
    blocks: list[Block] = []
    gathered: list[int] = []
    for at in range(len(lines)):
        if gathered and flow.begins(at, gathered):
            blocks.append(flow.block(gathered))
            gathered = []
        gathered.append(at)
    if gathered:
        blocks.append(flow.block(gathered))
    return [block for block in blocks if block.text]


class Flow:
    """The lines of one page in reading order, and where blocks begin among them."""

    def __init__(self, lines: list[PrintedLine], page: PageLines, style: Typography) -> None:
        self.lines, self.page, self.style = lines, page, style
        self.boxes = [upright(line.box, line.turn) for line in lines]
        lies = bool(lines) and lines[0].turn in {90, 270}
        self.high = page.height * page.aspect if lies else page.height
        self.wide = page.height if lies else page.height * page.aspect
        self.heads = [self._heading_level(line) for line in lines]

    def begins(self, at: int, gathered: list[int]) -> bool:
        """Whether line ``at`` opens a new block after the lines gathered so far."""
        line, last = self.lines[at], self.lines[gathered[-1]]
        if line.paragraph >= 0:
            return line.paragraph != last.paragraph
        if self._same_row(at, gathered[-1]):
            return False
        if self._looks_different(at, gathered[-1]) or _CAPTION.match(line.text):
            return True
        step = (self._y(at) - self._y(gathered[-1])) * self.high
        if step <= 0:  # the next column
            return not self._continues(last, line)
        if step > 1.4 * self.style.pitch * max(line.size, 1.0):
            return True
        return not self.heads[at] and not line.mono and self._paragraph_begins(at, gathered)

    def _looks_different(self, at: int, before: int) -> bool:
        line, last = self.lines[at], self.lines[before]
        if self.heads[at] != self.heads[before] or line.mono != last.mono:
            return True
        return abs(line.size - last.size) > 0.12 * max(line.size, last.size)

    def _paragraph_begins(self, at: int, gathered: list[int]) -> bool:
        line, last = self.lines[at], self.lines[gathered[-1]]
        if _BULLET.match(line.text) and not last.broken:
            return True
        em = max(line.size, 1.0) / self.wide
        start, before = self.boxes[at][0], self.boxes[gathered[-1]][0]
        left, right = self._column(at)
        ends_short = self.boxes[gathered[-1]][0] + self.boxes[gathered[-1]][2] < right - 2 * em
        ends = bool(_END.search(last.text))
        if ends and ends_short and right - left > 12 * em:
            return True
        if 0.7 * em < start - before < 6 * em:  # indented
            return ends or (len(gathered) > 1 and before - left < 0.5 * em)
        hanging = len(gathered) > 1 and before - self.boxes[gathered[0]][0] > 0.7 * em
        return hanging and abs(start - self.boxes[gathered[0]][0]) < 0.5 * em

    def _continues(self, last: PrintedLine, line: PrintedLine) -> bool:
        return last.broken or (not _END.search(last.text) and line.text[:1].islower())

    def _same_row(self, at: int, before: int) -> bool:
        now, then = self.boxes[at], self.boxes[before]
        level = abs(self._y(at) - self._y(before)) < 0.4 * min(now[3], then[3])
        return level and now[0] > then[0]

    def _y(self, at: int) -> float:
        return self.boxes[at][1] + self.boxes[at][3] / 2

    def _column(self, at: int) -> tuple[float, float]:
        """Left and right edge of the text around a line."""
        x, _, width, _ = self.boxes[at]
        near = [
            box
            for box in self.boxes[max(0, at - 10) : at + 10]
            if min(box[0] + box[2], x + width) > max(box[0], x)
        ]
        return min(box[0] for box in near), max(box[0] + box[2] for box in near)

    def _heading_level(self, line: PrintedLine) -> int:
        """1 to 6 for a line that heads others, 0 for the rest."""
        letters = sum(character.isalpha() for character in line.text)
        if self.page.derived or letters < 3 or len(line.text) > 200 or line.mono:
            return 0
        if _CAPTION.match(line.text) or _CONTENTS.search(line.text):
            return 0
        size = round(line.size * 2) / 2
        if size >= LARGER * self.style.body and size in self.style.heading_sizes:
            return self.style.heading_sizes.index(size) + 1
        short = len(line.text) < 90 and not line.text.endswith((".", ",", ";"))
        if line.bold and self.style.bold_speaks and size >= 0.95 * self.style.body and short:
            return min(6, len(self.style.heading_sizes) + 1)
        return 0

    def block(self, members: list[int]) -> Block:
        """The gathered lines as one block; words broken at a line's end are made whole."""
        lines = [self.lines[at] for at in members]
        level = self.heads[members[0]]
        kind = self._kind(lines, level)
        text, anchors = "", []
        for at, line in zip(members, lines, strict=True):
            if kind == "code":
                text += self._code_gap(at, members)
            elif text:
                text = joined(text, line, self.style.words)
            start = len(text)
            text += line.text
            if line.broken:
                text += "-" if at == members[-1] or kind == "code" else "\u00ad"
            anchors.append((start, line))
        return _anchored(text, anchors, kind, level, self.page)

    def _kind(self, lines: list[PrintedLine], level: int) -> str:
        if level:
            return "heading"
        if self.page.derived:
            return "ocr"
        if all(line.mono for line in lines):
            return "code"
        if _CAPTION.match(lines[0].text):
            return "caption"
        return "list" if _BULLET.match(lines[0].text) else "paragraph"

    def _code_gap(self, at: int, members: list[int]) -> str:
        """What stands before a piece of code: a line break and as many blanks as on paper."""
        em = 0.6 * max(self.lines[at].size, 1.0) / self.wide
        if at > members[0] and self._same_row(at, at - 1):
            before = self.boxes[at - 1]
            return " " * max(1, min(60, round((self.boxes[at][0] - before[0] - before[2]) / em)))
        left = min(self.boxes[index][0] for index in members)
        blanks = " " * min(60, round((self.boxes[at][0] - left) / em))
        return blanks if at == members[0] else f"\n{blanks}"


def joined(text: str, line: PrintedLine, words: Counter[str]) -> str:
    """The text made ready for the next line: a broken word loses its hyphen where that is sure."""
    if not text.endswith(("\u00ad", "-")):
        return text + " "
    stem = text[:-1]
    before, after = _WORD_END.search(stem), _WORD_START.match(line.text)
    if not before or not after:
        return f"{stem}- "
    left, right = before[1].lower(), after[1].lower()
    if words[left + right]:
        return stem
    if not after[1][0].islower() or before[1][-1].isdigit():
        return f"{stem}-"
    # A compound: seen with its hyphen, or made of two words that also stand alone.
    is_compound = words[f"{left}-{right}"] or (words[left] and words[right] > 1)
    return f"{stem}-" if is_compound or stem[: before.start()].endswith("-") else stem


def _anchored(
    text: str, starts: Sequence[tuple[int, PrintedLine]], kind: str, level: int, page: PageLines
) -> Block:
    """A block whose anchors are exact although joining took characters away."""
    anchors = []
    for number, (start, line) in enumerate(starts):
        end = starts[number + 1][0] if number + 1 < len(starts) else len(text)
        while end > start and text[end - 1].isspace():
            end -= 1
        anchors.append(Anchor(start, end, line.box))
    return Block(
        text=text,
        kind=kind,
        origin="derived" if page.derived else "source",
        page=page.number,
        level=level,
        anchors=tuple(anchors),
    )
