"""What models say is brought into order, whatever they say."""

import math

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from search.transcribers.base import Sound, Transcriber
from search.transcribers.segments import MOST_LETTERS, Segment, joined, tidied
from search.transcribers.silence import is_silent, levels, loud_segments, quietest

SECONDS = st.floats(allow_nan=True, allow_infinity=True) | st.floats(-5.0, 40.0)
WORDS = st.text(max_size=12) | st.sampled_from(["heron", "tide tide", "", " ", "\x00", "a " * 50])
RAW = st.lists(st.builds(Segment, SECONDS, SECONDS, WORDS, st.sampled_from(["", "en"])))


@given(RAW, st.floats(0.0, 30.0))
def test_segments_are_sorted_inside_the_sound_and_never_over_one_another(raw, length_s) -> None:
    found = tidied(raw, length_s=length_s)
    ends = 0.0
    for one in found:
        assert ends <= one.start_s < one.end_s <= length_s
        assert one.text.strip() == one.text != ""
        assert one.text.isprintable()
        assert len(one.text) <= MOST_LETTERS
        ends = one.end_s


class Says(Transcriber):
    """A model that says what it is told to, whatever it hears."""

    name = fingerprint = "says"
    batch_size = 1

    def __init__(self, raw: list[Segment]) -> None:
        super().__init__()
        self.raw = raw

    def _hear(self, sounds, language):
        return [self.raw for _ in sounds]


@given(RAW, st.floats(0.0, 3.0), st.floats(0.0, 1.0))
def test_a_transcriber_keeps_its_promise_whatever_its_model_says(raw, loud_s, quiet_s) -> None:
    samples = np.zeros(round(16_000 * (loud_s + quiet_s)), np.float32)
    samples[: round(16_000 * loud_s)] = 0.3
    (found,) = Says(raw).transcribe([Sound(samples)])
    ends = 0.0
    for one in found:
        assert ends <= one.start_s < one.end_s <= len(samples) / 16_000
        ends = one.end_s


@given(RAW)
def test_words_that_a_sound_has_room_for_are_kept(raw) -> None:
    short = [Segment(n * 1.0, n + 0.5, f"word{n}") for n in range(len(raw))]
    assert tidied(short, length_s=len(raw) + 1.0) == short


def test_words_under_the_segment_before_go_to_its_end() -> None:
    raw = [Segment(0.0, 3.0, "the heron waits"), Segment(1.0, 2.0, "by the reeds")]
    assert tidied(raw, length_s=5.0) == [Segment(0.0, 3.0, "the heron waits by the reeds")]


def test_a_segment_that_begins_too_early_begins_where_the_one_before_ends() -> None:
    raw = [Segment(0.0, 3.0, "the heron waits"), Segment(2.0, 4.0, "by the reeds")]
    assert [(one.start_s, one.end_s) for one in tidied(raw, length_s=5.0)] == [(0, 3), (3, 4)]


def test_a_sentence_said_over_and_over_is_a_loop_and_said_once() -> None:
    raw = [Segment(n, n + 0.9, "Thanks for watching!") for n in range(5)]
    assert tidied(raw, length_s=9.0) == raw[:1]


def test_a_sentence_said_twice_may_be_meant() -> None:
    raw = [Segment(0.0, 1.0, "Once more."), Segment(1.0, 2.0, "Once more.")]
    assert tidied(raw, length_s=9.0) == raw


def test_a_phrase_that_turns_in_circles_inside_a_segment_is_said_once() -> None:
    (one,) = tidied([Segment(0.0, 9.0, "see " + "you soon " * 20 + "then")], length_s=9.0)
    assert one.text == "see you soon then"


def test_words_are_joined_until_somebody_pauses() -> None:
    words = [Segment(0.0, 0.3, "the"), Segment(0.4, 0.9, "heron"), Segment(2.0, 2.4, "waits")]
    assert joined(words) == [Segment(0.0, 0.9, "the heron"), Segment(2.0, 2.4, "waits")]


def test_words_without_a_pause_are_cut_after_eight_seconds() -> None:
    words = [Segment(n * 0.5, n * 0.5 + 0.45, "la") for n in range(60)]
    assert max(one.end_s - one.start_s for one in joined(words)) <= 8.0


def test_what_is_said_over_silence_was_not_said() -> None:
    samples = np.zeros(48_000, np.float32)
    samples[:16_000] = 0.3
    raw = [Segment(0.2, 0.8, "heard"), Segment(1.5, 2.5, "Thanks for watching!")]
    assert loud_segments(raw, samples, 16_000) == raw[:1]
    odd = [Segment(math.nan, 1.0, "when?"), Segment(2.0, 1.0, "backwards")]
    assert loud_segments(odd, samples, 16_000) == odd
    late = [Segment(3.2, 4.0, "Thanks for watching!")]
    assert loud_segments(late, samples + np.float32(0.3), 16_000) == []


def test_a_cut_is_made_where_it_is_quiet() -> None:
    samples = np.full(32_000, 0.4, np.float32)
    samples[20_000:24_000] = 0.0
    assert 20_000 <= quietest(samples, 8_000) <= 24_000
    assert quietest(samples, 32_000) == 32_000


def test_a_microphones_noise_is_silence() -> None:
    noise = np.random.default_rng(0).normal(0, 0.0005, 16_000).astype(np.float32)
    assert is_silent(noise)
    assert is_silent(np.zeros(0, np.float32))
    assert not is_silent(noise * 100)
    assert len(levels(noise)) == 10
