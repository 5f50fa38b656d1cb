"""Blocks become passages that know their characters, boxes and seconds."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingestion.chunking.passages import document_text, passages
from ingestion.types import Block, Media, Page, Parsed
from search.types import Anchor

WORDS = st.lists(
    st.sampled_from(["the", "heron", "stands", "still", "at", "dawn", "."]), min_size=1
)
TEXTS = WORDS.map(" ".join)
BLOCKS = st.lists(
    st.builds(
        Block,
        text=TEXTS,
        kind=st.sampled_from(["paragraph", "heading", "list", "table_row", "code", "record"]),
        page=st.one_of(st.none(), st.integers(1, 3)),
        level=st.integers(1, 3),
    ),
    max_size=12,
)


def count_words(text: str) -> int:
    return len(text.split())


def cut(*blocks: Block, capacity: int = 20, **fields):
    parsed = Parsed(media_type=fields.pop("media_type", "text/plain"), blocks=blocks, **fields)
    return passages(parsed, count_tokens=count_words, capacity=capacity)


def cue(text: str, start: float, end: float) -> Block:
    anchor = Anchor(0, len(text), start_s=start, end_s=end)
    return Block(text, kind="cue", start_s=start, end_s=end, anchors=(anchor,))


@given(BLOCKS)
def test_a_passage_of_one_block_is_exactly_those_characters_of_the_document(blocks):
    text = document_text(blocks)
    for passage in cut(*blocks):
        start, end = passage.chars
        if passage.text in text:
            assert text[start:end].split() == passage.text.split()


@given(BLOCKS)
def test_no_passage_is_longer_than_the_encoder_reads(blocks):
    assert all(count_words(p.text) <= 20 for p in cut(*blocks))


@given(BLOCKS)
def test_no_word_under_a_heading_is_lost(blocks):
    found = " ".join(p.text for p in cut(*blocks)).split()
    words = [w for b in blocks if b.kind != "heading" for w in b.text.split()]
    assert len(found) >= len(words)


@given(BLOCKS)
def test_no_passage_crosses_a_page(blocks):
    pages = {" ".join(b.text.split()): b.page for b in blocks}
    for passage in cut(*blocks):
        if passage.text in pages and list(pages).count(passage.text) == 1:
            assert passage.page in {b.page for b in blocks}


def test_a_heading_is_context_of_what_follows_and_not_text():
    (passage,) = cut(Block("Herons", kind="heading", level=1), Block("They stand still."))
    assert (passage.heading, passage.text) == ("Herons", "They stand still.")


def test_headings_nest_by_level():
    drafts = cut(
        Block("Birds", kind="heading", level=1),
        Block("Herons", kind="heading", level=2),
        Block("Grey ones."),
        Block("Storks", kind="heading", level=2),
        Block("White ones."),
    )
    assert [d.heading for d in drafts if d.text.endswith("ones.")] == [
        "Birds › Herons",
        "Birds › Storks",
    ]


def test_a_heading_with_nothing_under_it_is_a_passage_of_its_own():
    drafts = cut(Block("Only a title", kind="heading", level=1, page=1), Block("Next", page=2))
    assert drafts[0].text == "Only a title"


def test_a_long_text_is_cut_where_a_sentence_ends():
    sentence = "A heron waits for a fish in the reeds. "
    drafts = cut(Block(sentence * 6))
    assert len(drafts) == 3
    assert all(d.text.endswith("reeds.") for d in drafts)


def test_boxes_of_a_cut_text_are_those_of_its_own_lines():
    lines = ["first line of words here", "second line of words here"]
    text = " ".join(lines)
    anchors = (
        Anchor(0, 24, box=(0.1, 0.1, 0.4, 0.02)),
        Anchor(25, 50, box=(0.1, 0.6, 0.4, 0.02)),
    )
    first, second = cut(Block(text, page=1, anchors=anchors), capacity=5)
    assert first.boxes == ((0.1, 0.1, 0.4, 0.02),)
    assert second.boxes == ((0.1, 0.6, 0.4, 0.02),)


def test_lines_that_follow_each_other_become_one_box():
    text = "one two"
    anchors = (
        Anchor(0, 3, box=(0.1, 0.10, 0.4, 0.02)),
        Anchor(4, 7, box=(0.1, 0.125, 0.3, 0.02)),
    )
    (passage,) = cut(Block(text, page=1, anchors=anchors))
    assert passage.boxes == ((0.1, 0.1, 0.4, 0.045),)


def test_cues_are_joined_until_a_pause():
    drafts = cut(
        cue("And so my", 0, 1), cue("fellow Americans", 1, 2), cue("ask not.", 6, 7),
        media_type="audio/mpeg", duration_s=8.0,
    )  # fmt: skip
    assert [(d.text, d.start_s, d.end_s) for d in drafts] == [
        ("And so my\nfellow Americans", 0, 2),
        ("ask not.", 6, 7),
    ]
    assert {d.kind for d in drafts} == {"audio"}


def test_each_cue_keeps_its_own_seconds_inside_the_passage():
    (passage,) = cut(cue("How are", 1, 1.5), cue("you?", 1.5, 3), media_type="video/mp4")
    assert [(a.start, a.end, a.start_s) for a in passage.anchors] == [(0, 7, 1), (8, 12, 1.5)]


def test_a_spoken_passage_shows_the_shot_on_screen_at_its_first_second():
    media = (
        Media("shot", "shot-1.webp", start_s=0, end_s=5),
        Media("shot", "shot-2.webp", start_s=5, end_s=9),
    )
    (passage,) = cut(cue("Later.", 6, 7), media_type="video/mp4", media=media)
    assert passage.picture == "shot-2.webp"


def test_words_read_from_a_page_image_say_that_a_machine_read_them():
    page = Page(2, label="ii", image="page-0002.webp")
    passage, seen = cut(
        Block("typed long ago", kind="ocr", origin="derived", page=2),
        media_type="application/pdf", pages=(page,),
    )  # fmt: skip
    assert (passage.kind, passage.page_label, passage.picture) == ("page", "ii", "page-0002.webp")
    assert [(v.name, v.origin) for v in passage.views] == [("ocr", "derived")]
    assert (seen.kind, seen.text, seen.picture) == ("page", "", "page-0002.webp")


@pytest.mark.parametrize("kind", ["image", "video", "audio"])
def test_what_has_no_words_is_still_one_passage(kind):
    (passage,) = cut(media_type=f"{kind}/x", media=(Media("poster", "poster.webp"),))
    assert (passage.kind, passage.text, passage.picture) == (kind, "", "poster.webp")


def test_rows_of_a_table_stay_lines():
    (passage,) = cut(
        Block("City: Bergen; Rain: 200 days", kind="table_row", page=1, section="Rain"),
        Block("City: Cairo; Rain: 10 days", kind="table_row", page=1, section="Rain"),
    )
    assert passage.text == "City: Bergen; Rain: 200 days\nCity: Cairo; Rain: 10 days"
    assert passage.heading == "Rain"


def test_each_record_is_a_passage():
    drafts = cut(Block("Ada (1843). Notes.", kind="record"), Block("Bob (1900).", kind="record"))
    assert len(drafts) == 2
