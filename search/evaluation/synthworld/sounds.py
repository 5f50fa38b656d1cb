"""Sounds of one second: tones, chirps and beats, of which everything is known."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

RATE = 16_000
SECONDS = 1.0
PITCHES: Mapping[str, float] = MappingProxyType({"low": 220.0, "mid": 700.0, "high": 2200.0})
TIMBRES = ("sine", "square", "noise")
COURSES = ("rising", "falling")
PACES = ("steady", "accelerating", "slowing")
HELD_OUT = frozenset({("low", "square"), ("high", "noise")})  # (pitch, timbre) no training hears
KINDS = ("tone", "chirp", "beat")
_OPPOSITE = {
    "rising": "falling",
    "falling": "rising",
    "accelerating": "slowing",
    "slowing": "accelerating",
}
_TIMBRE_WORDS = {"sine": "pure", "square": "buzzing", "noise": "hissing"}
_PITCH_WORDS = {"low": "low", "mid": "medium", "high": "high"}
_KNOWN: Mapping[str, Sequence[str]] = {
    "constant": (
        "a {pitch} {timbre} tone",
        "one long {timbre} note, {pitch}",
        "a steady tone, {timbre} and {pitch}",
        "a {timbre} sound of {pitch} pitch",
        "a {pitch} note that is {timbre}",
    ),
    "rising": (
        "a {pitch} {timbre} sound rising in pitch",
        "a {pitch} {timbre} tone that goes up",
        "a {timbre} chirp from low to high, {pitch}",
        "a {timbre} {pitch} glide upwards",
        "the pitch climbs, {timbre} and {pitch}",
        "a {pitch} {timbre} tone getting higher",
    ),
    "falling": (
        "a {pitch} {timbre} sound falling in pitch",
        "a {pitch} {timbre} tone that goes down",
        "a {timbre} chirp from high to low, {pitch}",
        "a {timbre} {pitch} glide downwards",
        "the pitch sinks, {timbre} and {pitch}",
        "a {pitch} {timbre} tone getting lower",
    ),
    "steady": (
        "a steady beat of {pitch} {timbre} clicks",
        "even {pitch} {timbre} beats",
        "{timbre} {pitch} pulses at a constant pace",
        "regular {pitch} {timbre} knocks",
        "a {pitch} {timbre} beat that keeps its pace",
    ),
    "accelerating": (
        "a beat of {pitch} {timbre} clicks that gets faster",
        "{pitch} {timbre} beats speeding up",
        "{timbre} {pitch} pulses, faster and faster",
        "accelerating {pitch} {timbre} knocks",
        "a {pitch} {timbre} beat that quickens",
    ),
    "slowing": (
        "a beat of {pitch} {timbre} clicks that gets slower",
        "{pitch} {timbre} beats slowing down",
        "{timbre} {pitch} pulses, slower and slower",
        "decelerating {pitch} {timbre} knocks",
        "a {pitch} {timbre} beat that slackens",
    ),
}
_NEW: Mapping[str, Sequence[str]] = {
    "constant": ("a long {timbre} tone at a {pitch} pitch",),
    "rising": ("an ascending {timbre} {pitch} sweep", "a {pitch} {timbre} sound sweeping up"),
    "falling": ("a descending {timbre} {pitch} sweep", "a {pitch} {timbre} sound sweeping down"),
    "steady": ("{pitch} {timbre} ticks in a uniform rhythm",),
    "accelerating": ("{pitch} {timbre} ticks at an increasing speed",),
    "slowing": ("{pitch} {timbre} ticks at a decreasing speed",),
}


@dataclass(frozen=True, slots=True)
class SoundSample:
    """``samples`` (16,000,), one second, -1 to 1, with a caption and what is known of them.

    ``course`` is "constant" of a tone, rising or falling of a chirp, the pace of a beat.
    """

    samples: NDArray[np.float32]
    caption: str
    kind: str
    pitch: str
    timbre: str
    course: str
    wording: int
    new_phrasing: bool = False
    rate: int = RATE

    @property
    def facts(self) -> tuple[str, ...]:
        """What the caption says: sounds with the same facts answer the same question."""
        return (self.kind, self.pitch, self.timbre, self.course)

    @property
    def has_twin(self) -> bool:
        """Whether it says something else when it is played backwards."""
        return self.course in _OPPOSITE


def sample_sounds(
    count: int,
    *,
    seed: int,
    held_out: bool = False,
    new_phrasing: bool = False,
    kinds: Sequence[str] = KINDS,
) -> list[SoundSample]:
    """Sounds drawn by ``seed``, the kinds in turn.

    ``held_out`` takes the pairs of pitch and timbre that no training hears, ``new_phrasing`` words
    that none reads.
    """
    rng = np.random.default_rng([seed, 11, held_out, new_phrasing, len(kinds)])
    allowed = [
        (pitch, timbre)
        for pitch in PITCHES
        for timbre in TIMBRES
        if ((pitch, timbre) in HELD_OUT) == held_out
    ]
    found = []
    for place in range(count):
        kind = kinds[place % len(kinds)]
        pitch, timbre = allowed[rng.integers(len(allowed))]
        course = _course(kind, rng)
        samples = _play(kind, pitch, timbre, course, rng)
        wording = int(rng.integers(1000))
        caption = _caption(pitch, timbre, course, wording, new=new_phrasing)
        found.append(
            SoundSample(samples, caption, kind, pitch, timbre, course, wording, new_phrasing)
        )
    return found


def backwards(sample: SoundSample) -> SoundSample:
    """The same samples in reverse: a rising chirp falls, a beat that quickens slackens.

    Raises:
        ValueError: the sound says the same in both directions.
    """
    if not sample.has_twin:
        raise ValueError(f"A {sample.course} {sample.kind} sounds the same backwards.")
    course = _OPPOSITE[sample.course]
    caption = _caption(sample.pitch, sample.timbre, course, sample.wording, new=sample.new_phrasing)
    samples = np.ascontiguousarray(sample.samples[::-1])
    return replace(sample, samples=samples, course=course, caption=caption)


def _course(kind: str, rng: np.random.Generator) -> str:
    choices = {"tone": ("constant",), "chirp": COURSES, "beat": PACES}[kind]
    return choices[rng.integers(len(choices))]


def _caption(pitch: str, timbre: str, course: str, wording: int, *, new: bool) -> str:
    forms = (_NEW if new else _KNOWN)[course]
    form = forms[wording % len(forms)]
    return form.format(pitch=_PITCH_WORDS[pitch], timbre=_TIMBRE_WORDS[timbre])


def _play(
    kind: str, pitch: str, timbre: str, course: str, rng: np.random.Generator
) -> NDArray[np.float32]:
    count = int(RATE * SECONDS)
    base = PITCHES[pitch] * float(rng.uniform(0.92, 1.08))
    span = 1.6 if kind == "chirp" else 1.0
    share = np.linspace(0.0, 1.0, count)
    frequency = base * span ** (2 * share - 1)  # (samples,), from base / span to base * span
    if course in {"falling", "slowing"}:
        frequency = frequency[::-1]
    wave = _voice(timbre, frequency, rng)
    if kind == "beat":
        wave = wave * _strokes(course, count, rng)
    loud = float(rng.uniform(0.4, 0.9))
    noisy = loud * wave + rng.normal(0.0, 0.004, size=count)
    return np.clip(noisy, -1.0, 1.0).astype(np.float32)


def _voice(
    timbre: str, frequency: NDArray[np.float64], rng: np.random.Generator
) -> NDArray[np.float64]:
    phase = 2 * np.pi * np.cumsum(frequency) / RATE + rng.uniform(0, 2 * np.pi)
    if timbre == "sine":
        return np.sin(phase)
    if timbre == "square":
        return 0.6 * np.sign(np.sin(phase))
    # Noise of a narrow band around the pitch: a tone whose phase and loudness wander.
    wander = np.cumsum(rng.normal(0.0, 0.12, size=len(phase)))
    return np.sin(phase + wander) * (0.6 + 0.4 * rng.uniform(-1, 1, size=len(phase)))


def _strokes(course: str, count: int, rng: np.random.Generator) -> NDArray[np.float64]:
    """The loudness of a beat, (samples,): seven strokes, symmetric in time, and silence."""
    strokes = 7
    gaps = np.ones(strokes - 1)
    if course != "steady":
        gaps = np.linspace(1.9, 0.5, strokes - 1)
    if course == "slowing":
        gaps = gaps[::-1]
    start = float(rng.uniform(0.05, 0.1))
    moments = start + np.concatenate([[0.0], np.cumsum(gaps)]) / gaps.sum() * 0.83
    seconds = np.arange(count) / RATE
    width = 0.018
    return np.exp(-((seconds[:, None] - moments[None]) ** 2) / (2 * width**2)).max(axis=1)
