import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingestion.media.cue_files import LONGEST_S, decoded_text, read_cues
from ingestion.media.cues import clean, cue_blocks, track_cues
from ingestion.media.probe import open_media, probe
from ingestion.types import Limits
from tests.ingestion.media.clips import RED, bench_data, spans, write_video

SRT = """1
00:00:01,000 --> 00:00:02,500
First line
and second.

2
00:00:03,000 --> 00:00:04,000
<i>Whispered</i> {\\an8}aside
"""

VTT = """\ufeffWEBVTT - a title

STYLE
::cue { color: red }

NOTE a comment
over two lines

intro
00:01.000 --> 00:02.500 line:80% align:start
<v Roger Bingham>We are in <c.loud>New&nbsp;York</c> &amp; here</v>

1:00:00.000 --> 1:00:01.000
<00:00:19.000>3 &lt; 5 <b>bold
"""


def texts(cues):
    return [cue.text for cue in cues.cues]


def times(cues):
    return [(cue.start_s, cue.end_s) for cue in cues.cues]


def test_srt_lines_are_joined_and_tags_are_gone():
    cues = read_cues(SRT, "a.srt")
    assert texts(cues) == ["First line and second.", "Whispered aside"]
    assert times(cues) == [(1.0, 2.5), (3.0, 4.0)]
    assert cues.notices == ()


def test_webvtt_styles_notes_identifiers_and_positions_are_no_words():
    cues = read_cues(VTT, "a.vtt")
    assert texts(cues) == ["We are in New York & here", "3 < 5 bold"]
    assert times(cues) == [(1.0, 2.5), (3600.0, 3601.0)]


def test_ass_dialogue_is_read_without_its_drawing_codes():
    ass = (
        "[Script Info]\nTitle: x\n\n[Events]\n"
        "Format: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text\n"
        "Dialogue: 0,0:00:01.50,0:00:03.00,Default,,0,0,0,,{\\pos(1,2)}Hello, world\\NAgain\n"
        "Dialogue: broken\n"
    )
    cues = read_cues(ass, "a.ass")
    assert texts(cues) == ["Hello, world Again"]
    assert times(cues) == [(1.5, 3.0)]
    assert "1" in cues.notices[0]


@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
def test_any_line_ending_will_do(ending):
    assert len(read_cues(SRT.replace("\n", ending), "a.srt").cues) == 2


def test_cues_out_of_order_are_sorted_and_overlaps_stay():
    cues = read_cues("00:05.000 --> 00:09.000\nlater\n\n00:01.000 --> 00:06.000\nsooner\n", "a.vtt")
    assert texts(cues) == ["sooner", "later"]
    assert times(cues) == [(1.0, 6.0), (5.0, 9.0)]


def test_unreadable_times_are_left_out_and_told():
    text = "1\n00:00:xx,000 --> 00:00:02,000\nlost\n\n2\n00:00:03,000 --> 00:00:04,000\nkept\n"
    cues = read_cues(text, "talk.srt")
    assert texts(cues) == ["kept"]
    assert "talk.srt" in cues.notices[0]
    assert "line 2" in cues.notices[0]


def test_an_end_before_its_start_is_estimated_and_told():
    cues = read_cues("00:10.000 --> 00:05.000\nbackwards\n\n00:10.600 --> 00:12.000\nx\n", "a.vtt")
    assert times(cues) == [(10.0, 10.6), (10.6, 12.0)]
    assert "end before they begin" in cues.notices[0]


def test_a_missing_blank_line_does_not_swallow_the_next_cue():
    text = "1\n00:00:01,000 --> 00:00:02,000\none\n2\n00:00:03,000 --> 00:00:04,000\ntwo\n"
    assert texts(read_cues(text, "a.srt")) == ["one", "two"]


def test_rolling_captions_say_each_line_once():
    text = (
        "00:01.000 --> 00:03.000\nthe quick brown fox\n\n"
        "00:03.000 --> 00:05.000\nthe quick brown fox\njumps over\n\n"
        "00:05.000 --> 00:06.000\njumps over\n"
    )
    assert " ".join(texts(read_cues(text, "a.vtt"))) == "the quick brown fox jumps over"


def test_markup_in_entities_stays_text():
    assert clean("&lt;script&gt;alert(1)&lt;/script&gt;") == "<script>alert(1)</script>"


@pytest.mark.parametrize(
    ("payload", "text"),
    [
        ("Ünïcode".encode(), "Ünïcode"),
        ("Ünïcode".encode("utf-8-sig"), "Ünïcode"),
        ("Ünïcode".encode("utf-16"), "Ünïcode"),
        ("Ünïcode".encode("cp1252"), "Ünïcode"),
    ],
)
def test_old_encodings_are_read(payload, text):
    assert decoded_text(payload) == text


@given(
    st.text(alphabet=st.sampled_from("0123456789:.,-> \n\r<>&;{}\\abNOTE\u2028\0[]"), max_size=400)
)
def test_no_text_breaks_the_reader(text):
    cues = read_cues(f"00:01.000 --> 00:02.000\n{text}", "a.vtt")
    for cue in cues.cues:
        assert 0 <= cue.start_s <= cue.end_s <= LONGEST_S + 1000
        assert cue.text == clean(cue.text) or "<" in cue.text or "&" in cue.text or "{" in cue.text
        assert "\n" not in cue.text
        assert "\0" not in cue.text
    assert [cue.start_s for cue in cues.cues] == sorted(cue.start_s for cue in cues.cues)


def test_a_block_per_cue_is_anchored_to_its_time():
    [block] = cue_blocks(read_cues("00:01.000 --> 00:02.000\nHello\n", "a.vtt").cues)
    assert (block.kind, block.origin, block.start_s, block.end_s) == ("cue", "source", 1.0, 2.0)
    [anchor] = block.anchors
    assert (anchor.start, anchor.end, anchor.start_s, anchor.end_s) == (0, 5, 1.0, 2.0)


@pytest.mark.parametrize("start_ms", [0, 4000])
@pytest.mark.parametrize(
    ("extension", "codec", "track"),
    [
        ("mp4", "libx264", "mov_text"),
        ("mkv", "libx264", "subrip"),
        ("mkv", "libx264", "ass"),
        ("webm", "libvpx", "webvtt"),
    ],
)
def test_text_tracks_are_read_at_their_time(tmp_path, extension, codec, track, start_ms):
    path = write_video(
        tmp_path / f"a.{extension}",
        [(start_ms + at, colour) for at, colour in spans((3, RED))],
        codec=codec,
        subtitles=[
            (start_ms + 200, start_ms + 900, "Hello <i>there</i>"),
            (start_ms + 1500, start_ms + 2500, "Second & last"),
        ],
        subtitle_codec=track,
    )
    with open_media(str(path)) as container:
        recording = probe(container, Limits())
        [text] = recording.texts
        cues = track_cues(container, text.index, origin_s=recording.origin_s, name="track 1")
    assert texts(cues) == ["Hello there", "Second & last"]
    assert times(cues)[0] == pytest.approx((0.2, 0.9), abs=0.002)
    assert times(cues)[1] == pytest.approx((1.5, 2.5), abs=0.002)


@pytest.mark.real_data
def test_the_crown_jewels_are_stolen_at_their_second():
    text = (bench_data() / "video" / "mdn" / "friday.vtt").read_text()
    last = read_cues(text, "friday.vtt").cues[-1]
    assert last.text == "Somebody must've stolen the crown jewels"
    assert (last.start_s, last.end_s) == (4.3, 6.0)
