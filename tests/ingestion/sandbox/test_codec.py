import dataclasses
import math
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingestion.sandbox.codec import MAX_BYTES, ResultError, dump, load
from ingestion.types import Block, Media, Member, Page, Parsed
from search.types import Anchor

FULL = Parsed(
    media_type="video/mp4",
    title="His Girl Friday",
    authors=("Howard Hawks",),
    published="1940-01-18",
    doi="10.1000/x(1)",
    url="https://example.org/friday",
    language="en",
    blocks=(
        Block(
            "Hildy!",
            kind="cue",
            start_s=0.0,
            end_s=0.999,
            anchors=(Anchor(0, 6, box=(0.1, 0.8, 0.5, 0.1), start_s=0.0, end_s=0.999),),
        ),
    ),
    pages=(Page(1, "i", 595.0, 842.0, "page-0001.webp"),),
    media=(Media("shot", "shot-0001.webp", 640, 480, start_s=0.0, end_s=2.0, frame_s=1.0),),
    members=(Member("member-1.bin", "../../etc/passwd"),),
    duration_s=6.166,
    notices=("One cue has no time.",),
)


@pytest.fixture
def folder(tmp_path):
    for name in ("page-0001.webp", "shot-0001.webp", "member-1.bin"):
        (tmp_path / name).write_bytes(b"x")
    return tmp_path


def test_a_value_comes_back_as_it_went(folder):
    assert load(dump(FULL), folder) == FULL


@given(
    st.builds(
        Parsed,
        media_type=st.just("text/plain"),
        title=st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"])),
        blocks=st.lists(
            st.builds(
                Block,
                text=st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"])),
                page=st.none() | st.integers(1, 2000),
                level=st.integers(0, 6),
            )
        ).map(tuple),
        duration_s=st.none() | st.floats(0, 1e6),
        authors=st.lists(st.just("A. Author"), max_size=3).map(tuple),
        **{name: st.just("") for name in ("published", "doi", "url", "licence", "language")},
        **{name: st.just(()) for name in ("pages", "media", "members", "notices")},
    )
)
def test_any_value_comes_back_as_it_went(parsed):
    assert load(dump(parsed), Path("/nonexistent")) == parsed


def block(**changes):
    return dataclasses.replace(FULL, blocks=(dataclasses.replace(FULL.blocks[0], **changes),))


def media(**changes):
    return dataclasses.replace(FULL, media=(dataclasses.replace(FULL.media[0], **changes),))


@pytest.mark.parametrize(
    "lie",
    [
        dataclasses.replace(FULL, media_type="text/html; charset=<script>"),
        dataclasses.replace(FULL, duration_s=-1.0),
        dataclasses.replace(FULL, duration_s=1e300),
        dataclasses.replace(FULL, pages=(Page(0),)),
        dataclasses.replace(FULL, pages=(Page(1, width=1e308),)),
        dataclasses.replace(FULL, pages=(Page(1, image="missing.webp"),)),
        dataclasses.replace(FULL, members=(Member("/etc/passwd", "x"),)),
        block(kind="script"),
        block(origin="oracle"),
        block(page=-1),
        block(level=77),
        block(start_s=5.0, end_s=1.0),
        block(anchors=(Anchor(0, 7),)),
        block(anchors=(Anchor(-1, 2),)),
        block(anchors=(Anchor(0, 1, box=(0.9, 0.0, 0.5, 0.1)),)),
        block(anchors=(Anchor(0, 1, start_s=2.0, end_s=1.0),)),
        media(kind="program"),
        media(file="../shot-0001.webp"),
        media(file="Shot-0001.webp"),
        media(file=""),
        media(width=-5),
        media(frame_s=-0.5),
    ],
)
def test_a_value_out_of_range_is_refused(folder, lie):
    with pytest.raises(ResultError):
        load(dump(lie), folder)


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b'{"media_type": "text/plain", "duration_s": NaN}',
        b'{"media_type": "text/plain", "duration_s": 1e999}',
        b'{"media_type": "text/plain", "blocks": [{"text": 3}]}',
        b'{"blocks": []}',
        b'{"media_type": "a/b", "blocks":' + b"[" * 100_000,
        b"\xff\xfe\x00",
    ],
)
def test_bytes_that_are_no_result_are_refused(tmp_path, payload):
    with pytest.raises(ResultError):
        load(payload, tmp_path)


def test_a_result_that_is_too_long_is_refused(tmp_path):
    class Long(bytes):
        def __len__(self):
            return MAX_BYTES + 1

    with pytest.raises(ResultError, match="limit"):
        load(Long(b"{}"), tmp_path)


@pytest.mark.parametrize("kind", ["symbolic", "folder"])
def test_a_link_or_folder_is_no_file_of_the_result(folder, kind):
    place = folder / "linked.webp"
    if kind == "symbolic":
        place.symlink_to(folder / "page-0001.webp")
    else:
        place.mkdir()
    with pytest.raises(ResultError, match=r"linked\.webp"):
        load(dump(media(file="linked.webp")), folder)


@pytest.mark.parametrize(
    ("field", "text"),
    [
        ("url", "javascript:alert(1)"),
        ("url", "//evil.example/"),
        ("doi", "not a doi"),
        ("published", "last summer"),
        ("language", "English"),
    ],
)
def test_a_descriptive_field_of_the_wrong_form_is_emptied(folder, field, text):
    assert getattr(load(dump(dataclasses.replace(FULL, **{field: text})), folder), field) == ""


def test_characters_no_database_stores_are_replaced_one_for_one(folder):
    parsed = block(text="a\0b\ud800c", anchors=(Anchor(0, 5),))
    text = load(dump(parsed), folder).blocks[0].text
    assert len(text) == 5
    assert text[0] + text[2] + text[4] == "abc"
    assert "\0" not in text
    text.encode()


def test_not_a_number_cannot_be_smuggled_in(folder):
    assert math.isnan(float("nan"))
    with pytest.raises(ResultError):
        load(dump(FULL).replace(b'"duration_s":6.166', b'"duration_s":"NaN"'), folder)


@pytest.mark.parametrize("part", ["../../etc", "figure-1", "figure-00001", "page-0001"])
def test_a_part_under_a_name_we_would_not_make_is_refused(folder, part):
    block = Block("Figure 1: Herons.", kind="caption", part=part)
    with pytest.raises(ResultError, match="no name of ours"):
        load(dump(dataclasses.replace(FULL, blocks=(block,))), folder)
