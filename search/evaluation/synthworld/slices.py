"""How well an encoder tells twins apart and finds what a caption describes, slice by slice."""

from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from search.encoders.base import Ragged, Rows
from search.encoders.media import Clip, MediaEncoder, Sound
from search.evaluation.synthworld import motions, scenes, sounds

TIE = 1e-5  # scores that differ less are equal but for the order in which numbers were summed


class Sample(Protocol):
    """One generated thing with its caption."""

    @property
    def caption(self) -> str: ...

    @property
    def facts(self) -> tuple[str, ...]: ...


def twin_accuracy(own: NDArray[np.floating], other: NDArray[np.floating]) -> float:
    """The share of captions whose own sample scores above its twin; what is equal counts half."""
    apart = np.asarray(own, dtype=np.float64) - other
    return float(np.mean((apart > TIE) + 0.5 * (np.abs(apart) <= TIE)))


def recall_at(k: int, scores: NDArray[np.floating], facts: Sequence[tuple[str, ...]]) -> float:
    """The share of captions among whose best ``k`` samples one says what the caption says.

    ``scores``: (captions, samples), of the same place each; ``facts`` of the samples.
    """
    best = np.argsort(-scores, axis=1, kind="stable")[:, :k]
    hits = [any(facts[at] == facts[row] for at in found) for row, found in enumerate(best)]
    return float(np.mean(hits))


def measure(encoder: MediaEncoder, *, seed: int, count: int = 120) -> dict[str, float]:
    """Every figure of an encoder that takes words, pictures, clips and sounds.

    Names are "slice/what", as "V2/seen". Galleries of ``count`` samples that no training saw;
    ``seed`` should be another than that of the training.
    """
    side = 32
    found: dict[str, float] = {}
    for name, options in _CONDITIONS.items():
        clips = motions.sample_clips(count, seed=seed, side=side, **options)
        found |= _figures(encoder, f"V2/{name}", clips, motions.twin_of)
        chirps = sounds.sample_sounds(count, seed=seed, kinds=("chirp",), **options)
        found |= _figures(encoder, f"A2/{name}", chirps, sounds.backwards)
        pairs = scenes.sample_scenes(count, seed=seed, side=side, things=2, **options)
        found |= _figures(encoder, f"I1/{name}", pairs, scenes.swapped_colours)
        found |= _figures(encoder, f"I2/{name}", pairs, scenes.swapped_places)
        single = scenes.sample_scenes(count, seed=seed, side=side, things=1, **options)
        found |= _figures(encoder, f"I0/{name}", single, None)
    events = motions.sample_clips(count, seed=seed, side=side, events=2)
    return found | _figures(encoder, "V3/seen", events, motions.twin_of)


_CONDITIONS: Mapping[str, Mapping[str, bool]] = {
    "seen": {},
    "seen_new_words": {"new_phrasing": True},
    "held_out": {"held_out": True},
    "held_out_new_words": {"held_out": True, "new_phrasing": True},
}


def _figures[One: Sample](
    encoder: MediaEncoder,
    name: str,
    samples: Sequence[One],
    twin_of: Callable[[One], One] | None,
) -> dict[str, float]:
    rows, words = encode(encoder, samples), read(encoder, samples)
    scores = words @ rows.T
    facts = [sample.facts for sample in samples]
    found = {f"{name}/r1": recall_at(1, scores, facts), f"{name}/r5": recall_at(5, scores, facts)}
    if twin_of is not None:
        twins = [twin_of(sample) for sample in samples]
        others, their_words = encode(encoder, twins), read(encoder, twins)
        own = np.concatenate([_each(words, rows), _each(their_words, others)])
        other = np.concatenate([_each(words, others), _each(their_words, rows)])
        found[f"{name}/twins"] = twin_accuracy(own, other)
    return found


def encode(encoder: MediaEncoder, samples: Sequence[Sample]) -> Rows:
    """What the encoder sees or hears in generated samples of one kind, (n, dim)."""
    if isinstance(samples[0], motions.ClipSample):
        clips = [Clip(one.frames) for one in samples if isinstance(one, motions.ClipSample)]
        return _dense(encoder.encode_clips(clips))
    if isinstance(samples[0], scenes.SceneSample):
        pictures = [one.pixels for one in samples if isinstance(one, scenes.SceneSample)]
        return _dense(encoder.encode_images(pictures))
    heard = [Sound(one.samples, one.rate) for one in samples if isinstance(one, sounds.SoundSample)]
    return _dense(encoder.encode_sounds(heard))


def read(encoder: MediaEncoder, samples: Sequence[Sample]) -> Rows:
    """What the encoder reads in their captions, (n, dim)."""
    return _dense(encoder.encode_queries([sample.caption for sample in samples]))


def _dense(rows: Rows | Ragged) -> Rows:
    if isinstance(rows, Ragged):
        raise TypeError("An encoder of one vector for each input is measured here.")
    return rows


def _each(left: Rows, right: Rows) -> NDArray[np.floating]:
    return np.einsum("nd,nd->n", left, right)
