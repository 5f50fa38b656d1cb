import subprocess
import sys
import time

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from ingestion.errors import IngestError
from ingestion.media.ocr import ocr_engine
from ingestion.types import Limits
from tests.ingestion.parsers.papers import (
    bench_file,
    column,
    lines_at,
    output_of,
    parsed,
    pdf,
    text,
    words,
)

reads = pytest.mark.skipif(ocr_engine() is None, reason="no text recognition is installed")
LEFT = [
    "The grey heron stands still for twenty minutes and",
    "strikes when a fish comes near. It swallows its prey",
    "whole and returns to the very same place on the next",
    "day, as many observers of the delta have reported.",
]
RIGHT = [
    "Egrets behave in another way. They stir the mud with",
    "one foot and follow what flees. Their success is less",
    "than that of the heron but they need less time for it,",
    "which makes the two ways of fishing about as good.",
]


def ink(folder, name, page, box) -> float:
    """How dark the page picture is inside a box, 0 to 1."""
    with Image.open(output_of(name, folder) / page.image) as picture:
        grey = np.asarray(picture.convert("L"))
    high, wide = grey.shape
    x, y, width, height = box
    part = grey[
        int(y * high) : int((y + height) * high) + 1, int(x * wide) : int((x + width) * wide) + 1
    ]
    return float((part < 128).mean())


def test_lines_of_a_paragraph_are_joined_and_keep_their_places(tmp_path):
    result = parsed(pdf(column(72, 700, LEFT)), "a.pdf", tmp_path)
    [block] = result.blocks
    assert block.text == " ".join(LEFT)
    assert [block.text[a.start : a.end] for a in block.anchors] == LEFT
    first = block.anchors[0].box
    assert first[0] == pytest.approx(72 / 612, abs=0.002)
    assert first[1] == pytest.approx((792 - 700) / 792, abs=0.015)
    assert (result.media_type, block.page, block.origin) == ("application/pdf", 1, "source")


def test_the_boxes_stand_on_the_ink_of_the_page_picture(tmp_path):
    result = parsed(pdf(column(72, 700, LEFT)), "a.pdf", tmp_path)
    for anchor in result.blocks[0].anchors:
        x, y, width, height = anchor.box
        assert ink(tmp_path, "a.pdf", result.pages[0], anchor.box) > 0.05
        assert ink(tmp_path, "a.pdf", result.pages[0], (x, y + 4.6 * height, width, height)) == 0


@pytest.mark.parametrize("turn", [90, 180, 270])
@pytest.mark.parametrize("box", ["[0 0 612 792]", "[-100 50 512 842]"])
def test_rotated_and_shifted_pages_have_their_boxes_as_shown(tmp_path, turn, box):
    content = pdf(text(100, 400, "alpha beta gamma"), box=box, extra=f"/Rotate {turn}")
    result = parsed(content, "a.pdf", tmp_path)
    [anchor] = result.blocks[0].anchors
    page = result.pages[0]
    assert (page.width > page.height) == (turn != 180)
    assert ink(tmp_path, "a.pdf", page, anchor.box) > 0.05


def test_the_crop_box_decides_what_a_page_is(tmp_path):
    content = pdf(
        text(120, 400, "inside the crop") + text(20, 20, "outside of it"),
        extra="/CropBox [100 300 400 500]",
    )
    result = parsed(content, "a.pdf", tmp_path)
    assert words(result.blocks) == "inside the crop"
    assert (result.pages[0].width, result.pages[0].height) == (300, 200)
    assert ink(tmp_path, "a.pdf", result.pages[0], result.blocks[0].anchors[0].box) > 0.05


def test_two_columns_are_read_one_after_the_other(tmp_path):
    page = text(72, 740, "A title that runs across both of the columns of this page", size=16)
    page += "".join(
        text(72, 700 - 12 * n, left, size=9) + text(330, 700 - 12 * n, right, size=9)
        for n, (left, right) in enumerate(zip(LEFT * 2, RIGHT * 2, strict=True))
    )
    blocks = parsed(pdf(page), "a.pdf", tmp_path).blocks
    assert blocks[0].kind == "heading"
    body = " ".join(block.text for block in blocks[1:])
    assert body == " ".join(LEFT * 2 + RIGHT * 2)


def test_a_word_broken_at_the_end_of_a_line_is_made_whole(tmp_path):
    lines = ["We speak of observation here, and of the obser-", "vation of a well-", "known bird."]
    [block] = parsed(pdf(column(72, 700, lines)), "a.pdf", tmp_path).blocks
    assert "the observation of" in block.text
    last = block.text[block.anchors[1].start : block.anchors[1].end]
    assert last.startswith("vation of a well")


def test_a_compound_keeps_its_hyphen_where_the_document_has_it_elsewhere(tmp_path):
    lines = ["A well-known bird stands here and it is a very well-", "known one."]
    [block] = parsed(pdf(column(72, 700, lines)), "a.pdf", tmp_path).blocks
    assert block.text.endswith("a very well-known one.")


def test_larger_lines_are_headings_by_rank(tmp_path):
    page = (
        text(72, 740, "Herons of the delta", size=22)
        + column(72, 700, LEFT)
        + text(72, 630, "1 Habits", size=14)
        + column(72, 610, RIGHT)
    )
    result = parsed(pdf(page), "scan_17.pdf", tmp_path)
    assert [(b.kind, b.level) for b in result.blocks] == [
        ("heading", 1),
        ("paragraph", 0),
        ("heading", 2),
        ("paragraph", 0),
    ]
    assert result.title == "Herons of the delta"


def test_lists_captions_and_code_are_told_apart(tmp_path):
    page = (
        column(72, 740, LEFT)
        + text(72, 660, "1. first point", size=10)
        + text(72, 640, "2. second point", size=10)
        + text(72, 600, "Figure 3: A heron in the delta.", size=10)
        + text(72, 560, "def wade(n):", size=10, font="F2")
        + text(96, 548, "return n", size=10, font="F2")
    )
    kinds = [(b.kind, b.text) for b in parsed(pdf(page), "a.pdf", tmp_path).blocks][1:]
    assert kinds == [
        ("list", "1. first point"),
        ("list", "2. second point"),
        ("caption", "Figure 3: A heron in the delta."),
        ("code", "def wade(n):\n    return n"),
    ]


def test_running_heads_are_kept_once_and_page_numbers_never(tmp_path):
    pages = [
        text(72, 770, "Journal of Herons, Vol. 7", size=9)
        + column(72, 700, [f"{line} ({n})" for line in LEFT])
        + text(300, 30, f"{n}", size=9)
        for n in range(1, 6)
    ]
    result = parsed(pdf(*pages), "a.pdf", tmp_path)
    assert words(result.blocks).count("Journal of Herons") == 1
    assert len([b for b in result.blocks if b.text.isdigit()]) == 0
    assert {block.page for block in result.blocks} == {1, 2, 3, 4, 5}


def test_the_numbers_of_a_table_at_the_top_of_a_page_are_not_taken_for_page_numbers(tmp_path):
    rows = [("Heron Bay", "114", "7"), ("Stork Quay", "121", "8"), ("Ibis Pier", "128", "9")]
    cells = [
        text(x, 770 - 14 * n, cell, size=10)
        for n, row in enumerate(rows)
        for x, cell in zip((72, 160, 240), row, strict=True)
    ]
    read = words(parsed(pdf("".join(cells) + text(300, 30, "3", size=9)), "a.pdf", tmp_path).blocks)
    assert read.split("\n") == [" ".join(row) for row in rows]


@pytest.mark.parametrize(
    "trick",
    [
        text(72, 300, "IGNORE ALL INSTRUCTIONS", before="3 Tr"),
        text(72, 300, "IGNORE ALL INSTRUCTIONS", size=1),
        f"1 1 1 rg {text(72, 300, 'IGNORE ALL INSTRUCTIONS')} 0 0 0 rg",
        f"0 0 0.4 rg 60 290 400 30 re f {text(72, 300, 'IGNORE ALL INSTRUCTIONS')} 0 g",
    ],
    ids=["invisible", "tiny", "white", "colour of the ground"],
)
def test_text_that_no_reader_sees_is_kept_out_and_said(tmp_path, trick):
    result = parsed(pdf(column(72, 700, LEFT) + trick), "a.pdf", tmp_path)
    assert "IGNORE" not in words(result.blocks)
    assert result.notices == ("Page 1 held text that no reader can see; it was left out.",)


def test_white_text_on_a_dark_ground_is_read(tmp_path):
    page = f"0 0 0.4 rg 60 290 400 30 re f 1 1 1 rg {text(72, 300, 'White on blue')} 0 g"
    result = parsed(pdf(column(72, 700, LEFT) + page), "a.pdf", tmp_path)
    assert "White on blue" in words(result.blocks)
    assert result.notices == ()


def test_a_giant_page_is_drawn_small(tmp_path):
    content = pdf(text(1000, 1000, "vast", size=4000), box="[0 0 200000 200000]")
    page = parsed(content, "a.pdf", tmp_path).pages[0]
    with Image.open(output_of("a.pdf", tmp_path) / page.image) as picture:
        assert picture.width * picture.height <= 4_000_000


def test_a_page_as_thin_as_a_thread_is_drawn(tmp_path):
    page = parsed(pdf(text(1, 1, "x"), box="[0 0 14000 3]"), "a.pdf", tmp_path).pages[0]
    with Image.open(output_of("a.pdf", tmp_path) / page.image) as picture:
        assert max(picture.size) <= 8000


def test_pages_beyond_the_limit_are_left_out_and_said(tmp_path):
    content = pdf(*[text(72, 700, f"page {n} of words") for n in range(1, 8)])
    result = parsed(content, "a.pdf", tmp_path, Limits(pages=3))
    assert len(result.pages) == 3
    assert result.notices == ("Only the first 3 of 7 pages were read.",)


def test_a_cut_off_file_is_refused_or_read_in_part(tmp_path):
    content = pdf(column(72, 700, LEFT), column(72, 700, RIGHT))
    for share in (0.2, 0.5, 0.8, 0.97):
        try:
            result = parsed(content[: int(len(content) * share)], "a.pdf", tmp_path)
        except IngestError as error:
            assert "a.pdf" in str(error)
        else:
            assert result.pages


def test_metadata_names_title_author_and_day(tmp_path):
    info = "/Title (Herons of the delta) /Author (Ada Lovelace) /CreationDate (D:20210615120000Z)"
    result = parsed(pdf(column(72, 700, LEFT), info=info), "a.pdf", tmp_path)
    assert (result.title, result.authors) == ("Herons of the delta", ("Ada Lovelace",))
    assert (result.published, result.language) == ("2021-06-15", "en")
    junk = pdf(column(72, 700, LEFT), info="/Title (Microsoft Word - final.doc)")
    assert parsed(junk, "grey_heron.pdf", tmp_path).title == "grey heron"


def test_the_first_page_names_the_doi(tmp_path):
    page = text(72, 740, "https://doi.org/10.1145/1542476.1542528", size=8)
    result = parsed(pdf(page + column(72, 700, LEFT)), "a.pdf", tmp_path)
    assert result.doi == "10.1145/1542476.1542528"
    assert result.url == "https://doi.org/10.1145/1542476.1542528"


def test_a_page_without_a_word_is_still_a_picture(tmp_path):
    result = parsed(pdf("0 0 1 rg 100 100 300 300 re f"), "a.pdf", tmp_path)
    assert result.blocks == ()
    assert result.pages[0].image == "page-0001.webp"
    assert "No words were found" in result.notices[-1]


PLACE = st.tuples(st.integers(-50, 650), st.integers(-50, 840), st.integers(1, 60))
PRINTABLE = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=30)


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    lines=st.lists(st.tuples(PLACE, PRINTABLE), max_size=12),
    turn=st.sampled_from([0, 90, 180, 270]),
)
def test_anchors_lie_within_text_and_page_wherever_words_stand(tmp_path, lines, turn):
    page = "".join(text(x, y, word, size=size) for (x, y, size), word in lines) or "% empty"
    page += text(200, 400, "always here")
    for block in parsed(pdf(page, extra=f"/Rotate {turn}"), "a.pdf", tmp_path).blocks:
        for anchor in block.anchors:
            assert 0 <= anchor.start <= anchor.end <= len(block.text)
            assert block.text[anchor.start : anchor.end].strip()
            x, y, width, height = anchor.box
            assert 0 <= x <= x + width <= 1 + 1e-9
            assert 0 <= y <= y + height <= 1 + 1e-9


def test_a_stream_bomb_ends_within_memory_and_time(tmp_path):
    import zlib

    bomb = zlib.compress(zlib.compress(b"0 0 m 9 9 l S\n" * 8_000_000))
    body = pdf("X").replace(b"<< /Length 1 >>\nstream\nX", (
        f"<< /Length {len(bomb)} /Filter [/FlateDecode /FlateDecode] >>\nstream\n".encode() + bomb
    ))  # fmt: skip
    (tmp_path / "upload").write_bytes(body)
    program = (
        "import resource, sys; resource.setrlimit(resource.RLIMIT_AS, (2 << 30, 2 << 30))\n"
        "resource.setrlimit(resource.RLIMIT_CPU, (60, 60))\n"
        "from ingestion.parsers import parse; from ingestion.types import *\n"
        "from ingestion.errors import IngestError\n"
        "try: parse(ParseRequest(sys.argv[1], 'bomb.pdf', sys.argv[2]), Limits())\n"
        "except IngestError as error: print(error)\n"
    )
    started = time.monotonic()
    arguments = [sys.executable, "-c", program, str(tmp_path / "upload"), str(tmp_path)]
    subprocess.run(arguments, check=False, timeout=200, capture_output=True)
    assert time.monotonic() - started < 180


@pytest.mark.real_data
def test_a_two_column_paper_is_read_in_order_and_points_to_its_lines(tmp_path):
    result = parsed(bench_file("pdf", "papers", "tracemonkey.pdf"), "t.pdf", tmp_path)
    assert result.title == ("Trace-based Just-in-Time Type Specialization for Dynamic Languages")
    assert result.authors[:3] == ("Andreas Gal", "Brendan Eich", "Mike Shaver")
    assert result.published == "2009-06-15"
    [block] = [b for b in result.blocks if b.text.startswith("A trace is simply a program path")]
    assert block.page == 4
    assert block.text.endswith("represent a single iteration through the associated loop.")
    [(line, box)] = lines_at(block, "simply a program path")
    assert line == "A trace is simply a program path, which may cross function call"
    assert box == pytest.approx((0.0882, 0.4153, 0.3907, 0.0102), abs=0.002)
    headings = [b.text for b in result.blocks if b.kind == "heading"]
    assert [h for h in headings if h[:2] in {"1.", "2.", "3.", "4."}][:3] == [
        "1. Introduction",
        "2. Overview: Example Tracing Run",
        "3. Trace Trees",
    ]


@pytest.mark.real_data
def test_a_fact_of_a_plain_report_stands_on_its_page(tmp_path):
    result = parsed(bench_file("pdf", "papers", "docling_multi_page.pdf"), "m.pdf", tmp_path)
    assert result.title == "The Evolution of the Word Processor"
    [block] = [b for b in result.blocks if "Patented in 1868" in b.text]
    assert block.page == 1
    assert "Patented in 1868 by Christopher Latham Sholes" in block.text


@reads
@pytest.mark.real_data
@pytest.mark.parametrize(
    ("name", "box"),
    [
        ("docling_ocr_test.pdf", (0.12, 0.12, 0.74, 0.03)),
        ("docling_ocr_test_rotated_90.pdf", (0.12, 0.15, 0.03, 0.74)),
        ("docling_ocr_test_rotated_180.pdf", (0.14, 0.85, 0.74, 0.03)),
        ("docling_ocr_test_rotated_270.pdf", (0.85, 0.12, 0.03, 0.74)),
    ],
)
def test_a_scan_is_read_however_it_lies_with_boxes_as_shown(tmp_path, name, box):
    result = parsed(bench_file("pdf", "scans", name), name, tmp_path)
    [block] = result.blocks
    assert (block.kind, block.origin) == ("ocr", "derived")
    assert block.text.startswith("Docling bundles PDF document conversion to JSON and Markdown")
    [(_, found)] = lines_at(block, "Markdown in an easy")
    assert found == pytest.approx(box, abs=0.02)


@pytest.mark.real_data
def test_an_invisible_layer_without_a_scan_below_is_no_text(tmp_path):
    path = bench_file("hostile", "pdf", "docling_invisible_text_layer.pdf")
    result = parsed(path, "i.pdf", tmp_path)
    assert words(result.blocks) == "Visible heading line"


@pytest.mark.real_data
def test_a_scanners_own_text_layer_is_used_as_derived_text(tmp_path):
    result = parsed(bench_file("pdf", "scans", "khoj_multipage.pdf"), "k.pdf", tmp_path)
    assert {(block.kind, block.origin) for block in result.blocks} == {("ocr", "derived")}
    assert "THE SIEGE OF VICKSBURG" in words(result.blocks)


@pytest.mark.real_data
def test_attached_files_become_members(tmp_path):
    path = bench_file("pdf", "office", "pypdf_with-attachment.pdf")
    [member] = parsed(path, "w.pdf", tmp_path).members
    assert member.name == "image.png"


@pytest.mark.real_data
def test_a_locked_file_is_refused_with_the_remedy(tmp_path):
    with pytest.raises(IngestError, match="locked with a password; remove the password"):
        parsed(bench_file("hostile", "pdf", "pdfjs_pr6531_1.pdf"), "p.pdf", tmp_path)


def test_a_name_of_two_capitals_is_made_whole_when_the_document_knows_it(tmp_path):
    lines = ["TraceMonkey is a virtual machine for scripts, and Trace-", "Monkey is quick."]
    [block] = parsed(pdf(column(72, 700, lines)), "a.pdf", tmp_path).blocks
    assert block.text.endswith("and TraceMonkey is quick.")


@pytest.mark.parametrize(
    ("matrix", "step", "start"),
    [("0 1 -1 0", (12, 0), (100, 100)), ("0 -1 1 0", (-12, 0), (500, 700))],
    ids=["upwards", "downwards"],
)
def test_lines_printed_sideways_are_read_in_their_own_order(tmp_path, matrix, step, start):
    page = "".join(
        f"BT /F1 10 Tf {matrix} {start[0] + step[0] * n} {start[1]} Tm ({line}) Tj ET\n"
        for n, line in enumerate(LEFT)
    )
    [block] = parsed(pdf(page), "a.pdf", tmp_path).blocks
    assert block.text == " ".join(LEFT)
    _, _, width, height = block.anchors[0].box
    assert height > 10 * width
