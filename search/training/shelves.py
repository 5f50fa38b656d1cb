"""What the towers learn from: generated samples beside their twins, and the states of captions."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from search.encoders.media import Medium
from search.encoders.onnx_text import TokenState
from search.evaluation.synthworld import motions, scenes, sounds


class StatesEncoder(Protocol):
    """A frozen text encoder that shows the states of its tokens."""

    dim: int
    fingerprint: str

    def token_states(self, texts: Sequence[str], *, as_query: bool = False) -> list[TokenState]:
        """For each text the states of its tokens, (tokens, dim)."""


class Sample(Protocol):
    """One generated thing with its caption."""

    @property
    def caption(self) -> str: ...

    @property
    def facts(self) -> tuple[str, ...]: ...


@dataclass(frozen=True, slots=True)
class Shelf:
    """Samples of one medium, each beside its twin: the hard negative of the batch.

    ``values``: (n, 2, ...); ``captions``: (n, 2) of words; ``facts``: (n, 2) of numbers, the same
    where captions say the same.
    """

    medium: Medium
    values: NDArray[np.generic]
    captions: list[tuple[str, str]]
    facts: NDArray[np.int64]
    words: list[tuple[tuple[str, ...], tuple[str, ...]]]

    def __len__(self) -> int:
        return len(self.values)


@dataclass(frozen=True, slots=True)
class Amounts:
    """How many samples of each kind, twins not counted."""

    clips: int
    scenes: int
    sounds: int


def stock(amounts: Amounts, *, seed: int, side: int) -> list[Shelf]:
    """A shelf for each medium, drawn by ``seed``; a quarter of the clips show two events."""
    double = amounts.clips // 4
    clips = [
        *motions.sample_clips(amounts.clips - double, seed=seed, side=side),
        *motions.sample_clips(double, seed=seed, side=side, events=2),
    ]
    pictures = scenes.sample_scenes(amounts.scenes, seed=seed, side=side)
    heard = sounds.sample_sounds(amounts.sounds, seed=seed)
    others = sounds.sample_sounds(amounts.sounds, seed=seed + 1_000_003)
    return [
        _shelf(Medium.CLIP, clips, [motions.twin_of(clip) for clip in clips]),
        _shelf(Medium.IMAGE, pictures, [_other(one, place) for place, one in enumerate(pictures)]),
        _shelf(
            Medium.SOUND,
            heard,
            [
                sounds.backwards(one) if one.has_twin else other
                for one, other in zip(heard, others, strict=True)
            ],
        ),
    ]


def _other(scene: scenes.SceneSample, place: int) -> scenes.SceneSample:
    """The scene with one thing changed that a bag of words would not notice."""
    if len(scene.things) == 1:
        return scenes.moved(scene, np.random.default_rng(scene.view.grain))
    swap = scenes.swapped_colours if place % 4 == 1 else scenes.swapped_places
    return swap(scene)


def _shelf(medium: Medium, samples: Sequence[Sample], twins: Sequence[Sample]) -> Shelf:
    numbers: dict[tuple[str, ...], int] = {}
    pairs = list(zip(samples, twins, strict=True))
    facts = [[numbers.setdefault(one.facts, len(numbers)) for one in pair] for pair in pairs]
    values = np.stack([np.stack([value_of(one) for one in pair]) for pair in pairs])
    captions = [(sample.caption, twin.caption) for sample, twin in pairs]
    words = [(sample.facts, twin.facts) for sample, twin in pairs]
    return Shelf(medium, values, captions, np.array(facts, dtype=np.int64), words)


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
