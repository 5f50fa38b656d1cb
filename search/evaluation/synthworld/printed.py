"""Pages with a table, printed or written, and questions that one row of it answers (P2)."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from search.evaluation.synthworld.names import SHARE, name
from search.evaluation.synthworld.texts import Question

ROWS = 24  # of a table
FIRST_NAME = 4 * SHARE  # names of rows begin here, behind those that slices have for themselves
_COLUMNS = (72, 190, 290, 390)  # points from the left


@dataclass(frozen=True, slots=True)
class _Register:
    """What all tables of one kind share. Two kinds have no word in common but their grammar."""

    title: str
    note: str
    heads: tuple[str, str, str, str]
    asked: tuple[str, str, str]


_PRINTED = _Register(
    "Harbours of the coast",
    "All harbours were measured by the same crew, from the outer wall to the last bollard.",
    ("Harbour", "Quay", "Draught", "Berths"),
    (
        "Which quay has the harbour {name}?",
        "What is the draught in the harbour {name}?",
        "How many berths has the harbour {name}?",
    ),
)
_WRITTEN = _Register(
    "Stations on the mountain line",
    "Inspectors visited each station before the timetable was drawn up, on foot where they must.",
    ("Station", "Platform", "Gradient", "Sidings"),
    (
        "Which platform has the station {name}?",
        "What is the gradient at the station {name}?",
        "How many sidings has the station {name}?",
    ),
)


def tables(count: int, *, seed: int) -> tuple[dict[str, bytes], list[Question]]:
    """Pages of one kind have the same title, note and columns: only their rows tell them apart.

    ``count`` of them are printed (PDF), where a table is nothing but words at places, and as many
    are written (HTML).
    """
    rng = np.random.default_rng([seed, 21])
    files: dict[str, bytes] = {}
    questions = []
    for number in range(2 * count):
        is_written, first = bool(number % 2), FIRST_NAME + ROWS * number
        register = _WRITTEN if is_written else _PRINTED
        rows = [(name(first + row), *_figures(rng)) for row in range(ROWS)]
        file = f"table-{number:04}.{'html' if is_written else 'pdf'}"
        files[f"docs/{file}"] = _written(rows) if is_written else pdf(_page(rows))
        row, column = rows[int(rng.integers(ROWS))], number // 2 % 3
        asked = register.asked[column].format(name=row[0])
        questions.append(Question("P2", asked, gold=[file], says=[row[0], row[1 + column]]))
    return files, questions


def _figures(rng: np.random.Generator) -> tuple[str, str, str]:
    first, second, third = (int(rng.integers(*ends)) for ends in ((100, 999), (10, 60), (61, 99)))
    return f"{first} m", f"{second} m", str(third)


def _page(rows: Sequence[Sequence[str]]) -> str:
    words = [_line(72, 760, _PRINTED.title, size=16), _line(72, 736, _PRINTED.note)]
    for place, row in enumerate([_PRINTED.heads, *rows]):
        cells = zip(_COLUMNS, row, strict=True)
        words += [_line(x, 712 - 18 * place, cell) for x, cell in cells]
    return "".join(words)


def _written(rows: Sequence[Sequence[str]]) -> bytes:
    heads = "".join(f"<th>{cell}</th>" for cell in _WRITTEN.heads)
    body = "".join(f"<tr>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>\n" for row in rows)
    title = _WRITTEN.title
    return (
        f"<!doctype html><html lang='en'><head><title>{title}</title></head><body>"
        f"<h1>{title}</h1><p>{_WRITTEN.note}</p><table><tr>{heads}</tr>\n{body}</table></body></html>"
    ).encode()


def _line(x: int, y: int, words: str, *, size: int = 10) -> str:
    """Operators that print a line at a place in points from the bottom left."""
    return f"BT /F1 {size} Tf 1 0 0 1 {x} {y} Tm ({words}) Tj ET\n"


def pdf(page: str) -> bytes:
    """A PDF file of one page, from the operators that print it in Helvetica.

    Source: ISO 32000-1, section 7.5, for the parts of a file.
    """
    objects = (
        "<< /Type /Catalog /Pages 2 0 R >>",
        "<< /Type /Pages /Kids [4 0 R] /Count 1 >>",
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
        "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents 5 0 R "
        "/Resources << /Font << /F1 3 0 R >> >> >>",
        f"<< /Length {len(page)} >>\nstream\n{page}\nendstream",
    )
    body, places = "%PDF-1.4\n", []
    for number, value in enumerate(objects, start=1):
        places.append(len(body))
        body += f"{number} 0 obj\n{value}\nendobj\n"
    table = "".join(f"{place:010d} 00000 n \n" for place in places)
    size = len(objects) + 1
    return (
        f"{body}xref\n0 {size}\n0000000000 65535 f \n{table}"
        f"trailer\n<< /Size {size} /Root 1 0 R >>\nstartxref\n{len(body)}\n%%EOF"
    ).encode("ascii")
