import pytest
from PIL import Image, ImageDraw, ImageFont

from ingestion.media import ocr, ocr_rapidocr, ocr_tesseract
from ingestion.media.ocr import ocr_engine, ocr_missing, read_words

ENGINES = [
    pytest.param(
        part.NAME,
        marks=pytest.mark.skipif(not part.is_installed(), reason=f"{part.NAME} is not installed"),
    )
    for part in (ocr_tesseract, ocr_rapidocr)
]
LINES = ["The grey heron stands still", "for twenty minutes before", "it strikes a passing fish."]


def page(turn: int = 0, ground: str = "white", ink: str = "black") -> Image.Image:
    """Three printed lines, the sheet turned clockwise by some degrees."""
    picture = Image.new("RGB", (1000, 700), ground)
    draw, font = ImageDraw.Draw(picture), ImageFont.load_default(48)
    for number, line in enumerate(LINES):
        draw.text((100, 80 + 90 * number), line, fill=ink, font=font)
    return picture.rotate(-turn, expand=True)


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("turn", [0, 90, 180, 270])
def test_a_page_is_read_whichever_way_it_lies(engine, turn):
    result = read_words(page(turn), engine=engine)
    assert [line.text for line in result.lines] == LINES
    assert result.rotation == (360 - turn) % 360
    assert result.engine == engine
    assert result.confidence > 0.8


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize(
    ("turn", "box"),
    [
        (0, (0.10, 0.13, 0.60, 0.06)),
        (90, (0.80, 0.10, 0.06, 0.60)),
        (180, (0.30, 0.80, 0.60, 0.06)),
        (270, (0.13, 0.30, 0.06, 0.60)),
    ],
)
def test_boxes_are_of_the_page_as_given(engine, turn, box):
    first = read_words(page(turn), engine=engine).lines[0]
    assert first.box == pytest.approx(box, abs=0.05)


@pytest.mark.parametrize("engine", ENGINES)
def test_light_words_on_a_dark_ground_are_read(engine):
    result = read_words(page(ground="navy", ink="white"), engine=engine)
    assert "twenty minutes" in result.text


@pytest.mark.parametrize("engine", ENGINES)
def test_transparent_pictures_are_read_on_white(engine):
    picture = page().convert("RGBA")
    picture.putalpha(picture.convert("L").point(lambda value: 255 - value))
    assert "twenty minutes" in read_words(picture, engine=engine).text


@pytest.mark.skipif(ocr_engine() is None, reason="no text recognition is installed")
@pytest.mark.parametrize("size", [(1, 1), (3, 900), (12, 900), (2000, 11), (400, 300)])
def test_a_picture_without_words_gives_no_lines(size):
    assert read_words(Image.new("RGB", size, "grey")).lines == ()


def test_without_any_reader_the_sentence_names_the_remedy(monkeypatch):
    for part in (ocr_tesseract, ocr_rapidocr):
        monkeypatch.setattr(part, "is_installed", lambda: False)
    assert ocr_engine() is None
    assert "install the Python package rapidocr" in ocr_missing()
    assert read_words(page()) == ocr.OcrResult()


def test_with_a_reader_nothing_is_missing():
    assert (ocr_engine() is None) == bool(ocr_missing())


@pytest.mark.parametrize("engine", ENGINES)
def test_a_long_strip_is_read_in_its_own_place(engine):
    strip = Image.new("RGB", (1500, 60), "white")
    ImageDraw.Draw(strip).text(
        (900, 8), "twenty minutes", fill="black", font=ImageFont.load_default(36)
    )
    [line] = read_words(strip, engine=engine).lines
    assert line.text == "twenty minutes"
    assert line.box[0] == pytest.approx(0.6, abs=0.02)
    assert line.box[3] <= 1
