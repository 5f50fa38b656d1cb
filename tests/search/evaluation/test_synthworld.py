"""What the generated pictures, clips and sounds promise."""

import numpy as np
import pytest

from search.evaluation.synthworld import motions, scenes, sounds
from search.evaluation.synthworld.motion_words import KNOWN, MOTIONS, NEW
from search.evaluation.synthworld.shapes import HELD_OUT


def _sorted_frames(clip):
    return sorted(frame.tobytes() for frame in clip.frames)


@pytest.mark.parametrize("events", [1, 2])
def test_a_clip_and_its_twin_hold_the_same_frames_in_another_order(events):
    for clip in motions.sample_clips(16, seed=3, events=events):
        twin = motions.twin_of(clip)
        assert _sorted_frames(twin) == _sorted_frames(clip)
        assert not np.array_equal(twin.frames, clip.frames)
        assert twin.caption != clip.caption


@pytest.mark.parametrize("events", [1, 2])
def test_the_twin_of_a_twin_is_the_clip_itself(events):
    for clip in motions.sample_clips(8, seed=1, events=events):
        again = motions.twin_of(motions.twin_of(clip))
        assert np.array_equal(again.frames, clip.frames)
        assert (again.caption, again.facts) == (clip.caption, clip.facts)


def _traces(clip):
    """The middle of the thing in each frame, (8, 2) as x and y, and the points that it covers."""
    frames = clip.frames.astype(float)
    away = np.abs(frames - np.median(frames, axis=(0, 1, 2))).max(axis=-1) > 40
    middles = [np.argwhere(frame)[:, ::-1].mean(axis=0) for frame in away]
    return np.array(middles), away.sum(axis=(1, 2))


def test_a_motion_goes_where_its_name_says():
    for clip in motions.sample_clips(32, seed=5):
        middles, sizes = _traces(clip)
        (right, down), swelling = middles[-1] - middles[0], int(sizes[-1]) - int(sizes[0])
        steps = np.diff(middles, axis=0)
        turn = float(np.sum(steps[:-1, 0] * steps[1:, 1] - steps[:-1, 1] * steps[1:, 0]))
        found = {
            "right": right,
            "left": -right,
            "down": down,
            "up": -down,
            "grow": swelling,
            "shrink": -swelling,
            "clockwise": turn,  # y points down
            "anticlockwise": -turn,
        }
        assert found[clip.motions[0]] > 5


@pytest.mark.parametrize("sample", [motions.sample_clips, scenes.sample_scenes])
def test_the_same_seed_draws_the_same_samples_and_another_seed_others(sample):
    first, again, other = sample(6, seed=1), sample(6, seed=1), sample(6, seed=2)
    assert [one.caption for one in first] == [one.caption for one in again]
    assert [one.caption for one in first] != [one.caption for one in other]


def test_pairs_that_are_held_out_are_never_among_those_for_training():
    clips = motions.sample_clips(300, seed=0, side=8)
    things = [thing for one in scenes.sample_scenes(300, seed=0, side=8) for thing in one.things]
    swapped = [
        thing
        for one in scenes.sample_scenes(200, seed=0, side=8, things=2)
        for thing in scenes.swapped_colours(one).things
    ]
    seen = {(one.shape, one.colour) for one in [*clips, *things, *swapped]}
    assert not seen & HELD_OUT
    kept = motions.sample_clips(40, seed=0, side=8, held_out=True)
    assert {(one.shape, one.colour) for one in kept} == HELD_OUT


def test_every_motion_has_five_phrasings_and_two_more_that_training_never_reads():
    for motion in MOTIONS:
        assert len(set(KNOWN[motion])) >= 5
        assert len(set(NEW[motion])) >= 2
        assert not set(KNOWN[motion]) & set(NEW[motion])


def test_exchanged_colours_leave_the_shapes_where_they_are():
    for scene in scenes.sample_scenes(12, seed=2, things=2):
        twin = scenes.swapped_colours(scene)
        assert [thing.shape for thing in twin.things] == [thing.shape for thing in scene.things]
        assert sorted(twin.facts) == sorted(scene.facts)
        assert twin.caption != scene.caption


def test_exchanged_places_turn_the_relation_round():
    scene = scenes.sample_scenes(1, seed=2, things=2)[0]
    twin = scenes.swapped_places(scene)
    first, second = twin.things
    if scene.relation == "left of":
        assert first.column < second.column
    else:
        assert first.row < second.row
    assert first.colour == scene.things[1].colour


def test_views_show_one_scene_differently():
    first, second, other = scenes.sample_scenes(2, seed=4, views=2)[:3]
    assert (first.scene, first.facts) == (second.scene, second.facts)
    assert not np.array_equal(first.pixels, second.pixels)
    assert other.scene != first.scene


def test_a_chirp_played_backwards_goes_the_other_way():
    for sound in sounds.sample_sounds(6, seed=0, kinds=("chirp",)):
        twin = sounds.backwards(sound)
        assert np.array_equal(twin.samples, sound.samples[::-1])
        assert {sound.course, twin.course} == {"rising", "falling"}
        assert twin.caption != sound.caption


def test_a_rising_chirp_ends_higher_than_it_begins():
    for sound in sounds.sample_sounds(12, seed=0, kinds=("chirp",)):
        pitches = [np.abs(np.fft.rfft(half)).argmax() for half in np.split(sound.samples, 2)]
        assert (pitches[1] > pitches[0]) == (sound.course == "rising")


def test_a_tone_has_no_twin():
    tone = sounds.sample_sounds(1, seed=0, kinds=("tone",))[0]
    with pytest.raises(ValueError, match="same backwards"):
        sounds.backwards(tone)
