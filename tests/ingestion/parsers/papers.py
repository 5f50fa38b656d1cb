"""Small files made on the spot: PDF pages drawn by hand, Office files, archives."""

import io
import os
import zipfile
from collections.abc import Sequence
from pathlib import Path

import pytest

from ingestion.parsers import parse
from ingestion.sandbox.codec import dump, load
from ingestion.types import Block, Limits, Parsed, ParseRequest


def parsed(
    content: bytes | str | Path, name: str, folder: Path, limits: Limits | None = None
) -> Parsed:
    """What ``parse`` makes of a file, after the same check that the parent makes."""
    output = folder / f"out-{name.replace('/', '-')[:40]}"
    output.mkdir(exist_ok=True)
    if isinstance(content, Path):
        path = content
    else:
        path = folder / "upload"
        path.write_bytes(content.encode() if isinstance(content, str) else content)
    result = parse(ParseRequest(str(path), name, str(output)), limits or Limits())
    assert load(dump(result), output) == result
    return result


def output_of(name: str, folder: Path) -> Path:
    """The folder that ``parsed`` wrote to."""
    return folder / f"out-{name.replace('/', '-')[:40]}"


def bench_file(*parts: str) -> Path:
    """A benchmark file; skips the test where there is none."""
    named = os.environ.get("MMSEARCH_BENCH_DATA")
    folder = Path(named) if named else Path(__file__).resolve().parents[4] / "shared" / "data"
    path = folder.joinpath(*parts)
    if not path.exists():
        pytest.skip(f"{path} is not here; name the benchmark files by MMSEARCH_BENCH_DATA")
    return path


def words(blocks: Sequence[Block]) -> str:
    """All text of some blocks."""
    return "\n".join(block.text for block in blocks)


def lines_at(block: Block, phrase: str) -> list[tuple[str, tuple[float, float, float, float]]]:
    """The printed lines of a block that hold a part of a phrase, with their boxes."""
    start = block.text.index(phrase)
    end = start + len(phrase)
    return [
        (block.text[a.start : a.end], a.box)
        for a in block.anchors
        if a.start < end and a.end > start and a.box
    ]


def text(
    x: float, y: float, words: str, *, size: float = 12, font: str = "F1", before: str = ""
) -> str:
    """PDF operators that print one line at a place in points from the bottom left."""
    escaped = words.replace("\\", r"\\").replace("(", r"\(").replace(")", r"\)")
    return f"BT {before} /{font} {size} Tf 1 0 0 1 {x} {y} Tm ({escaped}) Tj ET\n"


def column(x: float, top: float, lines: Sequence[str], *, size: float = 10) -> str:
    """Lines below one another, 1.2 times their size apart."""
    return "".join(text(x, top - 1.2 * size * n, line, size=size) for n, line in enumerate(lines))


def pdf(*pages: str, box: str = "[0 0 612 792]", extra: str = "", info: str = "") -> bytes:
    """A PDF whose pages show the given operators; ``extra`` goes into each page's dictionary."""
    count = len(pages)
    kids = " ".join(f"{6 + 2 * n} 0 R" for n in range(count))
    objects = [
        "<< /Type /Catalog /Pages 2 0 R >>",
        f"<< /Type /Pages /Kids [{kids}] /Count {count} >>",
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
        "<< /Type /Font /Subtype /Type1 /BaseFont /Courier >>",
        f"<< {info} >>",
    ]
    for number, content in enumerate(pages):
        objects.append(
            f"<< /Type /Page /Parent 2 0 R /MediaBox {box} {extra} /Contents {7 + 2 * number} 0 R "
            "/Resources << /Font << /F1 3 0 R /F2 4 0 R >> >> >>"
        )
        objects.append(
            f"<< /Length {len(content.encode('latin-1'))} >>\nstream\n{content}\nendstream"
        )
    body, offsets = b"%PDF-1.4\n", []
    for number, value in enumerate(objects, start=1):
        offsets.append(len(body))
        body += f"{number} 0 obj\n{value}\nendobj\n".encode("latin-1")
    table = "".join(f"{offset:010d} 00000 n \n" for offset in offsets)
    trailer = f"<< /Size {len(objects) + 1} /Root 1 0 R /Info 5 0 R >>"
    return body + (
        f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n{table}trailer\n{trailer}\n"
        f"startxref\n{len(body)}\n%%EOF"
    ).encode("latin-1")


def zipped(**files: bytes | str) -> bytes:
    """A ZIP file; two underscores in a name stand for a dot."""
    return zipped_as({name.replace("__", "."): content for name, content in files.items()})


def zipped_as(files: dict[str, bytes | str]) -> bytes:
    """A ZIP file of these names."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def picture(x: float, y: float, wide: float, high: float, *, seed: int = 1) -> str:
    """PDF operators that put a small grey raster picture at a place in points."""
    shades = [(seed * 53 + n * n * 37 + n * 11) % 200 for n in range(64)]
    pixels = "".join(f"{shade:02x}" for shade in shades)
    return f"q {wide} 0 0 {high} {x} {y} cm BI /W 8 /H 8 /CS /G /BPC 8 /F /AHx ID {pixels}> EI Q\n"


def chart(x: float, y: float, wide: float, high: float) -> str:
    """PDF operators that draw two axes and a jagged curve."""
    steps = [f"{x + wide * n / 60} {y + high * ((n * 7) % 11) / 11} l" for n in range(1, 61)]
    return (
        f"{x} {y} m {x} {y + high} l S {x} {y} m {x + wide} {y} l S\n"
        f"{x} {y} m {' '.join(steps)} S\n"
    )


def rule(x: float, y: float, wide: float) -> str:
    """PDF operators that draw a level line."""
    return f"0.6 w {x} {y} m {x + wide} {y} l S 1 w\n"
