from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from frontend.ranges import ByteRange, UnsatisfiableRangeError, read_range, requested_range


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("bytes=0-99", (0, 99)),
        ("bytes=100-199", (100, 199)),
        ("bytes=900-", (900, 999)),
        ("bytes=-10", (990, 999)),
        ("bytes=0-0", (0, 0)),
        ("bytes=990-5000", (990, 999)),
        ("bytes=-5000", (0, 999)),
        ("BYTES = 5-6", (5, 6)),
    ],
)
def test_one_range_gives_its_first_and_last_byte(header: str, expected: tuple[int, int]) -> None:
    assert requested_range(header, 1000) == ByteRange(*expected)


@pytest.mark.parametrize(
    "header", ["bytes=1000-", "bytes=2000-3000", "bytes=-0", "bytes=1000-1000,-0"]
)
def test_a_range_outside_the_file_cannot_be_satisfied(header: str) -> None:
    with pytest.raises(UnsatisfiableRangeError):
        requested_range(header, 1000)


@pytest.mark.parametrize(
    "header",
    ["", "bytes", "bytes=", "bytes=a-b", "bytes=9-3", "bytes=--1", "rows=0-5", "bytes=1-2-3",
     "bytes=0-1,5-6", f"bytes={'9' * 5000}-"],
)  # fmt: skip
def test_malformed_foreign_and_several_ranges_get_the_whole_file(header: str) -> None:
    assert requested_range(header, 1000) is None


def test_an_empty_file_satisfies_no_range() -> None:
    with pytest.raises(UnsatisfiableRangeError):
        requested_range("bytes=0-", 0)


@given(
    header=st.text(max_size=40) | st.from_regex(r"bytes=[\d,\- ]{0,30}"), size=st.integers(0, 9999)
)
def test_whatever_is_asked_for_lies_inside_the_file(header: str, size: int) -> None:
    try:
        span = requested_range(header, size)
    except UnsatisfiableRangeError:
        return
    assert span is None or 0 <= span.first <= span.last < size


def test_a_range_is_read_exactly_in_blocks(tmp_path: Path) -> None:
    path = tmp_path / "film"
    path.write_bytes(bytes(range(256)) * 1000)

    blocks = list(read_range(path, ByteRange(1000, 200_999)))

    assert b"".join(blocks) == path.read_bytes()[1000:201_000]
    assert max(map(len, blocks)) <= 65_536
