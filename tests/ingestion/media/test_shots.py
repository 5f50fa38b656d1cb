import numpy as np
import pytest
from PIL import Image

from ingestion.media import shots as shots_module
from ingestion.media.probe import open_media, probe
from ingestion.media.shots import find_shots
from ingestion.types import Limits
from tests.ingestion.media.clips import BLUE, GREEN, RED, WHITE, bench_data, spans, write_video

LIMITS = Limits()


def shots_of(path, limits=LIMITS):
    with open_media(str(path)) as container:
        recording = probe(container, limits)
        return find_shots(
            container,
            container.streams[recording.video],
            limits,
            origin_s=recording.origin_s,
            duration_s=recording.duration_s,
        )


def starts(found):
    return [shot.start_s for shot in found.shots]


def test_a_cut_is_where_the_picture_changes(tmp_path):
    path = write_video(tmp_path / "a.mp4", spans((2, RED), (1.5, GREEN), (2.5, BLUE)))
    found = shots_of(path)
    assert starts(found) == pytest.approx([0.0, 2.0, 3.5], abs=0.001)
    assert found.shots[-1].end_s == pytest.approx(6.0, abs=0.11)


def test_cuts_of_a_late_start_count_from_the_first_frame(tmp_path):
    frames = [(7000 + at, colour) for at, colour in spans((2, RED), (2, GREEN))]
    assert starts(shots_of(write_video(tmp_path / "a.mp4", frames))) == pytest.approx([0.0, 2.0])


def test_cuts_of_an_irregular_video_are_presentation_times(tmp_path):
    times = [0, 33, 100, 1000, 1700, 2500, 2600, 4000, 4033, 4100]
    frames = [(at, RED if at < 2500 else GREEN) for at in times]
    path = write_video(tmp_path / "a.mp4", frames)
    assert starts(shots_of(path)) == pytest.approx([0.0, 2.5], abs=0.001)


def test_a_still_picture_is_one_shot(tmp_path):
    found = shots_of(write_video(tmp_path / "a.mp4", spans((12, WHITE), fps=5)))
    assert starts(found) == [0.0]


def test_steady_motion_is_one_shot(tmp_path):
    ramp = np.tile(np.linspace(0, 255, 128).astype(np.uint8), (48, 1))
    frames = [
        (at * 100, Image.fromarray(np.roll(ramp, 3 * at, axis=1)[:, :64])) for at in range(50)
    ]
    assert starts(shots_of(write_video(tmp_path / "a.mp4", frames))) == [0.0]


def test_a_new_slide_with_little_ink_is_a_new_shot(tmp_path):
    first, second = (Image.new("RGB", (320, 180), "white") for _ in range(2))
    first.paste((0, 0, 0), (20, 20, 200, 40))
    second.paste((0, 0, 0), (20, 80, 260, 100))
    frames = [(at * 200, first if at < 15 else second) for at in range(30)]
    found = shots_of(write_video(tmp_path / "slides.mp4", frames, size=(320, 180)))
    assert starts(found) == pytest.approx([0.0, 3.0])


def test_a_slow_change_ends_a_shot_after_a_while(tmp_path):
    frames = [(at * 200, (at * 2, at * 2, 128)) for at in range(100)]
    found = shots_of(write_video(tmp_path / "fade.mp4", frames))
    assert starts(found) == pytest.approx([0.0, 8.0, 16.0])


def test_more_cuts_than_allowed_keep_the_most_marked(tmp_path):
    grey = (110, 110, 110)
    dark, light = (95, 95, 95), (250, 250, 250)
    path = write_video(tmp_path / "a.mp4", spans((1, grey), (1, dark), (1, light), (1, grey)))
    assert len(shots_of(path).shots) == 4
    found = shots_of(path, Limits(frames=2))
    assert starts(found) == pytest.approx([0.0, 2.0])


def test_a_long_video_is_looked_at_by_key_frames(tmp_path, monkeypatch):
    monkeypatch.setattr(shots_module, "PIXEL_BUDGET", 1e5)
    found = shots_of(write_video(tmp_path / "a.mp4", spans((2, RED), (2, GREEN), (2, BLUE))))
    assert found.sampled
    assert found.frames < 60
    assert found.end_s == pytest.approx(6.0, abs=0.11)


def test_a_header_that_hides_how_long_it_takes_runs_into_the_budget(tmp_path, monkeypatch):
    monkeypatch.setattr(shots_module, "_is_too_long", lambda *_: False)
    monkeypatch.setattr(shots_module, "PIXEL_BUDGET", 4e5)
    found = shots_of(write_video(tmp_path / "a.mp4", spans((6, RED))))
    assert found.sampled
    assert found.frames < 60


def test_a_cut_off_file_keeps_what_is_there(tmp_path):
    path = write_video(tmp_path / "a.mkv", spans((3, RED), (3, GREEN)), size=(320, 240))
    whole = path.read_bytes()
    path.write_bytes(whole[: int(len(whole) * 0.6)])
    found = shots_of(path)
    assert found.shots
    assert 0 < found.end_s < 6


@pytest.mark.real_data
def test_cuts_of_a_real_broadcast_are_found_to_the_frame():
    """PySceneDetect's AdaptiveDetector finds the same ten."""
    found = shots_of(bench_data() / "video" / "moviepy" / "tests_resource_1.mp4")
    expected = [0.0, 1.40, 4.74, 8.38, 14.71, 15.95, 20.69, 21.99, 25.26, 28.66]
    assert starts(found) == pytest.approx(expected, abs=0.02)


@pytest.mark.real_data
def test_one_scene_in_three_containers_is_one_shot():
    for name in ("flower.mp4", "flower.webm", "flower-fragmented.mp4"):
        assert starts(shots_of(bench_data() / "video" / "mdn" / name)) == [0.0]
