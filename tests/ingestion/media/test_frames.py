from fractions import Fraction

import numpy as np
import pytest
from PIL import Image

from ingestion.media.frames import grab
from ingestion.media.probe import open_media, probe
from ingestion.types import Limits
from tests.ingestion.media.clips import BLUE, RED, WHITE, bench_data, write_video


def grabbed(path, times, max_side=960):
    with open_media(str(path)) as container:
        recording = probe(container, Limits())
        stream = container.streams[recording.video]
        return list(grab(container, stream, times, origin_s=recording.origin_s, max_side=max_side))


def greys(levels, times_ms):
    """Frames whose brightness says which one they are."""
    return [(at, (level,) * 3) for at, level in zip(times_ms, levels, strict=True)]


def brightness(picture):
    return round(float(np.asarray(picture.convert("L")).mean()))


IRREGULAR = [0, 40, 80, 1000, 1040, 3000, 3500, 3540, 6000, 9000]  # ms
LEVELS = [20 * at + 20 for at in range(10)]


@pytest.mark.parametrize("start_ms", [0, 5000])
@pytest.mark.parametrize(("extension", "codec"), [("mp4", "libx264"), ("webm", "libvpx")])
def test_the_frame_is_the_one_a_player_shows_at_that_time(tmp_path, extension, codec, start_ms):
    frames = greys(LEVELS, [start_ms + at for at in IRREGULAR])
    path = write_video(tmp_path / f"vfr.{extension}", frames, codec=codec)
    times = [0.0, 0.5, 1.02, 2.9, 3.0, 3.52, 8.9, 9.0]
    shown = [0.0, 0.08, 1.0, 1.04, 3.0, 3.5, 6.0, 9.0]
    found = grabbed(path, times)
    assert [place for place, _, _ in found] == list(range(8))
    assert [time for _, time, _ in found] == pytest.approx(shown, abs=0.002)
    expected = [LEVELS[IRREGULAR.index(round(at * 1000))] for at in shown]
    assert [brightness(picture) for _, _, picture in found] == pytest.approx(expected, abs=6)


def test_a_time_after_the_end_gets_the_last_frame(tmp_path):
    path = write_video(tmp_path / "a.mp4", greys([40, 200], [0, 500]))
    [(_, time, picture)] = grabbed(path, [100.0])
    assert time == pytest.approx(0.5)
    assert brightness(picture) == pytest.approx(200, abs=6)


@pytest.mark.parametrize(
    ("rotation", "corner"), [(0, (0, 0)), (90, (0, 1)), (180, (1, 1)), (-90, (1, 0))]
)
def test_a_rotated_video_is_shown_upright(tmp_path, rotation, corner):
    """The red quarter of the stored picture moves as the player turns it."""
    picture = Image.new("RGB", (64, 48), BLUE)
    picture.paste(RED, (0, 0, 32, 24))
    path = write_video(tmp_path / "turned.mov", [(0, picture), (500, picture)], rotation=rotation)
    [(_, _, shown)] = grabbed(path, [0.0])
    assert shown.size == ((64, 48) if rotation % 180 == 0 else (48, 64))
    across, down = corner
    at = (round(shown.width * (0.25 + across / 2)), round(shown.height * (0.25 + down / 2)))
    red, _, blue = shown.getpixel(at)
    assert red > 150 > blue


def test_pixels_are_made_square(tmp_path):
    path = write_video(
        tmp_path / "wide.mp4", [(0, WHITE), (500, RED)], size=(80, 64), aspect=Fraction(16, 10)
    )
    [(_, _, shown)] = grabbed(path, [0.0])
    assert shown.size == (128, 64)


def test_frames_are_no_larger_than_asked(tmp_path):
    path = write_video(tmp_path / "big.mp4", [(0, WHITE), (500, RED)], size=(640, 320))
    [(_, _, shown)] = grabbed(path, [0.0], max_side=160)
    assert shown.size == (160, 80)


@pytest.mark.real_data
@pytest.mark.parametrize(
    ("name", "size"), [("video_90.mov", (320, 568)), ("video_180.mov", (568, 320))]
)
def test_real_rotated_videos_have_the_size_a_browser_shows(name, size):
    [(_, _, shown)] = grabbed(bench_data() / "video" / "decord" / name, [0.0])
    assert shown.size == size
