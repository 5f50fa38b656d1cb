from pathlib import Path

import pytest
from PIL import Image, ImageDraw, ImageFont

from ingestion.errors import IngestError, TooLargeError
from ingestion.media.ocr import ocr_engine
from ingestion.parsers.video import VideoParser
from ingestion.sandbox.codec import dump, load
from ingestion.types import Limits, Parsed, ParseRequest, Sidecar
from tests.ingestion.media.clips import (
    BLUE,
    GREEN,
    RED,
    bench_data,
    spans,
    write_sound,
    write_video,
)

LIMITS = Limits()


def parsed(path: Path, folder: Path, limits: Limits = LIMITS, **request) -> Parsed:
    output = folder / "output"
    output.mkdir(exist_ok=True)
    result = VideoParser().parse(ParseRequest(str(path), path.name, str(output), **request), limits)
    assert load(dump(result), output) == result  # everything it says passes the parent's check
    return result


def shots(result: Parsed):
    return [media for media in result.media if media.kind == "shot"]


def cues(result: Parsed):
    return [
        (block.text, block.start_s, block.end_s) for block in result.blocks if block.kind == "cue"
    ]


@pytest.mark.parametrize("start_ms", [0, 5000])
def test_each_shot_has_its_middle_frame(tmp_path, start_ms):
    frames = [(start_ms + at, c) for at, c in spans((2, RED), (1, GREEN), (3, BLUE))]
    result = parsed(write_video(tmp_path / "a.mp4", frames), tmp_path)
    assert [media.start_s for media in shots(result)] == pytest.approx([0, 2, 3], abs=0.002)
    assert [media.frame_s for media in shots(result)] == pytest.approx([1, 2.5, 4.5], abs=0.11)
    for media, colour in zip(shots(result), (RED, GREEN, BLUE), strict=True):
        with Image.open(tmp_path / "output" / media.file) as picture:
            assert picture.format == "WEBP"
            assert picture.getpixel((30, 20)) == pytest.approx(colour, abs=25)
    assert result.duration_s == pytest.approx(6.0, abs=0.15)
    assert [media.kind for media in result.media][-1] == "poster"
    assert result.notices == ()


def test_times_are_presentation_times_where_frames_come_irregularly(tmp_path):
    times = [0, 20, 40, 60, 80, 3000, 3010, 3020, 6000]
    frames = [(at, RED if at < 3000 else GREEN) for at in times]
    result = parsed(write_video(tmp_path / "vfr.mp4", frames), tmp_path)
    assert [media.start_s for media in shots(result)] == pytest.approx([0, 3], abs=0.002)
    assert [media.frame_s for media in shots(result)] == pytest.approx([0.08, 3.02], abs=0.002)


def test_a_rotated_video_is_upright(tmp_path):
    path = write_video(tmp_path / "a.mov", spans((1, RED)), size=(640, 320), rotation=90)
    [media] = shots(parsed(path, tmp_path))
    assert (media.width, media.height) == (320, 640)


def test_a_large_picture_is_made_smaller(tmp_path):
    path = write_video(tmp_path / "a.mp4", spans((0.3, RED)), size=(1920, 1080))
    [media] = shots(parsed(path, tmp_path))
    assert (media.width, media.height) == (960, 540)


def test_subtitles_beside_and_inside_are_read_once(tmp_path):
    words = [(200, 900, "Hello there"), (1000, 1900, "Good bye")]
    path = write_video(tmp_path / "a.mp4", spans((3, RED)), subtitles=words, tone_s=3)
    beside = tmp_path / "a.srt"
    beside.write_text("1\n00:00:00,200 --> 00:00:00,900\nHello there\n\n")
    both = parsed(path, tmp_path, sidecars=(Sidecar("a.srt", str(beside)),))
    assert [text for text, _, _ in cues(both)] == ["Hello there", "Hello there", "Good bye"]
    assert {block.section for block in both.blocks} == {"a.srt", "subtitle track 1"}
    beside.write_text(
        "1\n00:00:00,200 --> 00:00:00,900\nHello there\n\n"
        "2\n00:00:01,000 --> 00:00:01,900\nGood bye\n"
    )
    same = parsed(path, tmp_path, sidecars=(Sidecar("a.srt", str(beside)),))
    assert cues(same) == [("Hello there", 0.2, 0.9), ("Good bye", 1.0, 1.9)]


def test_subtitles_after_the_end_are_left_out_and_told(tmp_path):
    beside = tmp_path / "a.vtt"
    beside.write_text("WEBVTT\n\n00:01.000 --> 00:02.000\nin\n\n01:00.000 --> 01:02.000\nout\n")
    path = write_video(tmp_path / "a.mp4", spans((3, RED)))
    result = parsed(path, tmp_path, sidecars=(Sidecar("a.vtt", str(beside)),))
    assert [text for text, _, _ in cues(result)] == ["in"]
    assert "after the recording's end" in result.notices[0]


def test_a_subtitle_file_that_is_none_is_told(tmp_path):
    beside = tmp_path / "a.vtt"
    beside.write_text("no times here")
    path = write_video(tmp_path / "a.mp4", spans((1, RED)))
    result = parsed(path, tmp_path, sidecars=(Sidecar("a.vtt", str(beside)),))
    assert result.notices == ("No subtitle with a readable time was found in a.vtt.",)


@pytest.mark.skipif(ocr_engine() is None, reason="no text recognition is installed")
def test_words_on_screen_carry_the_time_of_their_shots(tmp_path):
    def slide(text, colour):
        picture = Image.new("RGB", (640, 360), colour)
        font = ImageFont.load_default(56)
        ImageDraw.Draw(picture).text((60, 140), text, fill="white", font=font)
        return picture

    first, again = slide("Chapter one", (40, 40, 40)), slide("Chapter one", (20, 20, 160))
    second = slide("Photosynthesis", (90, 20, 20))
    frames = [(at * 200, first if at < 10 else again if at < 20 else second) for at in range(30)]
    result = parsed(write_video(tmp_path / "a.mp4", frames, size=(640, 360)), tmp_path)
    seen = [block for block in result.blocks if block.kind == "ocr"]
    assert [block.text for block in seen] == ["Chapter one", "Photosynthesis"]
    assert [block.origin for block in seen] == ["derived", "derived"]
    assert (seen[0].start_s, seen[0].end_s) == pytest.approx((0, 4), abs=0.01)
    assert (seen[1].start_s, seen[1].end_s) == pytest.approx((4, 6), abs=0.3)
    anchor = seen[1].anchors[0]
    assert anchor.box is not None
    assert anchor.start_s == seen[1].start_s


def test_sound_in_a_video_file_is_read_as_sound(tmp_path):
    path = write_sound(tmp_path / "a.wav", [(2, 0.5)])
    result = parsed(path, tmp_path)
    assert result.media_type == "audio/wav"
    assert [media.kind for media in result.media] == ["sound", "poster", "track"]


def test_a_cut_off_video_keeps_what_is_there_and_says_so(tmp_path):
    noisy = [(at * 100, Image.effect_noise((160, 120), 90).convert("RGB")) for at in range(100)]
    path = write_video(tmp_path / "a.mkv", noisy, size=(160, 120))
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    result = parsed(path, tmp_path)
    assert shots(result)
    assert result.notices


def test_a_file_with_no_picture_in_it_is_refused_with_a_sentence(tmp_path):
    path = tmp_path / "a.mp4"
    path.write_bytes(b"\0\0\0\x18ftypisom" + b"\0" * 500)
    with pytest.raises(IngestError, match="Save it as"):
        parsed(path, tmp_path)


def test_no_more_shots_than_allowed(tmp_path):
    path = write_video(tmp_path / "a.mp4", spans(*[(1, c) for c in (RED, GREEN, BLUE) * 3]))
    assert len(shots(parsed(path, tmp_path, Limits(frames=4)))) == 4


def test_a_huge_picture_is_refused(tmp_path):
    path = write_video(tmp_path / "a.mp4", spans((0.2, RED)), size=(640, 480))
    with pytest.raises(TooLargeError):
        parsed(path, tmp_path, Limits(pixels=10_000))


@pytest.mark.real_data
def test_the_crown_jewels_can_be_cited(tmp_path):
    folder = bench_data() / "video" / "mdn"
    result = parsed(
        folder / "friday.mp4",
        tmp_path,
        sidecars=(Sidecar("friday.vtt", str(folder / "friday.vtt")),),
    )
    assert cues(result)[-1] == ("Somebody must've stolen the crown jewels", 4.3, 6.0)
    assert len(cues(result)) == 5
    assert result.duration_s == pytest.approx(6.167, abs=0.01)
    assert result.notices == ()


@pytest.mark.real_data
def test_a_recording_without_a_duration_gets_one(tmp_path):
    result = parsed(bench_data() / "video" / "moviepy" / "no_duration.webm", tmp_path)
    assert result.duration_s == pytest.approx(4.94, abs=0.1)
