"""The order of time, on raw frames and samples: the twins hold exactly the same."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from ingestion.synthworld.asking import TOWERS
from ingestion.synthworld.rows import Row, share
from search import registry
from search.encoders.media import Clip, MediaEncoder, mean_of_frames
from search.evaluation.synthworld import motions, sounds
from search.evaluation.synthworld.slices import encode, read, twin_accuracy


def rows() -> Iterator[Row]:
    """Space and time against the mean of frames, sound over time against its mean spectrum."""
    encoder = registry.media_encoder(TOWERS)
    for held_out, least in ((False, 0.85), (True, 0.80)):
        clips = motions.sample_clips(120, seed=900, held_out=held_out)
        twins = [motions.twin_of(one) for one in clips]
        word = "held-out pairs" if held_out else "seen pairs"
        own = _pairs(encoder, clips, twins, lambda some: encode(encoder, some))
        yield share("V2", f"space and time, {word}", own, least=least)
        still = _pairs(encoder, clips, twins, lambda some: _mean_pooled(encoder, some))
        yield share("V2", f"mean of frames, {word}", still, least=0.5, most=0.5)
    chirps = sounds.sample_sounds(120, seed=900, kinds=("chirp",))
    back = [sounds.backwards(one) for one in chirps]
    heard = _pairs(encoder, chirps, back, lambda some: encode(encoder, some))
    yield share("A2", "log-mel over time", heard, least=0.90)
    spectrum = [0.5 if _same_spectrum(a, b) else 1.0 for a, b in zip(chirps, back, strict=True)]
    yield share("A2", "mean spectrum", spectrum, least=0.5, most=0.5)


def _pairs(
    encoder: MediaEncoder,
    samples: Sequence[Any],
    twins: Sequence[Any],
    rows_of: Callable[[Sequence[Any]], Any],
) -> list[float]:
    """For each caption 1 if its own sample scores above its twin, one half if they are equal."""
    words, own, others = read(encoder, samples), rows_of(samples), rows_of(twins)
    return [
        twin_accuracy(np.array([words[n] @ own[n]]), np.array([words[n] @ others[n]]))
        for n in range(len(samples))
    ]


def _mean_pooled(encoder: MediaEncoder, samples: Sequence[Any]) -> Any:
    clips = [Clip(one.frames) for one in samples]
    frames = [frame for one in clips for frame in one.frames]
    return mean_of_frames(clips, np.asarray(encoder.encode_images(frames)))


def _same_spectrum(one: Any, other: Any) -> bool:
    first, second = (np.abs(np.fft.rfft(sample.samples)) for sample in (one, other))
    return bool(np.allclose(first, second, atol=1e-2 * float(first.max())))
