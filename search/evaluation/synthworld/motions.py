"""Clips of eight frames in which one thing moves, each with a twin that holds the same frames."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
from numpy.typing import NDArray

from search.evaluation.synthworld.motion_words import (
    KNOWN,
    MOTIONS,
    NEW,
    NEW_TWO_EVENTS,
    ONE_EVENT,
    OPPOSITE,
    TWO_EVENTS,
)
from search.evaluation.synthworld.shapes import Placed, paint, pairs, with_noise

FRAMES = 8
_NOISE = 4.0


@dataclass(frozen=True, slots=True)
class ClipSample:
    """``frames`` (8, side, side, 3), RGB, with a caption and what is known of them.

    ``motions`` holds one event, or two in the order in which they come. ``wordings`` is the
    place of each event's words among the phrasings, and that of the sentence's form; so a twin is
    described in the same form as its original. ``new_phrasing``: the words are kept from training.
    """

    frames: NDArray[np.uint8]
    caption: str
    shape: str
    colour: str
    motions: tuple[str, ...]
    wordings: tuple[int, ...]
    new_phrasing: bool = False

    @property
    def facts(self) -> tuple[str, ...]:
        """What the caption says: clips with the same facts answer the same question."""
        return (self.shape, self.colour, *self.motions)


def sample_clips(
    count: int,
    *,
    seed: int,
    side: int = 32,
    held_out: bool = False,
    new_phrasing: bool = False,
    events: int = 1,
) -> list[ClipSample]:
    """Clips drawn by ``seed``; the motions come in turn, so each is as frequent as the others.

    ``held_out`` takes the pairs of shape and colour that no training sees, ``new_phrasing`` words
    that none reads. ``events`` is 1, or 2 for "A then B".
    """
    rng = np.random.default_rng([seed, events, held_out, new_phrasing])
    allowed = pairs(held_out=held_out)
    samples = []
    for place in range(count):
        shape, colour = allowed[rng.integers(len(allowed))]
        motions = _choose(place, rng, events=events)
        frames = _film(shape, colour, motions, rng, side=side)
        wordings = tuple(int(number) for number in rng.integers(1000, size=events + 1))
        sample = ClipSample(frames, "", shape, colour, motions, wordings, new_phrasing)
        samples.append(replace(sample, caption=_caption(sample)))
    return samples


def twin_of(sample: ClipSample) -> ClipSample:
    """The same frames otherwise: one event backwards in time, or two events in the other order.

    The multiset of frames is the same, noise and all; their order, and so the caption, differs.
    """
    if len(sample.motions) == 1:
        frames, wordings = sample.frames[::-1], sample.wordings
        motions: tuple[str, ...] = (OPPOSITE[sample.motions[0]],)
    else:
        half = len(sample.frames) // 2
        frames = np.concatenate([sample.frames[half:], sample.frames[:half]])
        motions = sample.motions[::-1]
        wordings = (sample.wordings[1], sample.wordings[0], sample.wordings[2])
    twin = replace(sample, frames=np.ascontiguousarray(frames), motions=motions, wordings=wordings)
    return replace(twin, caption=_caption(twin))


def _choose(place: int, rng: np.random.Generator, *, events: int) -> tuple[str, ...]:
    first = MOTIONS[place % len(MOTIONS)]
    if events == 1:
        return (first,)
    others = [motion for motion in MOTIONS if motion not in {first, OPPOSITE[first]}]
    return (first, others[rng.integers(len(others))])


def _caption(sample: ClipSample) -> str:
    words = NEW if sample.new_phrasing else KNOWN
    *places, form = sample.wordings
    said = [_pick(words[motion], at) for motion, at in zip(sample.motions, places, strict=True)]
    thing = f"{sample.colour} {sample.shape}"
    if len(said) == 1:
        return _pick(ONE_EVENT, form).format(thing=thing, first=said[0])
    forms = NEW_TWO_EVENTS if sample.new_phrasing else TWO_EVENTS
    return _pick(forms, form).format(thing=thing, first=said[0], second=said[1])


def _pick(words: Sequence[str], place: int) -> str:
    return words[place % len(words)]


def _film(
    shape: str, colour: str, motions: Sequence[str], rng: np.random.Generator, *, side: int
) -> NDArray[np.uint8]:
    shade, light = int(rng.integers(20, 90)), float(rng.uniform(0.85, 1.1))
    radius = float(rng.uniform(0.15, 0.2))
    places: list[tuple[float, float, float]] = []
    for motion in motions:
        places += _course(motion, rng, radius=radius, steps=FRAMES // len(motions))
    frames = [
        paint([Placed(shape, colour, x, y, r)], side=side, shade=shade, light=light)
        for x, y, r in places
    ]
    return with_noise(np.stack(frames), rng, spread=_NOISE)


def _course(
    motion: str, rng: np.random.Generator, *, radius: float, steps: int
) -> list[tuple[float, float, float]]:
    """Where the thing is in each frame, and its radius: (x, y, radius)."""
    path, backwards = _PATHS[motion]
    start = float(rng.uniform(0, 2 * math.pi))
    jitter_x, jitter_y = (float(value) for value in rng.uniform(-0.06, 0.06, size=2))
    shares = [step / (steps - 1) for step in range(steps)]
    if backwards:
        shares = shares[::-1]
    found = [path(share, radius=radius, start=start) for share in shares]
    return [(x + jitter_x, y + jitter_y, r) for x, y, r in found]


def _along(
    share: float, *, radius: float, start: float, across: bool
) -> tuple[float, float, float]:
    where, beside = 0.22 + 0.56 * share, 0.5 + 0.2 * math.sin(start)
    return (where, beside, radius) if across else (beside, where, radius)


def _swelling(share: float, *, radius: float, start: float) -> tuple[float, float, float]:
    x, y = 0.5 + 0.1 * math.cos(start), 0.5 + 0.1 * math.sin(start)
    return x, y, radius * (0.5 + share)


def _around(share: float, *, radius: float, start: float) -> tuple[float, float, float]:
    angle = start + 1.5 * math.pi * share  # y points down, so that this is clockwise
    return 0.5 + 0.27 * math.cos(angle), 0.5 + 0.27 * math.sin(angle), radius


_PATHS: Mapping[str, tuple] = {
    "right": (partial(_along, across=True), False),
    "left": (partial(_along, across=True), True),
    "down": (partial(_along, across=False), False),
    "up": (partial(_along, across=False), True),
    "grow": (_swelling, False),
    "shrink": (_swelling, True),
    "clockwise": (_around, False),
    "anticlockwise": (_around, True),
}
