"""Figures and tables of a PDF: which there are, where they stand, and what is said of them."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from ingestion.chunking.passages import document_text, passages
from ingestion.parsers.pdf_drawn import clusters, labelled, merged
from ingestion.parsers.pdf_objects import Drawn
from ingestion.types import Limits, Parsed
from tests.ingestion.parsers.papers import (
    bench_file,
    chart,
    column,
    output_of,
    parsed,
    pdf,
    picture,
    rule,
    text,
)

PROSE = [
    "The herons of the lower river nest in colonies of up to forty pairs,",
    "and their number has been counted every spring since the year 1928.",
    "In cold winters many of them starve, and it takes the colony about",
    "three years to come back to the size that it had before the frost.",
]
LEFT = [line[:44] for line in PROSE]


def drafts_of(result: Parsed):
    return passages(result, count_tokens=lambda words: len(words) // 4 + 1, capacity=200)


def figures_of(result: Parsed):
    return [draft for draft in drafts_of(result) if draft.kind == "image"]


def close(box, other):
    return box == pytest.approx(other, abs=0.012)


def on_letter(x, y, wide, high):
    """Points from the bottom left as fractions from the top left of a letter page."""
    return (x / 612, 1 - (y + high) / 792, wide / 612, high / 792)


def test_a_picture_with_a_caption_is_one_passage_with_its_words_and_its_box(tmp_path):
    content = pdf(
        column(72, 720, PROSE)
        + picture(150, 480, 300, 150)
        + text(150, 462, "Figure 3: Pairs of herons by year, counted from the air.", size=9)
        + column(72, 420, PROSE)
    )
    result = parsed(content, "a.pdf", tmp_path)
    [figure] = figures_of(result)
    assert figure.text == "Figure 3: Pairs of herons by year, counted from the air."
    assert figure.page == 1
    assert close(figure.boxes[0], on_letter(150, 480, 300, 150))
    assert len(figure.boxes) == 2  # its caption, too
    with Image.open(output_of("a.pdf", tmp_path) / figure.picture) as crop:
        assert crop.format == "WEBP"
        assert crop.width / crop.height == pytest.approx(2.0, rel=0.05)
        assert 700 < crop.width <= 1400
    texts = " ".join(draft.text for draft in drafts_of(result))
    assert texts.count("counted from the air") == 1
    start, end = figure.chars
    assert document_text(result.blocks)[start:end] == figure.text


def test_what_is_drawn_is_a_figure_and_the_words_on_its_axes_are_kept_out_of_the_text(tmp_path):
    content = pdf(
        column(72, 720, PROSE)
        + chart(150, 480, 300, 150)
        + text(240, 468, "year of the count", size=8)
        + text(128, 600, "pairs", size=8)
        + text(150, 440, "Abb. 2: Paare je Jahr.", size=9)
        + column(72, 400, PROSE)
    )
    result = parsed(content, "a.pdf", tmp_path)
    [figure] = figures_of(result)
    x, y, _, high = figure.boxes[0]
    assert figure.text == "Abb. 2: Paare je Jahr."
    assert x * 612 < 130  # as far as the word at the left
    assert (y + high) * 792 > 792 - 468
    labels = [draft.text for draft in drafts_of(result) if "year of the count" in draft.text]
    assert labels == ["pairs\nyear of the count"]


def test_each_figure_of_a_column_gets_the_caption_of_its_column(tmp_path):
    content = pdf(
        chart(72, 560, 200, 120)
        + text(72, 540, "Fig. 1. The left colony.", size=9)
        + column(72, 510, LEFT)
        + picture(330, 560, 200, 120)
        + text(330, 540, "Fig. 2. The right colony.", size=9)
        + column(330, 510, LEFT)
    )
    found = figures_of(parsed(content, "a.pdf", tmp_path))
    assert [(figure.text, figure.boxes[0][0] < 0.5) for figure in found] == [
        ("Fig. 1. The left colony.", True),
        ("Fig. 2. The right colony.", False),
    ]


def test_parts_that_stand_beside_each_other_are_one_figure(tmp_path):
    content = pdf(
        column(72, 720, PROSE)
        + picture(90, 480, 190, 150)
        + picture(320, 480, 190, 150, seed=5)
        + text(
            110, 462, "Figure 1: Before the frost (left) and three years after it (right).", size=9
        )
        + column(72, 420, PROSE)
    )
    [figure] = figures_of(parsed(content, "a.pdf", tmp_path))
    assert close(figure.boxes[0], on_letter(90, 480, 420, 150))


def test_a_photograph_without_a_caption_is_a_passage_without_words(tmp_path):
    content = pdf(column(72, 720, PROSE) + picture(150, 300, 300, 220))
    [figure] = figures_of(parsed(content, "a.pdf", tmp_path))
    assert not figure.text
    assert figure.picture == "figure-0001.webp"


@pytest.mark.parametrize(
    "drawn",
    [
        picture(0, 0, 612, 792),  # a background
        picture(72, 500, 20, 20),  # an icon
        rule(72, 600, 460) + rule(72, 560, 460),  # lines
        "0.9 g 72 560 460 150 re f 0 g\n",  # a ground behind text
    ],
)
def test_backgrounds_icons_and_lines_are_no_figures(tmp_path, drawn):
    content = pdf(drawn + column(80, 690, PROSE * 2) + column(72, 420, PROSE))
    assert not figures_of(parsed(content, "a.pdf", tmp_path))


def test_a_logo_on_every_page_is_no_figure_but_the_chart_among_them_is(tmp_path):
    logo = picture(440, 690, 120, 80)
    pages = [logo + column(72, 600, [f"{n} {line}" for line in PROSE]) for n in range(5)]
    pages[2] += chart(150, 250, 300, 200) + text(150, 230, "Figure 1: Herons.", size=9)
    [figure] = figures_of(parsed(pdf(*pages), "a.pdf", tmp_path))
    assert (figure.page, figure.text) == (3, "Figure 1: Herons.")


def test_a_sentence_that_begins_with_figure_is_no_caption(tmp_path):
    content = pdf(
        picture(150, 480, 300, 150)
        + column(72, 460, ["Figure 3 shows what the count of the herons came to,", *PROSE])
    )
    [figure] = figures_of(parsed(content, "a.pdf", tmp_path))
    assert not figure.text


TABLE = [["Year", "Pairs", "Frost days"], ["1962", "112", "18"], ["1963", "31", "71"]]


def cells(x, top, rows, *, step=120.0):
    return "".join(
        text(x + step * column, top - 14 * row, cell, size=9)
        for row, line in enumerate(rows)
        for column, cell in enumerate(line)
    )


@pytest.mark.parametrize("is_ruled", [True, False])
@pytest.mark.parametrize("name", ["Table 1:", "Tabelle 1."])
def test_a_table_is_one_passage_with_its_caption_and_its_rows(tmp_path, is_ruled, name):
    rules = rule(150, 614, 330) + rule(150, 598, 330) + rule(150, 566, 330)
    content = pdf(
        column(72, 720, PROSE)
        + text(150, 624, f"{name} Pairs of herons and days of frost.", size=9)
        + (rules if is_ruled else "")
        + cells(155, 602, TABLE)
        + column(72, 530, PROSE)
    )
    result = parsed(content, "a.pdf", tmp_path)
    [table] = [draft for draft in drafts_of(result) if "Pairs of herons and" in draft.text]
    rows = "Year | Pairs | Frost days\n1962 | 112 | 18\n1963 | 31 | 71"
    assert table.text == f"{name} Pairs of herons and days of frost.\n{rows}"
    assert table.kind == "text"
    [(x, y, wide, high)] = table.boxes
    assert x * 612 == pytest.approx(150, abs=6)
    assert 155 < y * 792 < 170
    assert 205 < (y + high) * 792 < 232
    assert 430 < (x + wide) * 612 < 490
    assert not [draft for draft in drafts_of(result) if draft.kind == "image"]
    at = table.text.index("71")
    [cell] = [a.box for a in table.anchors if a.start <= at < a.end]
    assert cell[0] * 612 == pytest.approx(395, abs=4)


def test_a_figure_of_rows_alone_is_read_like_a_table(tmp_path):
    content = pdf(
        column(72, 720, PROSE)
        + rule(150, 658, 330) + cells(155, 644, TABLE) + rule(150, 610, 330)
        + text(150, 590, "Figure 9. Tagged values of the count.", size=9)
        + column(72, 530, PROSE)
    )  # fmt: skip
    [table] = [d for d in drafts_of(parsed(content, "a.pdf", tmp_path)) if "Tagged" in d.text]
    assert table.text.endswith("1962 | 112 | 18\n1963 | 31 | 71")


def test_further_rows_of_a_long_table_stand_under_its_caption(tmp_path):
    rows = [
        ["Year", "Pairs"],
        *([f"Spring {n}", f"{n * 7 % 90} pairs of herons"] for n in range(45)),
    ]
    content = pdf(text(150, 750, "Table 3: A long count.", size=9) + cells(155, 735, rows))
    first, *further = drafts_of(parsed(content, "a.pdf", tmp_path))[:-1]
    assert first.text.startswith("Table 3: A long count.\nYear | Pairs\nSpring 0 | 0 pairs")
    assert further
    assert all(draft.heading.endswith("Table 3: A long count.") for draft in further)
    assert all(" | " in line for draft in further for line in draft.text.splitlines())


def test_a_table_that_is_a_picture_is_found_like_a_figure(tmp_path):
    content = pdf(
        column(72, 720, PROSE)
        + text(150, 640, "Table 2: Herons by river.", size=9)
        + picture(150, 480, 300, 150)
        + column(72, 440, PROSE)
    )
    [figure] = figures_of(parsed(content, "a.pdf", tmp_path))
    assert figure.text == "Table 2: Herons by river."


@pytest.mark.parametrize("turn", [90, 180, 270])
def test_a_figure_on_a_turned_page_stands_where_it_is_shown(tmp_path, turn):
    content = pdf(picture(100, 200, 200, 300), extra=f"/Rotate {turn}")
    [figure] = figures_of(parsed(content, "a.pdf", tmp_path))
    name = figure.picture
    with (
        Image.open(output_of("a.pdf", tmp_path) / "page-0001.webp") as page,
        Image.open(output_of("a.pdf", tmp_path) / name) as crop,
    ):
        x, y, wide, high = figure.boxes[0]
        corners = (
            round(x * page.width), round(y * page.height),
            round((x + wide) * page.width), round((y + high) * page.height),
        )  # fmt: skip
        shown = np.asarray(page.convert("L").crop(corners).resize((40, 40)), float)
        cut = np.asarray(crop.convert("L").resize((40, 40)), float)
        assert np.abs(shown - cut).mean() < 12


def test_a_caption_longer_than_a_passage_keeps_the_picture_in_its_first_part_only(tmp_path):
    lines = [f"{n} {PROSE[n % 4]}" for n in range(16)]
    content = pdf(
        picture(150, 580, 300, 150)
        + column(72, 560, ["Figure 1: All that was seen of them.", *lines])
    )
    result = parsed(content, "a.pdf", tmp_path)
    drafts = [draft for draft in drafts_of(result) if draft.text]
    assert [draft.kind for draft in drafts][:2] == ["image", "text"]
    assert {draft.picture for draft in drafts[1:]} == {"page-0001.webp"}


def test_a_page_of_too_many_strokes_is_read_in_time(tmp_path):
    strokes = "".join(
        f"{n % 600} {n % 780} m {n % 600 + 3} {n % 780 + 9} l S\n" for n in range(60_000)
    )
    result = parsed(pdf(strokes + column(72, 720, PROSE)), "a.pdf", tmp_path, Limits(cpu_s=60))
    assert "herons" in document_text(result.blocks)


sides = st.floats(0, 1, allow_nan=False, width=32)
boxes = st.tuples(sides, sides, sides, sides).map(
    lambda box: (box[0] * 0.9, box[1] * 0.9, box[2] * 0.1, box[3] * 0.1)
)


@given(st.lists(boxes, max_size=30))
def test_merged_boxes_are_apart_hold_all_and_do_not_depend_on_order(some):
    found = merged(some)
    for n, (x, y, wide, high) in enumerate(found):
        for other in found[n + 1 :]:
            assert (
                x + wide < other[0] or other[0] + other[2] < x
                or y + high < other[1] or other[1] + other[3] < y
            )  # fmt: skip
    for x, y, wide, high in some:
        assert any(
            left <= x + 1e-9 and top <= y + 1e-9
            and x + wide <= left + across + 1e-6 and y + high <= top + down + 1e-6
            for left, top, across, down in found
        )  # fmt: skip
    assert merged(found) == found
    again = merged(reversed(some))
    assert np.allclose(again, found, atol=1e-6) if found else not again


@given(st.lists(boxes, min_size=1, max_size=40))
def test_every_drawn_thing_is_in_one_cluster(some):
    drawn = [Drawn("shape", box, 1) for box in some]
    found = clusters(drawn, 612, 792)
    assert sum(one.shapes for one in found) == len(drawn)


@settings(max_examples=60)
@given(st.lists(st.lists(st.booleans(), min_size=7, max_size=7), min_size=1, max_size=7))
def test_cells_have_one_number_exactly_where_a_way_leads_from_one_to_the_other(cells_set):
    grid = np.array(cells_set)
    numbers = labelled(grid)
    assert ((numbers > 0) == grid).all()
    seen = set()
    for start in zip(*np.nonzero(grid), strict=True):
        if start in seen:
            continue
        way, open_cells = {start}, [start]
        while open_cells:
            row, cell = open_cells.pop()
            for near in ((row + 1, cell), (row - 1, cell), (row, cell + 1), (row, cell - 1)):
                inside = 0 <= near[0] < grid.shape[0] and 0 <= near[1] < grid.shape[1]
                if inside and grid[near] and near not in way:
                    way.add(near)
                    open_cells.append(near)
        assert {int(numbers[one]) for one in way} == {int(numbers[start])}
        assert int((numbers == numbers[start]).sum()) == len(way)
        seen |= way


def test_the_figures_of_a_real_paper_are_found_with_their_captions(tmp_path):
    result = parsed(bench_file("pdf", "papers", "tracemonkey.pdf"), "t.pdf", tmp_path)
    found = {figure.text.split(".")[0]: figure.page for figure in figures_of(result)}
    assert found["Figure 2"] == 2
    assert found["Figure 10"] == 11
    assert len([name for name in found if name.startswith("Figure")]) >= 8
