"""Clips of a video: which spans, and which of its frames."""

from fractions import Fraction
from itertools import pairwise

import av
import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from ingestion.media.clips import FRAMES, LONGEST_S, WINDOW_S, Film, clips_of, more_frames
from ingestion.media.shots import Shot

lengths = st.lists(st.floats(0.5, 400), min_size=1, max_size=8)


@given(lengths)
def test_clips_cover_every_shot_and_never_cross_a_cut(seconds: list[float]) -> None:
    edges = np.cumsum([0.0, *seconds])
    shots = [Shot(a, b) for a, b in pairwise(edges)]
    clips = clips_of(shots)
    for shot in shots:
        own = [c for c in clips if shot.start_s <= c.start_s and c.end_s <= shot.end_s + 1e-6]
        assert own[0].start_s == shot.start_s
        assert abs(own[-1].end_s - shot.end_s) < 1e-6
        assert all(b.start_s <= a.end_s for a, b in pairwise(own))
    assert len(clips) == sum(
        sum(s.start_s <= c.start_s and c.end_s <= s.end_s + 1e-6 for c in clips) for s in shots
    )


def test_a_long_shot_is_cut_into_clips_that_overlap_by_half() -> None:
    clips = clips_of([Shot(0.0, 40.0)])
    assert {round(c.end_s - c.start_s, 6) for c in clips} == {WINDOW_S}
    steps = [b.start_s - a.start_s for a, b in pairwise(clips)]
    assert max(steps) <= WINDOW_S / 2 + 0.1
    assert clips_of([Shot(0.0, LONGEST_S)]) == (Shot(0.0, LONGEST_S),)


def test_the_strip_shows_the_clips_own_frames_in_their_order() -> None:
    film = Film(duration_s=4.0)
    for number in range(40):  # ten a second, each a little brighter
        frame = av.VideoFrame.from_ndarray(np.full((90, 160, 3), 6 * number, np.uint8), "rgb24")
        frame.pts, frame.time_base = number, Fraction(1, 10)
        film.see(number / 10, frame)
    assert len(film.times) < 20  # four a second are enough
    strip = np.asarray(film.strip(Shot(1.0, 3.0)))
    shades = [float(part.mean()) for part in np.split(strip, FRAMES, axis=1)]
    assert shades == sorted(shades)
    assert 55 < shades[0] < shades[-1] < 185


def test_a_clip_of_one_frame_shows_it_eight_times() -> None:
    film = Film(duration_s=None)
    film.see(0.0, av.VideoFrame.from_ndarray(np.zeros((90, 160, 3), np.uint8), "rgb24"))
    assert film.strip(Shot(0.0, 0.1)).size == (160 * FRAMES, 90)


def test_a_clip_that_moves_has_further_frames_and_a_still_one_none() -> None:
    moving, still = Film(duration_s=8.0), Film(duration_s=8.0)
    for number in range(33):
        for film, shade in ((moving, 7 * number), (still, 90)):
            frame = av.VideoFrame.from_ndarray(np.full((90, 160, 3), shade, np.uint8), "rgb24")
            frame.pts, frame.time_base = number, Fraction(1, 4)
            film.see(number / 4, frame)
    assert more_frames([Shot(0.0, 8.0)], moving) == (0.5, 2.0, 6.0, 7.5)
    assert more_frames([Shot(0.0, 8.0)], still) == ()
    near = more_frames([Shot(0.0, 8.0), Shot(4.0, 8.0)], moving)
    assert min(b - a for a, b in pairwise(sorted([4.0, *near]))) > 0.3
