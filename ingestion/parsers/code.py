"""Source code: one block for each function, class or other piece, with its name as section."""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass

from ingestion.parsers import metadata, signatures
from ingestion.parsers.base import Parser, capped, read_bytes
from ingestion.parsers.cleaning import clean_text
from ingestion.parsers.text import decode
from ingestion.types import Block, Limits, Parsed, ParseRequest

_OTHER_TEXT = frozenset({
    "text/plain", "text/x-tex", "text/markdown", "text/html", "text/csv", "text/vtt", "text/x-ssa",
    "text/tab-separated-values",
})  # fmt: skip
_KEYWORD = re.compile(
    r"^(?P<indent>[ \t]*)(?:(?:export|default|public|private|protected|internal|static|final|"
    r"abstract|async|pub(?:\([^)]*\))?|unsafe|extern|inline|virtual|override|open|data|sealed|"
    r"template\s*<[^>]*>)\s+)*"
    r"(?:function\*?|class|interface|struct|enum|trait|impl|module|namespace|def|fn|func|fun|"
    r"record|type|object|protocol|extension|package|CREATE\s+(?:OR\s+REPLACE\s+)?(?:TABLE|VIEW|"
    r"FUNCTION|PROCEDURE))\s+(?:\([^)]{0,200}\)\s*)?(?P<name>[\w:.<>$~]+)",
    re.I,
)
_ARROW = re.compile(
    r"^(?P<indent>[ \t]*)(?:export\s+)?(?:const|let|var)\s+(?P<name>[\w$]+)\s*=\s*"
    r"(?:async\s*)?(?:function|\([^)]{0,300}\)\s*=>|[\w$]+\s*=>)"
)
_METHOD = re.compile(
    r"^(?P<indent>[ \t]*)(?!(?:if|for|while|switch|catch|return|else|do|try|new|throw)\b)"
    r"(?:[\w:<>,\[\]*&~?.]+\s+){0,6}[*&]*(?P<name>~?[\w:$]+)\s*\([^;{}]{0,400}\)[^;{}()]{0,80}\{"
)
_LEADS = re.compile(r"^\s*(?://|#|/\*|\*|@|--|\[)")
_LONGEST_LINE = 1000


@dataclass(frozen=True, slots=True)
class _Symbol:
    line: int  # from 0
    name: str
    indent: int


class CodeParser(Parser):
    """Python by its syntax tree; other languages by the lines that begin a definition."""

    accepts = (
        frozenset(kind for kind in signatures.BY_SUFFIX.values() if kind.startswith("text/"))
        - _OTHER_TEXT
    )

    def parse(self, request: ParseRequest, limits: Limits) -> Parsed:
        """Blocks of whole lines; together they are the file, line by line."""
        text = clean_text(decode(read_bytes(request, limits)))
        symbols = _python_symbols(text) if request.media_type == "text/x-python" else None
        if symbols is None:
            symbols = _defined_symbols(text)
        notices: list[str] = []
        return Parsed(
            media_type=request.media_type,
            title=request.filename.replace("\\", "/").rpartition("/")[2],
            blocks=capped(_cut(text, symbols), limits, notices),
            language=metadata.detect_language(_comments(text)),
            notices=tuple(notices),
        )


def _python_symbols(text: str) -> list[_Symbol] | None:
    """Functions and classes with dotted names; None if the text is no Python of ours."""
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    found: list[_Symbol] = []

    def visit(node: ast.AST, prefix: str, depth: int) -> None:
        for child in ast.iter_child_nodes(node):
            if not isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                continue
            name = f"{prefix}{child.name}"
            first = min([child.lineno, *(mark.lineno for mark in child.decorator_list)])
            found.append(_Symbol(first - 1, name, depth))
            if isinstance(child, ast.ClassDef):
                visit(child, f"{name}.", depth + 1)

    visit(tree, "", 0)
    return found


def _defined_symbols(text: str) -> list[_Symbol]:
    """Lines that begin a definition, no deeper than one step inside another."""
    found: list[_Symbol] = []
    outer: list[_Symbol] = []
    lines = text.split("\n")
    for number, line in enumerate(lines):
        symbol = _definition(number, line)
        if symbol is None:
            continue
        while outer and outer[-1].indent >= symbol.indent:
            outer.pop()
        if len(outer) >= 2:
            continue
        name = f"{outer[-1].name}.{symbol.name}" if outer else symbol.name
        placed = _Symbol(number, name, symbol.indent)
        outer.append(placed)
        found.append(_Symbol(_with_lead(lines, number), name, symbol.indent))
    return found


def _definition(number: int, line: str) -> _Symbol | None:
    if not line.strip() or len(line) > _LONGEST_LINE:
        return None
    for pattern in (_KEYWORD, _ARROW, _METHOD):
        match = pattern.match(line)
        if match:
            indent = len(match["indent"].expandtabs(4))
            return _Symbol(number, match["name"].strip(":."), indent)
    return None


def _with_lead(lines: list[str], number: int) -> int:
    """The first of the comment and decorator lines right above a definition."""
    while number > 0 and _LEADS.match(lines[number - 1]):
        number -= 1
    return number


def _cut(text: str, symbols: list[_Symbol]) -> Iterator[Block]:
    lines = text.split("\n")
    starts = sorted({symbol.line: symbol.name for symbol in reversed(symbols)}.items())
    if not starts or starts[0][0] > 0:
        starts.insert(0, (0, ""))
    ends = [line for line, _ in starts[1:]] + [len(lines)]
    for (start, name), end in zip(starts, ends, strict=True):
        body = "\n".join(line.rstrip() for line in lines[start:end]).strip("\n")
        if body.strip():
            yield Block(body, kind="code", section=name)


def _comments(text: str) -> str:
    return "\n".join(line for line in text.split("\n")[:500] if _LEADS.match(line) or '"""' in line)
