"""Real and hostile files through the real sandbox, as ingestion reads them."""

import time
from pathlib import Path

import pytest
from PIL import Image, ImageDraw, ImageFont

from ingestion.media.ocr import ocr_engine
from ingestion.sandbox.client import Sandbox
from ingestion.types import Limits, ParseRequest
from tests.ingestion.media.clips import bench_data, encoded

LIMITS = Limits(cpu_s=60, wall_s=120)


@pytest.fixture(scope="module")
def sandbox():
    one = Sandbox()
    one.warm_up()
    yield one
    one.close()


def read(sandbox: Sandbox, path: Path, output: Path, limits: Limits = LIMITS):
    return sandbox.run(ParseRequest(str(path), path.name, str(output)), limits)


@pytest.mark.skipif(ocr_engine() is None, reason="no text recognition is installed")
def test_the_words_of_a_query_picture_are_read_within_the_limits(sandbox, tmp_path):
    picture = Image.new("RGB", (800, 200), "white")
    font = ImageFont.load_default(60)
    ImageDraw.Draw(picture).text((40, 60), "Platform nine", fill="black", font=font)
    path = tmp_path / "query.png"
    path.write_bytes(encoded(picture, "PNG"))
    outcome = read(sandbox, path, tmp_path / "out", Limits(cpu_s=20, wall_s=60))
    assert [block.text for block in outcome.parsed.blocks] == ["Platform nine"]
    assert outcome.files == ("image.webp",)


def test_a_picture_near_the_pixel_limit_stays_within_memory(sandbox, tmp_path):
    path = tmp_path / "large.png"
    path.write_bytes(encoded(Image.new("RGB", (6300, 6300), "white"), "PNG"))
    outcome = read(sandbox, path, tmp_path / "out")
    assert outcome.parsed is not None, outcome.error
    assert outcome.peak_bytes < LIMITS.memory_bytes


def test_a_picture_that_needs_more_memory_than_allowed_ends_with_a_sentence(sandbox, tmp_path):
    path = tmp_path / "large.png"
    path.write_bytes(encoded(Image.new("RGB", (6300, 6300), "white"), "PNG"))
    outcome = read(sandbox, path, tmp_path / "out", Limits(memory_bytes=64 << 20))
    assert outcome.parsed is None
    assert "memory" in outcome.error


@pytest.mark.real_data
@pytest.mark.parametrize("kind", ["images", "video", "svg"])
def test_hostile_files_end_parsed_or_with_a_sentence(sandbox, tmp_path, kind):
    folder = bench_data() / "hostile" / kind
    files = [path for path in sorted(folder.rglob("*")) if path.is_file()]
    assert files
    for number, path in enumerate(files):
        started = time.monotonic()
        outcome = read(sandbox, path, tmp_path / str(number))
        assert outcome.parsed is not None or len(outcome.error) > 20, path.name
        assert not outcome.crashed, (path.name, outcome.error)
        assert outcome.peak_bytes < LIMITS.memory_bytes, path.name
        assert time.monotonic() - started < LIMITS.wall_s, path.name
