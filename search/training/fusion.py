"""Train the attention over modalities on frozen towers, with things of which one part is asked."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn.functional import cross_entropy

from search.encoders.base import Rows
from search.encoders.cross_modal import MEDIA, CrossModalFusion, FusionNetwork, joined
from search.encoders.media import Clip, MediaEncoder, Medium, Sound
from search.evaluation.synthworld import motions, scenes, slices, sounds
from search.evaluation.synthworld.sounds import RATE

STEPS, BATCH, RATE_OF_LEARNING = 600, 48, 3e-3
_SCALE = 20.0
_PRESENT, _BLANK = 0.8, 0.25  # shares of parts that are there, and of those that show nothing
_UNTITLED = 0.5  # share of titles that say nothing
_SPOKEN = ("untitled", "no description", "recording of today", "file without a name", "scan")
_DRAWN = (Medium.IMAGE, Medium.CLIP, Medium.SOUND)


@dataclass(frozen=True, slots=True)
class Pool:
    """Vectors by medium: of samples (n, dim), of their captions, and of things without content.

    ``same``: equal numbers where captions say the same.
    """

    rows: Mapping[Medium, Rows]
    captions: Mapping[Medium, Rows]
    same: Mapping[Medium, NDArray[np.int64]]
    blanks: Mapping[Medium, Rows]


@dataclass(frozen=True, slots=True)
class Things:
    """``parts`` (n, media, dim); one ``question`` about one part of each (n, dim).

    ``asked``: the column of that part. ``told`` (n, n) is true where another thing answers too.
    """

    parts: Rows
    questions: Rows
    asked: NDArray[np.int64]
    told: NDArray[np.bool_]


def draw_pool(encoder: MediaEncoder, *, seed: int, count: int, side: int = 32) -> Pool:
    """What an encoder makes of generated samples; the same seed gives the same."""
    drawn: dict[Medium, Sequence[slices.Sample]] = {
        Medium.IMAGE: scenes.sample_scenes(count, seed=seed, side=side),
        Medium.CLIP: motions.sample_clips(count, seed=seed, side=side),
        Medium.SOUND: sounds.sample_sounds(count, seed=seed),
    }
    same = {}
    for medium, samples in drawn.items():
        numbers: dict[tuple[str, ...], int] = {}
        known = [numbers.setdefault(one.facts, len(numbers)) for one in samples]
        same[medium] = np.array(known)
    rows = {medium: slices.encode(encoder, samples) for medium, samples in drawn.items()}
    captions = {medium: slices.read(encoder, samples) for medium, samples in drawn.items()}
    rows[Medium.TEXT], captions[Medium.TEXT], same[Medium.TEXT] = _titles(captions, same)
    return Pool(rows, captions, same, _blanks(encoder, seed=seed, side=side))


def _titles(
    captions: Mapping[Medium, Rows], same: Mapping[Medium, NDArray[np.int64]]
) -> tuple[Rows, Rows, NDArray[np.int64]]:
    """Captions as titles of things, another caption that says the same of each, and their numbers.

    A caption that alone says what it says is its own question.
    """
    rows = np.concatenate([captions[medium] for medium in _DRAWN])
    firsts = np.cumsum([0, *(int(same[medium].max()) + 1 for medium in _DRAWN)])
    numbers = np.concatenate([
        same[medium] + first for medium, first in zip(_DRAWN, firsts, strict=False)
    ])  # fmt: skip
    others = np.arange(len(rows))
    for number in np.unique(numbers):
        places = np.flatnonzero(numbers == number)
        others[places] = np.roll(places, 1)
    return rows, rows[others], numbers


def _blanks(encoder: MediaEncoder, *, seed: int, side: int, count: int = 24) -> dict[Medium, Rows]:
    """Grey pictures and clips with some noise, hiss, and titles that say nothing."""
    rng = np.random.default_rng([seed, 5])
    shades = rng.integers(20, 230, size=count)
    grey = [
        np.clip(rng.normal(shade, 5, size=(8, side, side, 3)), 0, 255).astype(np.uint8)
        for shade in shades
    ]
    hiss = [
        rng.normal(0, 10 ** rng.uniform(-3, -1), size=RATE).astype(np.float32) for _ in range(count)
    ]
    made = {
        Medium.TEXT: encoder.encode_queries(_SPOKEN),
        Medium.IMAGE: encoder.encode_images([frames[0] for frames in grey]),
        Medium.CLIP: encoder.encode_clips([Clip(frames) for frames in grey]),
        Medium.SOUND: encoder.encode_sounds([Sound(samples) for samples in hiss]),
    }
    return {medium: np.asarray(rows) for medium, rows in made.items()}


def draw_things(pool: Pool, rng: np.random.Generator, *, count: int) -> Things:
    """Things with some of a picture, a clip, a sound and a text, some of them without content.

    Of each one part with content is asked about, in its caption's words.
    """
    dim = pool.rows[Medium.IMAGE].shape[1]
    parts = np.zeros((count, len(MEDIA), dim), dtype=np.float32)
    known = np.full((count, len(MEDIA)), -1, dtype=np.int64)
    questions, asked = np.zeros((count, dim), np.float32), np.zeros(count, np.int64)
    for thing in range(count):
        chosen = MEDIA[rng.integers(len(MEDIA))]
        asked[thing] = MEDIA.index(chosen)
        for column, medium in enumerate(MEDIA):
            if medium is not chosen and rng.random() > _PRESENT:
                continue
            blank = _UNTITLED if medium is Medium.TEXT else _BLANK
            if medium is not chosen and rng.random() < blank:
                blanks = pool.blanks[medium]
                parts[thing, column] = blanks[rng.integers(len(blanks))]
                continue
            place = rng.integers(len(pool.rows[medium]))
            parts[thing, column] = pool.rows[medium][place]
            known[thing, column] = pool.same[medium][place]
            if medium is chosen:
                questions[thing] = pool.captions[medium][place]
    wanted = known[np.arange(count), asked]
    told = wanted[:, None] == known[:, asked].T  # (questions, things)
    return Things(parts, questions, asked, told)


def train_fusion(
    encoder: MediaEncoder, *, seed: int, count: int = 600, steps: int = STEPS
) -> FusionNetwork:
    """An attention over modalities for an encoder's space; each other step without a question."""
    pool = draw_pool(encoder, seed=seed, count=count)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        network = FusionNetwork(encoder.dim)
    optimiser = torch.optim.AdamW(network.parameters(), lr=RATE_OF_LEARNING)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, RATE_OF_LEARNING, total_steps=steps)
    for step in range(steps):
        things = draw_things(pool, np.random.default_rng([seed, step]), count=BATCH)
        parts, asked = torch.from_numpy(things.parts), torch.from_numpy(things.questions)
        if step % 2:
            rows = joined(parts, network(parts, asked))  # (questions, things, dim)
            scores = torch.einsum("md,mnd->mn", asked, rows)
        else:
            scores = asked @ joined(parts, network(parts)).T
        others = torch.from_numpy(things.told) & ~torch.eye(BATCH, dtype=torch.bool)
        scores = (_SCALE * scores).masked_fill(others, float("-inf"))
        loss = cross_entropy(scores, torch.arange(BATCH))
        optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimiser.step()
        schedule.step()
    return network.eval()


def measure_fusion(
    encoder: MediaEncoder, network: FusionNetwork, *, seed: int, count: int = 200
) -> dict[str, float]:
    """How often the thing asked about comes first, and among five, of ``count`` new things.

    "mean" sums all parts alike; "attention" weighs them; "asked" weighs them for the question.
    "on_asked" is the weight that then falls on the part asked about.
    """
    pool = draw_pool(encoder, seed=seed, count=count)
    things = draw_things(pool, np.random.default_rng([seed, 1]), count=count)
    parts = {medium: things.parts[:, column] for column, medium in enumerate(MEDIA)}
    mean, attention = CrossModalFusion(), CrossModalFusion.around(network)
    scores = {
        "mean": things.questions @ mean.fuse(parts).rows.T,
        "attention": things.questions @ attention.fuse(parts).rows.T,
        "asked": attention.scores(parts, things.questions),
    }
    found: dict[str, float] = {}
    for name, given in scores.items():
        best = np.argsort(-given, axis=1, kind="stable")
        hits = np.take_along_axis(things.told, best, axis=1)
        found |= {f"fusion/{name}/r{k}": float(hits[:, :k].any(axis=1).mean()) for k in (1, 5)}
    weights = attention.fuse(parts, questions=things.questions).weights
    found["fusion/on_asked"] = float(weights[np.arange(count), things.asked].mean())
    return found
