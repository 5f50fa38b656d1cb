"""What the towers learn from: generated samples beside their twins, and the states of captions."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from search.encoders.media import Medium
from search.encoders.towers.encoder import StatesEncoder
from search.evaluation.synthworld import motions, scenes, sounds

MOST_FACTS = 5


class Sample(Protocol):
    """One generated thing with its caption."""

    @property
    def caption(self) -> str: ...

    @property
    def facts(self) -> tuple[str, ...]: ...


@dataclass(frozen=True, slots=True)
class Shelf:
    """Samples of one medium, each beside its twin: the hard negative of the batch.

    ``values``: (n, 2, ...); ``captions``: n pairs in words; ``same``: (n, 2), equal numbers where
    captions say the same; ``facts``: (n, 2, 5), the numbers of what is known, -1 for none.
    """

    medium: Medium
    values: NDArray[np.generic]
    captions: list[tuple[str, str]]
    same: NDArray[np.int64]
    facts: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.values)


class FactNumbers:
    """Numbers for what is known of samples: one for each value at each place of the facts.

    Values at one place of facts of one form exclude one another; they make a group.
    """

    def __init__(self) -> None:
        self._facts: dict[tuple[str, int, int, str], int] = {}
        self._groups: dict[tuple[str, int, int], int] = {}

    def of(self, medium: Medium, facts: tuple[str, ...]) -> list[int]:
        """The numbers of a sample's facts, and -1 until there are five."""
        found = []
        for place, value in enumerate(facts):
            group = (str(medium), len(facts), place)
            self._groups.setdefault(group, len(self._groups))
            found.append(self._facts.setdefault((*group, value), len(self._facts)))
        return found + [-1] * (MOST_FACTS - len(found))

    @property
    def groups(self) -> list[int]:
        """The group of each fact."""
        return [self._groups[medium, form, place] for medium, form, place, _ in self._facts]


@dataclass(frozen=True, slots=True)
class Amounts:
    """How many samples of each kind, twins not counted."""

    clips: int
    scenes: int
    sounds: int


@dataclass(frozen=True, slots=True)
class Stock:
    """A shelf for each medium, and the group of each fact."""

    shelves: tuple[Shelf, ...]
    groups: tuple[int, ...]

    @property
    def captions(self) -> list[str]:
        """All captions, of samples and of twins."""
        return [words for shelf in self.shelves for pair in shelf.captions for words in pair]


def draw_stock(amounts: Amounts, *, seed: int, side: int) -> Stock:
    """Samples and twins drawn by ``seed``; a quarter of the clips show two events."""
    double = amounts.clips // 4
    clips = [
        *motions.sample_clips(amounts.clips - double, seed=seed, side=side),
        *motions.sample_clips(double, seed=seed, side=side, events=2),
    ]
    pictures = scenes.sample_scenes(amounts.scenes, seed=seed, side=side)
    changed = [_other(scene, place) for place, scene in enumerate(pictures)]
    heard = sounds.sample_sounds(amounts.sounds, seed=seed)
    others = sounds.sample_sounds(amounts.sounds, seed=seed + 1_000_003)
    reversed_ = [
        sounds.backwards(one) if one.has_twin else other
        for one, other in zip(heard, others, strict=True)
    ]
    numbers = FactNumbers()
    shelves = (
        _shelf(Medium.CLIP, clips, [motions.twin_of(clip) for clip in clips], numbers),
        _shelf(Medium.IMAGE, pictures, changed, numbers),
        _shelf(Medium.SOUND, heard, reversed_, numbers),
    )
    return Stock(shelves, tuple(numbers.groups))


def _other(scene: scenes.SceneSample, place: int) -> scenes.SceneSample:
    """The scene with one thing changed that a bag of words would not notice."""
    if len(scene.things) == 1:
        return scenes.moved(scene, np.random.default_rng(scene.view.grain))
    swap = scenes.swapped_colours if place % 4 == 1 else scenes.swapped_places
    return swap(scene)


def _shelf(
    medium: Medium, samples: Sequence[Sample], twins: Sequence[Sample], numbers: FactNumbers
) -> Shelf:
    alike: dict[tuple[str, ...], int] = {}
    pairs = list(zip(samples, twins, strict=True))
    same = [[alike.setdefault(one.facts, len(alike)) for one in pair] for pair in pairs]
    facts = [[numbers.of(medium, one.facts) for one in pair] for pair in pairs]
    values = np.stack([np.stack([value_of(one) for one in pair]) for pair in pairs])
    captions = [(sample.caption, twin.caption) for sample, twin in pairs]
    return Shelf(medium, values, captions, np.array(same), np.array(facts))


def value_of(sample: Sample) -> NDArray[np.generic]:
    """The array of a sample: frames, pixels, or samples in half precision."""
    if isinstance(sample, motions.ClipSample):
        return sample.frames
    if isinstance(sample, scenes.SceneSample):
        return sample.pixels
    if isinstance(sample, sounds.SoundSample):
        return sample.samples.astype(np.float16)
    raise TypeError(f"{type(sample).__name__} is no generated sample.")


class CaptionStates:
    """The token states of captions, each read once, in half precision."""

    def __init__(self, text: StatesEncoder, *, device: str = "cpu") -> None:
        self.text, self.device = text, device
        self._at: dict[str, int] = {}
        self._states = torch.zeros((0, text.dim), dtype=torch.float16, device=device)
        self._starts = np.zeros(0, dtype=np.int64)
        self._counts = np.zeros(0, dtype=np.int64)

    def read(self, captions: Sequence[str]) -> None:
        """Take in the captions that are new."""
        new = [caption for caption in dict.fromkeys(captions) if caption not in self._at]
        if not new:
            return
        found = [torch.from_numpy(one.states).half() for one in self.text.token_states(new)]
        self._at |= {caption: len(self._at) + place for place, caption in enumerate(new)}
        self._counts = np.append(self._counts, [len(states) for states in found])
        self._starts = np.cumsum(self._counts) - self._counts
        self._states = torch.cat([self._states, *(states.to(self.device) for states in found)])

    def of(self, captions: Sequence[str]) -> tuple[Tensor, Tensor]:
        """The states (n, tokens, dim), padded, and where they are real (n, tokens)."""
        places = [self._at[caption] for caption in captions]
        counts = self._counts[places]
        offsets = np.arange(counts.max())
        real = offsets < counts[:, None]  # (n, tokens)
        rows = np.where(real, self._starts[places][:, None] + offsets, 0)
        states = self._states[torch.from_numpy(rows).to(self.device)].float()
        return states, torch.from_numpy(real).to(self.device)

    @property
    def all_tokens(self) -> Tensor:
        """Every token's states, (tokens, dim)."""
        return self._states.float()
