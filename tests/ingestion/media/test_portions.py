"""A track in portions holds every sample once."""

from pathlib import Path

import av
import numpy as np
import pytest

from ingestion.media.portions import portions
from ingestion.media.track import save_track
from tests.ingestion.media.clips import write_sound

PARTS = [(5.0, 0.5), (1.0, 0.0), (5.0, 0.5), (1.0, 0.0), (3.0, 0.5)]


@pytest.fixture
def track(tmp_path: Path) -> Path:
    source = write_sound(tmp_path / "talk.wav", PARTS)
    with av.open(str(source)) as container:
        save_track(
            container,
            container.streams.audio[0],
            tmp_path / "track.ogg",
            origin_s=0.0,
            longest_s=100.0,
        )
    return tmp_path / "track.ogg"


def test_portions_follow_one_another_without_a_gap(track: Path) -> None:
    end_s = 0.0
    for begin_s, sound in portions(track, longest_s=7.0):
        assert begin_s == pytest.approx(end_s, abs=1e-4)
        assert 0 < sound.seconds <= 7.0
        end_s = begin_s + sound.seconds
    assert end_s == pytest.approx(15.0, abs=0.1)


def test_a_portion_ends_where_it_is_quiet(track: Path) -> None:
    cuts = [begin_s for begin_s, _ in portions(track, longest_s=7.0)][1:]
    assert 5.0 <= cuts[0] <= 6.1
    assert any(11.0 <= cut <= 12.1 for cut in cuts)


def test_what_was_heard_before_is_left_out(track: Path) -> None:
    (whole,) = [sound.samples for _, sound in portions(track)]
    ((begin_s, rest),) = portions(track, begin_s=4.25)
    assert begin_s == 4.25
    assert np.array_equal(rest.samples, whole[68_000:])
    assert list(portions(track, begin_s=60.0)) == []


def test_a_file_that_is_no_track_is_refused(tmp_path: Path) -> None:
    (tmp_path / "odd.ogg").write_bytes(b"nothing to hear")
    with pytest.raises((OSError, ValueError)):
        list(portions(tmp_path / "odd.ogg"))
