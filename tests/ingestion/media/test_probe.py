import socket
from pathlib import Path

import pytest

from ingestion.errors import IngestError, TooLargeError
from ingestion.media.probe import open_media, packet_end_s, probe
from ingestion.types import Limits
from tests.ingestion.media.clips import GREEN, RED, bench_data, spans, write_sound, write_video

MEDIA = {".mp4", ".mov", ".mkv", ".webm", ".avi", ".mp3", ".wav", ".flac", ".ogg", ".aac", ".aiff"}

LIMITS = Limits()


def probed(path, limits=LIMITS):
    with open_media(str(path)) as container:
        return probe(container, limits)


def test_a_video_says_what_it_is_made_of(tmp_path):
    path = write_video(
        tmp_path / "a.mp4",
        spans((1, RED), (1, GREEN)),
        tone_s=2.0,
        subtitles=[(0, 500, "Hello")],
        metadata={"title": "Two colours", "artist": "Ada; Bob", "date": "2009-06-15"},
    )
    recording = probed(path)
    assert recording.media_type == "video/mp4"
    assert None not in (recording.video, recording.audio)
    assert [track.readable for track in recording.texts] == [True]
    assert recording.duration_s == pytest.approx(2.0, abs=0.15)
    assert recording.title == "Two colours"
    assert recording.authors == ("Ada", "Bob")
    assert recording.published == "2009-06-15"


def test_the_origin_is_the_first_thing_that_is_shown(tmp_path):
    frames = [(5000 + at, colour) for at, colour in spans((2, RED))]
    recording = probed(write_video(tmp_path / "late.mp4", frames))
    assert recording.origin_s == pytest.approx(5.0, abs=0.001)
    assert recording.duration_s == pytest.approx(2.0, abs=0.15)


def test_matroska_durations_count_from_the_first_frame(tmp_path):
    frames = [(5000 + at, colour) for at, colour in spans((2, RED))]
    recording = probed(write_video(tmp_path / "late.webm", frames, codec="libvpx"))
    assert recording.duration_s == pytest.approx(2.0, abs=0.15)


def test_sound_without_picture(tmp_path):
    recording = probed(write_sound(tmp_path / "tone.wav", [(1.5, 0.5)]))
    assert (recording.media_type, recording.video) == ("audio/wav", None)
    assert recording.duration_s == pytest.approx(1.5)


def test_a_recording_that_is_too_long_is_refused_with_both_numbers(tmp_path):
    path = write_sound(tmp_path / "long.wav", [(20, 0.1)])
    with pytest.raises(TooLargeError, match=r"0\.0 hours; the limit is 0\.0 hours"):
        probed(path, Limits(media_s=10))


def test_a_video_with_too_many_pixels_is_refused_before_decoding(tmp_path):
    path = write_video(tmp_path / "big.mp4", spans((0.2, RED)), size=(640, 480))
    with pytest.raises(TooLargeError, match="640 × 480"):
        probed(path, Limits(pixels=100_000))


PLAYLISTS = {
    "hls": "#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\n{url}\n#EXT-X-ENDLIST\n",
    "ffconcat": "ffconcat version 1.0\nfile {url}\n",
    "dash": '<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static" '
    'mediaPresentationDuration="PT1S" minBufferTime="PT1S" profiles="p"><Period>'
    "<BaseURL>{url}</BaseURL></Period></MPD>",
    "sdp": "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=video {port} "
    "RTP/AVP 96\na=rtpmap:96 H264/90000\n",
}


@pytest.mark.parametrize("extension", [".mp4", ".m3u8", ".mkv"])
@pytest.mark.parametrize("kind", PLAYLISTS)
def test_a_file_that_names_other_files_is_refused_and_reaches_nothing(tmp_path, kind, extension):
    foreign = write_sound(tmp_path / "secret.wav", [(1, 0.5)])
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        for url in (f"http://127.0.0.1:{port}/x.ts", f"file:{foreign}", str(foreign)):
            path = tmp_path / f"list{extension}"
            path.write_text(PLAYLISTS[kind].format(url=url, port=port))
            with pytest.raises(IngestError, match="cannot be opened"):
                probed(path)
        server.settimeout(0.1)
        with pytest.raises(TimeoutError):
            server.accept()


@pytest.mark.parametrize("content", [b"", b"\0" * 1000, b"ftyp" * 500, b"not media at all"])
def test_bytes_that_are_no_recording_are_refused(tmp_path, content):
    path = tmp_path / "x.mp4"
    path.write_bytes(content)
    with pytest.raises(IngestError):
        probed(path)


@pytest.mark.real_data
def test_every_real_clip_opens():
    folder = bench_data()
    clips = [
        path
        for kind in ("video", "audio")
        for path in sorted((folder / kind).rglob("*"))
        if path.suffix in MEDIA
    ]
    assert len(clips) > 50
    for path in clips:
        recording = probed(path)
        assert recording.duration_s is None or recording.duration_s > 0, path.name


@pytest.mark.real_data
def test_a_missing_duration_is_found_in_the_packets():
    path = bench_data() / "video" / "moviepy" / "no_duration.webm"
    recording = probed(path)
    assert recording.duration_s is None
    with open_media(str(path)) as container:
        assert packet_end_s(container, recording.origin_s) == pytest.approx(4.93, abs=0.1)


@pytest.mark.real_data
def test_a_real_file_that_starts_late_begins_at_zero():
    path = Path(bench_data(), "video", "torchcodec", "test_non_zero_start.mp4")
    recording = probed(path)
    assert recording.origin_s == pytest.approx(8.333, abs=0.001)
    assert recording.duration_s == pytest.approx(0.4, abs=0.01)
