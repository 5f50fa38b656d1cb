from hypothesis import given
from hypothesis import strategies as st

from ingestion.media.reading_order import reading_order

SIDE = st.floats(0, 1)


def lines(x: float, top: float, count: int, width: float = 0.4, step: float = 0.03):
    return [(x, top + step * n, width, 0.02) for n in range(count)]


def test_rows_are_read_from_left_to_right():
    assert reading_order([(0.6, 0.1, 0.2, 0.02), (0.1, 0.1, 0.2, 0.02)]) == [1, 0]


def test_columns_are_read_before_rows():
    left, right = lines(0.05, 0.1, 6), lines(0.55, 0.1, 6)
    mixed = [box for pair in zip(right, left, strict=True) for box in pair]
    assert reading_order(mixed) == [1, 3, 5, 7, 9, 11, 0, 2, 4, 6, 8, 10]


def test_a_heading_across_the_columns_parts_them():
    boxes = [
        *lines(0.05, 0.10, 4),
        *lines(0.55, 0.10, 4),
        (0.05, 0.30, 0.9, 0.02),
        *lines(0.05, 0.36, 4),
        *lines(0.55, 0.36, 4),
    ]
    assert reading_order(boxes) == list(range(17))


def test_three_columns_are_read_one_by_one():
    boxes = [box for x in (0.02, 0.35, 0.68) for box in lines(x, 0.1, 6, width=0.3)]
    assert reading_order(boxes) == list(range(18))


def test_the_cells_of_a_table_are_read_row_by_row():
    rows = [
        box
        for n in range(6)
        for box in ((0.1, 0.1 + 0.04 * n, 0.06, 0.02), (0.5, 0.1 + 0.04 * n, 0.05, 0.02))
    ]
    rows += [(0.1, 0.1, 0.3, 0.02), (0.5, 0.1, 0.3, 0.02)]
    order = reading_order(rows)
    assert order.index(3) < order.index(4)


def test_comments_beside_code_are_read_with_their_lines():
    code = [b for pair in zip(lines(0.05, 0.1, 6), lines(0.55, 0.1, 6), strict=True) for b in pair]
    assert reading_order(code, range(12)) == list(range(12))


@given(st.lists(st.tuples(SIDE, SIDE, SIDE, SIDE), max_size=60))
def test_every_box_is_read_exactly_once(boxes):
    assert sorted(reading_order(boxes)) == list(range(len(boxes)))
