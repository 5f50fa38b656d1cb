"""Pieces of one printed line, apart in the file but side by side on paper, made one again."""

from dataclasses import replace

from ingestion.parsers.pdf_lines import PrintedLine, inside, upright


def rejoined(lines: list[PrintedLine], width: float, height: float) -> list[PrintedLine]:
    """The lines of a page of this size, from top to bottom, with their pieces joined."""

    def place(line: PrintedLine) -> tuple[int, float, float]:
        x, y, _, tall = upright(line.box, line.turn)
        return (line.turn, round((y + tall / 2) * height / 3), x)

    kept: list[PrintedLine] = []
    for line in sorted(lines, key=place):
        last = kept[-1] if kept else None
        if last and last.hidden == line.hidden and _touch(last, line, width, height):
            kept[-1] = _merged(last, line)
        else:
            kept.append(line)
    return kept


def _touch(left: PrintedLine, right: PrintedLine, width: float, height: float) -> bool:
    if left.turn != right.turn or left.broken:
        return False
    wide, high = (width, height) if left.turn in {0, 180} else (height, width)
    a, b = upright(left.box, left.turn), upright(right.box, right.turn)
    size = max(left.size, right.size)
    drop = abs((a[1] + a[3] / 2) - (b[1] + b[3] / 2)) * high
    return drop < 0.35 * size and -0.3 * size < (b[0] - a[0] - a[2]) * wide < 0.8 * size


def _merged(left: PrintedLine, right: PrintedLine) -> PrintedLine:
    (x0, y0, w0, h0), (x1, y1, w1, h1) = left.box, right.box
    corners = min(x0, x1), min(y0, y1), max(x0 + w0, x1 + w1), max(y0 + h0, y1 + h1)
    longer = left if len(left.text) >= len(right.text) else right
    glue = "" if right.text[0] in ",.;:)" else " "
    return replace(
        longer, text=f"{left.text}{glue}{right.text}", box=inside(*corners), broken=right.broken
    )
