"""Where the sentences, table rows and lines of a passage begin and end, to the character."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

Shape = Literal["prose", "row", "code"]

LONGEST = 600  # characters; beyond, a unit is cut at a clause or between words
_WRAPPED_FROM = 40  # shorter lines are not wrapped prose

_CLOSERS = r"[\"'”’»)\]]*(?:\[[\d,;–\- a-z]{1,12}\])*"  # quotes, brackets, reference marks
_END = re.compile(rf"(?P<mark>[.!?…]+|[。！？]+){_CLOSERS}(?=(?P<next>\s+(?P<first>\S+))?)")
_ROW = re.compile(r"[^:;\n]{1,60}: [^;\n]*(?:; [^:;\n]{1,60}: [^;\n]*)+$|[^\t\n]*(?:\t[^\t\n]*)+$")
_PIPES = re.compile(r"\s*\|?(?:[^|\n]*\|){2,}[^|\n]*$")
_CODE = re.compile(
    r"\s*(?:(?:def|class|import|return|elif|else:|try:|except|fn|func|function|var|let|const|"
    r"public|private|static|void|package|using|#include|@\w+|//|/\*|\*/)\b.*|.*[{};]\s*"
    r"|\w[\w.]*\s?(?:[-+*/]?=)\s?\S.*|\w[\w.]*\(.*\):?|.*(?:==|=>|->|&&|::).*)$"
)
_BULLET = re.compile(r"\s*(?P<mark>[-*•‣▪◦·–—]|\(?\d{1,3}[.)]|\(?[a-z][.)])\s+")
_DOT_BULLET = re.compile(r"[-*•‣▪◦·–—]\s+")
_CLOSED = re.compile(rf"[.!?…。！？]{_CLOSERS}\s*$")
_OPEN = re.compile(r"[,;\-–—(]\s*$")
_LAST_WORD = re.compile(r"[^\s(\[\"'“‘«]+$")
_INITIAL = re.compile(r"(?:[^\W\d_]\.)*[^\W\d_]")
_CLAUSE = re.compile(r"[;:,]\s+|\n|\s+")


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_NEVER_LAST = _words(
    """dr mr mrs ms mme mlle prof st ste rev hon gen col capt cpt lt sgt maj cmdr adm gov
    sen rep pres fig figs eq eqs eqn sec sect ref refs tab vol vols pp p ch chap vs cf
    e.g i.e viz approx ca circa resp incl excl ed eds trans nr bzw z.b d.h u.a usw evtl
    ggf vgl abb bd hrsg str dipl ing mt ft op"""
)
_SELDOM_LAST = _words(
    """etc inc ltd co corp bros jr sr al u.s u.k u.n e.u a.m p.m b.c a.d b.c.e c.e ph.d m.d
    b.a m.a d.c dept est"""
)
_BEFORE_NUMBER = _words("""no nos jan feb mar apr jun jul aug sep sept oct nov dec art para item""")
_STARTERS = _words(
    """The This That These Those It Its In On At He She They We You His Her Their Our A An
    However But And As After Before When While For From By With To If There Here Some
    Many Most All Both Each Since Although Then Thus Also During Under What Who Where
    Why How Der Die Das Ein Eine Es Er Sie Im Am Und Le La Les Un Une Il Elle El Los Las"""
)
_ALWAYS_CAPITAL = _words("I I'm I'd I'll I've I’m I’d I’ll I’ve")
_ASKS_FOR_MORE = _words(
    """a an the of to and or but that in on at by for from with as than is are was were be been my
    your his her its our their this these those who which whose not no i we he she they you de la le
    les des du et ou à der die das den dem ein eine und oder von zu mit"""
)
_AFTER_ORDINAL = re.compile(
    r"(?:Januar|Februar|März|April|Mai|Juni|Juli|August|September|Oktober|November|Dezember|"
    r"Jahrhundert|Jahrhunderts|Jh)\b"
)


@dataclass(frozen=True, slots=True)
class SentenceSpan:
    """Characters ``start:end`` of a text that stand on their own."""

    start: int
    end: int
    shape: Shape = "prose"


def sentence_spans(text: str, *, spoken: bool = False) -> list[SentenceSpan]:
    """The text's sentences in order, without overlap; only white space and bullets are left out.

    A table row ("Header: value; Header: value") and a line of code are one unit each. Lines that
    wrap are read on; in ``spoken`` text (subtitles, often without a full stop) unless the next line
    begins as a sentence does. Units end after at most ``LONGEST`` characters.
    """
    found: list[SentenceSpan] = []
    for run in _runs(text, spoken):
        pieces = [run] if run.shape != "prose" else list(_sentences(text, run))
        for piece in pieces:
            found += _fitting(text, piece)
    return found


def _runs(text: str, spoken: bool) -> Iterator[SentenceSpan]:
    """Lines that belong together."""
    for block_start, block_end in _blocks(text):
        lines = _lines(text, block_start, block_end)
        width = max(end - start for start, end, _ in lines)
        first, last, shape = lines[0]
        for start, end, kind in lines[1:]:
            said, next_line = text[first:last], text[start:end]
            reads_on = kind == shape == "prose" and (
                _speaks_on(said, next_line) if spoken else _reads_on(said, next_line, width)
            )
            if reads_on:
                last = end
                continue
            yield SentenceSpan(first, last, shape)
            first, last, shape = start, end, kind
        yield SentenceSpan(first, last, shape)


def _blocks(text: str) -> Iterator[tuple[int, int]]:
    """Stretches between blank lines."""
    position = 0
    for gap in re.finditer(r"\n\s*\n|\Z", text):
        if text[position : gap.start()].strip():
            yield position, gap.start()
        position = gap.end()


def _lines(text: str, start: int, end: int) -> list[tuple[int, int, Shape]]:
    found: list[tuple[int, int, Shape]] = []
    for match in re.finditer(r"[^\n]+", text[start:end]):
        if match.group().strip():
            found.append((start + match.start(), start + match.end(), _shape(match.group())))
    return found


def _shape(line: str) -> Shape:
    if _ROW.match(line) or _PIPES.match(line):
        return "row"
    is_code = _CODE.match(line) and not _CLOSED.search(line)
    return "code" if is_code else "prose"


def _reads_on(before: str, after: str, width: int) -> bool:
    """Whether a line continues the one before it."""
    if _BULLET.match(after):
        return False
    if _CLOSED.search(before) or _OPEN.search(before) or after.lstrip()[:1].islower():
        return True
    last_line = before.rsplit("\n", 1)[-1]
    return width >= _WRAPPED_FROM and len(last_line) >= 0.7 * width


def _speaks_on(before: str, after: str) -> bool:
    """Whether a subtitle line continues the sentence of the one before it.

    A capital begins a sentence, unless the line before breaks off: with a comma or a dash, or with
    a word that asks for another ("of", "the"). Lines of a sentence that ended are told apart later.
    """
    first = after.lstrip("-–—\"'“‘¿¡ ")
    if not first[:1].isupper() or first.split()[0] in _ALWAYS_CAPITAL:
        return True
    words = before.split()
    return bool(_OPEN.search(before)) or words[-1].lower() in _ASKS_FOR_MORE


def _sentences(text: str, run: SentenceSpan) -> Iterator[SentenceSpan]:
    cased = any(c.isupper() for c in text[run.start : run.end])
    start = run.start
    for match in _END.finditer(text, run.start, run.end):
        if not _ends_here(text[start : match.start("mark")], match, cased):
            continue
        end = match.start("next") if match.group("next") else match.end()
        yield SentenceSpan(start, end)
        start = end
    if start < run.end:
        yield SentenceSpan(start, run.end)


def _ends_here(before: str, match: re.Match[str], cased: bool) -> bool:
    mark, following = match.group("mark"), match.group("first")
    if mark[0] in "。！？":
        return True
    if following is None:
        return False
    first = following.lstrip("\"'“‘«([¿¡")[:1]
    if cased and first.islower():
        return False
    return mark != "." or not _is_abbreviated(before, following)


def _is_abbreviated(before: str, following: str) -> bool:
    """Whether the full stop after ``before`` belongs to a short form, an initial or a number."""
    found = _LAST_WORD.search(before)
    word = found.group() if found else ""
    lower = word.lower()
    if lower in _NEVER_LAST:
        return True
    if word.isdigit():
        is_label = found is not None and not before[: found.start()].strip()
        return is_label or (len(word) <= 2 and bool(_AFTER_ORDINAL.match(following)))
    if lower in _BEFORE_NUMBER:
        return following[:1].isdigit()
    if lower in _SELDOM_LAST or _INITIAL.fullmatch(word):
        return following.rstrip(",") not in _STARTERS
    return False


def _fitting(text: str, span: SentenceSpan) -> Iterator[SentenceSpan]:
    """The span without outer white space and bullet, cut where it is too long."""
    start, end = span.start, span.end
    while start < end and text[start].isspace():
        start += 1
    if span.shape == "prose" and (bullet := _DOT_BULLET.match(text, start, end)):
        start = bullet.end()
    while end > start and text[end - 1].isspace():
        end -= 1
    while end - start > LONGEST:
        cut = _cut(text, start)
        yield SentenceSpan(start, len(text[:cut].rstrip()), span.shape)
        start = cut
        while start < end and text[start].isspace():
            start += 1
    if any(c.isalnum() for c in text[start:end]):
        yield SentenceSpan(start, end, span.shape)


def _cut(text: str, start: int) -> int:
    """The last clause end, else word end, in the second half of the longest allowed unit."""
    window = text[start : start + LONGEST]
    ends = [m for m in _CLAUSE.finditer(window) if m.end() > LONGEST // 2]
    clauses = [m.end() for m in ends if m.group().strip() or "\n" in m.group()]
    spaces = [m.end() for m in ends]
    return start + (clauses or spaces or [LONGEST])[-1]
