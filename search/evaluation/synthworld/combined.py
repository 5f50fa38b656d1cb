"""Things of which one view, or one medium, does not say enough (I4, X1, X2)."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from search.evaluation.synthworld import motions, scenes, sounds
from search.evaluation.synthworld.films import FRAME_S, SIDE, Files, Made, film, png
from search.evaluation.synthworld.texts import Question

VIEWS = 16  # of an object, and one more to ask with
ALIKE = 3  # films with the same frames, and with the same words or sound
SECONDS = motions.FRAMES * FRAME_S
_CUE = "WEBVTT\n\n00:00.000 --> 00:{end:06.3f}\n{said}\n"


def several(count: int, *, seed: int) -> Iterator[Made]:
    """The files and questions of each slice, one after another."""
    yield _views(max(count // 4, 3), seed=seed + 10)
    groups = max(count // 6, 3)
    number = ALIKE * groups
    clips = _clips(2 * number, taken=_asked_elsewhere(count, seed=seed + 2), seed=seed + 11)
    beats = sounds.sample_sounds(number, seed=seed + 12, kinds=("beat",))
    yield _shown_and_said(clips[:number], beats, seed=seed + 13)
    yield _each_condition(clips[number:], beats)  # what is said of one is heard in no other


def _views(objects: int, *, seed: int) -> Made:
    """I4: all views of an object, asked for with another of them."""
    samples = scenes.sample_scenes(objects, seed=seed, side=SIDE, things=2, views=VIEWS + 1)
    files: Files = {}
    questions: list[Question] = []
    kept = [(n, one) for n, one in enumerate(samples) if n % (VIEWS + 1)]
    for number, one in kept:
        files[f"docs/view-{number:04}.png"] = png(one.pixels)
    for number, one in enumerate(samples):
        if number % (VIEWS + 1):
            continue
        asked = f"asked/view-{number:04}.png"
        files[asked] = png(one.pixels)
        gold = tuple(f"view-{n:04}.png" for n, other in kept if other.things == one.things)
        questions.append(Question("I4", "", asked, "image", gold))
    return files, questions


def _shown_and_said(
    clips: list[motions.ClipSample], beats: list[sounds.SoundSample], *, seed: int
) -> Made:
    """X1: a film by what it shows and what is said in it, each of which others share."""
    rng = np.random.default_rng(seed)
    files: Files = {}
    questions: list[Question] = []
    for name, clip, beat in _crossed(clips, beats, "both"):
        files[f"docs/{name}.mp4"] = film([_grained(clip.frames, rng)], FRAME_S)
        files[f"docs/{name}.vtt"] = _CUE.format(end=SECONDS, said=beat.caption).encode()
    for place, clip in enumerate(clips):
        at = _one_of_its_group(place)
        asked = f"asked/both-{place:03}.mp4"
        files[asked] = film([clip.frames], FRAME_S)
        gold = (f"both-{place:03}-{at:03}.mp4",)
        questions.append(Question("X1", beats[at].caption, asked, "clip", gold))
    return files, questions


def _each_condition(clips: list[motions.ClipSample], beats: list[sounds.SoundSample]) -> Made:
    """X2: a film by what it shows and how it sounds, both asked for in words."""
    files: Files = {}
    questions: list[Question] = []
    for name, clip, beat in _crossed(clips, beats, "heard"):
        sound = np.tile(beat.samples, round(SECONDS / sounds.SECONDS))
        files[f"docs/{name}.mp4"] = film([clip.frames], FRAME_S, sound=sound)
    for place, clip in enumerate(clips):
        at = _one_of_its_group(place)
        gold = (f"heard-{place:03}-{at:03}.mp4",)
        questions.append(Question("X2", f"{clip.caption}; {beats[at].caption}", gold=gold))
    return files, questions


def _grained(frames: NDArray[np.uint8], rng: np.random.Generator) -> NDArray[np.uint8]:
    """The frames with a grain nobody sees: the same bytes twice would be one document."""
    grain = rng.integers(-1, 2, size=frames.shape)
    return np.clip(frames.astype(np.int16) + grain, 0, 255).astype(np.uint8)


def _crossed(
    clips: list[motions.ClipSample], beats: list[sounds.SoundSample], word: str
) -> Iterator[tuple[str, motions.ClipSample, sounds.SoundSample]]:
    """Each clip of a group with each sound of it."""
    for place, clip in enumerate(clips):
        first = place - place % ALIKE
        for at in range(first, first + ALIKE):
            yield f"{word}-{place:03}-{at:03}", clip, beats[at]


def _one_of_its_group(place: int) -> int:
    """The sound that is asked for with a clip: for each of a group another."""
    group, within = divmod(place, ALIKE)
    return group * ALIKE + (within + group) % ALIKE


def _clips(count: int, *, taken: set[tuple[str, ...]], seed: int) -> list[motions.ClipSample]:
    """Clips that differ in what they show from each other and from those that are taken."""
    found: dict[tuple[str, ...], motions.ClipSample] = {}
    for clip in motions.sample_clips(6 * count, seed=seed, side=SIDE):
        if clip.facts not in taken:
            found.setdefault(clip.facts, clip)
    return list(found.values())[:count]


def _asked_elsewhere(count: int, *, seed: int) -> set[tuple[str, ...]]:
    """What the films of V2 show: one that shows it too would answer as well."""
    samples = motions.sample_clips(count, seed=seed, side=SIDE)
    return {one.facts for clip in samples for one in (clip, motions.twin_of(clip))}
