import numpy as np
import pytest

from ingestion.media.probe import open_media, probe
from ingestion.media.waveform import INK, RATE_HZ, draw, measure
from ingestion.types import Limits
from tests.ingestion.media.clips import RED, spans, write_sound, write_video


def heard(path, longest_s=1e5):
    with open_media(str(path)) as container:
        recording = probe(container, Limits())
        stream = container.streams[recording.audio]
        return measure(container, stream, origin_s=recording.origin_s, longest_s=longest_s)


def test_peaks_stand_where_the_sound_is(tmp_path):
    sound = heard(write_sound(tmp_path / "a.wav", [(1, 0.0), (0.5, 0.8), (1.5, 0.25)]))
    assert sound.end_s == pytest.approx(3.0)
    assert len(sound.peaks) == 3 * RATE_HZ
    assert sound.peaks[: RATE_HZ - 1].max() == 0
    assert sound.peaks[RATE_HZ + 2 : 70] == pytest.approx(0.8, abs=0.01)
    assert sound.peaks[-10:] == pytest.approx(0.25, abs=0.01)


def test_a_part_has_the_peaks_of_its_span(tmp_path):
    sound = heard(write_sound(tmp_path / "a.wav", [(1, 0.0), (1, 0.8)]))
    assert sound.part(0.0, 0.9).max() == 0
    assert sound.part(1.1, 2.0).min() > 0.7
    assert len(sound.part(50.0, 60.0)) == 1


def test_listening_stops_at_the_limit(tmp_path):
    sound = heard(write_sound(tmp_path / "a.wav", [(30, 0.5)]), longest_s=5)
    assert 5 <= sound.end_s < 8


def test_the_sound_of_a_video_ends_where_its_samples_end(tmp_path):
    path = write_video(tmp_path / "a.mp4", spans((1, RED)), tone_s=2.5)
    sound = heard(path)
    assert sound.end_s == pytest.approx(2.5, abs=0.1)
    assert sound.peaks.max() == pytest.approx(0.5, abs=0.1)


def test_the_picture_is_tall_where_it_is_loud():
    peaks = np.concatenate([np.zeros(100), np.full(100, 0.5)]).astype(np.float32)
    pixels = np.asarray(draw(peaks, (200, 40)))
    inked = (pixels == INK).all(axis=2).sum(axis=0)
    assert inked[:95].max() <= 1
    assert inked[105:].min() > 30


def test_silence_is_a_line():
    picture = draw(np.zeros(10, np.float32), (100, 20))
    assert picture.size == (100, 20)
    assert not (np.asarray(picture) == INK).all(axis=2).any()
