import pytest
from PIL import Image, ImageDraw, ImageFont

from ingestion.media.ocr import ocr_engine
from ingestion.media.ocr_result import OcrLine
from ingestion.media.words import block_of, frame_words, merged, picture_words


def sign(*lines):
    picture = Image.new("RGB", (800, 300), "white")
    font = ImageFont.load_default(60)
    for at, line in enumerate(lines):
        ImageDraw.Draw(picture).text((40, 40 + 120 * at), line, fill="black", font=font)
    return picture


def seen(text, start_s, end_s):
    return block_of([OcrLine(text, (0.1, 0.1, 0.5, 0.1), 0.9)], start_s=start_s, end_s=end_s)


def test_lines_are_anchored_to_their_boxes():
    lines = [
        OcrLine("Café  au", (0.1, 0.1, 0.5, 0.1), 0.9),
        OcrLine("lait", (0.1, 0.3, 0.2, 0.1), 0.8),
    ]
    block = block_of(lines, page=2)
    assert (block.text, block.kind, block.origin, block.page) == (
        "Café au\nlait",
        "ocr",
        "derived",
        2,
    )
    assert [block.text[anchor.start : anchor.end] for anchor in block.anchors] == [
        "Café au",
        "lait",
    ]
    assert block.anchors[1].box == (0.1, 0.3, 0.2, 0.1)


def test_text_that_stays_is_one_block_over_its_whole_time():
    kept = merged(
        [seen("BREAKING NEWS", 0, 4), seen("BREAKING  NEVVS", 4, 9), seen("Weather", 9, 12)]
    )
    assert [(block.text, block.start_s, block.end_s) for block in kept] == [
        ("BREAKING NEWS", 0, 9),
        ("Weather", 9, 12),
    ]
    assert kept[0].anchors[0].end_s == 9


@pytest.mark.skipif(ocr_engine() is None, reason="no text recognition is installed")
def test_the_words_of_a_picture_are_read_with_their_place():
    blocks = picture_words(sign("Mind the gap", "Platform 9"))
    text = "\n".join(block.text for block in blocks)
    assert "Mind the gap" in text
    assert "Platform 9" in text
    left, top, width, _ = blocks[0].anchors[0].box
    assert 0 <= left < 0.2
    assert 0.05 < top < 0.4
    assert width > 0.3


@pytest.mark.skipif(ocr_engine() is None, reason="no text recognition is installed")
def test_a_frame_without_words_gives_no_block():
    assert frame_words(Image.new("RGB", (640, 360), "grey"), start_s=0, end_s=1) is None


def test_a_speck_is_not_read():
    assert picture_words(Image.new("RGB", (1, 1))) == ()
