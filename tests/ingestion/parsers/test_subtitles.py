import pytest

from ingestion.errors import IngestError
from ingestion.parsers import parse
from ingestion.types import Limits, ParseRequest


def read(tmp_path, name, text):
    path = tmp_path / name
    path.write_text(text)
    return parse(ParseRequest(str(path), name, str(tmp_path)), Limits())


def test_a_subtitle_file_alone_is_a_document(tmp_path):
    result = read(tmp_path, "a.vtt", "WEBVTT\n\n00:01.000 --> 00:02.500\nHello <b>there</b>\n")
    [block] = result.blocks
    assert (block.kind, block.text, block.start_s, block.end_s) == ("cue", "Hello there", 1.0, 2.5)
    assert block.anchors[0].end == len("Hello there")
    assert (result.media_type, result.duration_s) == ("text/vtt", 2.5)


def test_srt_is_known_by_its_content(tmp_path):
    result = read(tmp_path, "talk.txt", "1\n00:00:01,000 --> 00:00:02,500\nHello\n")
    assert result.media_type == "application/x-subrip"
    assert result.blocks[0].text == "Hello"


def test_what_cannot_be_read_is_told(tmp_path):
    text = "1\n00:00:01,000 --> 00:00:02,500\nHello\n\n2\n00:99:99 --> oops\nlost\n"
    result = read(tmp_path, "talk.srt", text)
    assert len(result.blocks) == 1
    assert "talk.srt" in result.notices[0]


def test_a_file_without_times_is_refused_with_an_example(tmp_path):
    with pytest.raises(IngestError, match="-->"):
        read(tmp_path, "a.vtt", "WEBVTT\n\nNothing here\n")
