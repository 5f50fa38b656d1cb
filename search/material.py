"""What encoders look at and listen to: the pictures, clips and sounds behind passages."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import batched
from pathlib import Path

import numpy as np
from django.conf import settings
from numpy.typing import NDArray
from PIL import Image

from search.beside import words_beside
from search.encoders.base import Ragged
from search.encoders.media import CLIP_FRAMES, MEDIUM_OF, Clip, MediaEncoder, Medium, Pixels, Sound
from search.errors import SearchError
from search.models import Asset, Passage
from search.store import Store
from search.types import Modality

BATCH = 16
SOUND_RATE = 16_000
_MOST_PIXELS = 40_000_000
_FORMATS = ("WEBP",)  # all that our own readers write


@dataclass(frozen=True, slots=True)
class Material:
    """Where a passage's picture, strip of frames or sound lies; None where there is none.

    ``words``: those that stand beside it, where somebody wants them.
    """

    kind: Modality
    picture: Path | None = None
    strip: Path | None = None
    track: Path | None = None
    start_s: float = 0.0
    end_s: float = 0.0
    words: str = ""

    @property
    def medium(self) -> Medium | None:
        """What an encoder is given of it, None if there is nothing to give."""
        medium = MEDIUM_OF.get(self.kind)
        has = {Medium.IMAGE: self.picture, Medium.CLIP: self.strip, Medium.SOUND: self.track}
        return medium if medium and has[medium] else None


def encode(
    encoder: MediaEncoder, materials: Sequence[Material], progress: Callable[[float], object]
) -> Ragged:
    """The rows of what the encoder reads of each passage; none of what it does not.

    A picture or sound that does not decode has none either. ``progress`` is told the fraction done.
    """
    width = encoder.dim
    rows: list[NDArray[np.floating]] = [np.zeros((0, width), np.float32)] * len(materials)
    for medium in sorted(encoder.media - {Medium.TEXT}):
        own = [n for n, one in enumerate(materials) if one.medium == medium]
        for some in batched(own, BATCH):
            inputs = {n: things for n in some if (things := loaded(medium, materials[n]))}
            made = encode_inputs(encoder, medium, list(inputs.values()))
            for n, row in zip(inputs, made, strict=True):
                rows[n] = row
            progress((some[-1] + 1) / len(materials))
    return Ragged.of(rows, width=width)


def encode_inputs(
    encoder: MediaEncoder, medium: Medium, inputs: Sequence[list[object]]
) -> Iterator[NDArray[np.floating]]:
    """For each input, which holds one thing of this medium, its rows, (n, dim)."""
    if not inputs:
        return
    things = [thing for (thing,) in inputs]
    encode_all = {
        Medium.IMAGE: encoder.encode_images,
        Medium.CLIP: encoder.encode_clips,
        Medium.SOUND: encoder.encode_sounds,
    }[medium]
    made = encode_all(things)  # type: ignore[operator]
    yield from (made if isinstance(made, Ragged) else (row[None, :] for row in made))


def material_of(passages: Sequence[Passage], *, with_words: bool = False) -> list[Material]:
    """The material of stored passages that are looked at or listened to.

    ``with_words``: also the words that stand beside each.
    """
    store = Store(Path(settings.MEDIA_ROOT))
    assets = Asset.objects.filter(
        document__in={p.document_id for p in passages},
        kind__in=(Asset.Kind.CLIP, Asset.Kind.TRACK),
    )
    words = _words_of(passages) if with_words else {}
    strips, tracks = {}, {}
    for asset in assets:
        path = store.path(asset.sha256)
        if asset.kind == Asset.Kind.TRACK:
            tracks[asset.document_id] = path
        else:
            strips[asset.document_id, asset.start_s] = path
    return [
        Material(
            Modality(p.kind),
            store.path(p.picture) if p.picture else None,
            strips.get((p.document_id, p.start_s)),
            tracks.get(p.document_id),
            p.start_s or 0.0,
            p.end_s or 0.0,
            words.get(p.pk, ""),
        )
        for p in passages
    ]


def _words_of(passages: Sequence[Passage]) -> dict[int, str]:
    """The words beside stored passages, by their ids."""
    documents = dict.fromkeys(p.document_id for p in passages)
    worded: dict[int, list[Passage]] = {key: [] for key in documents}
    for one in Passage.objects.filter(document__in=documents).exclude(text="").order_by("ordinal"):
        worded[one.document_id].append(one)
    found: dict[int, str] = {}
    for key in documents:
        own = [p for p in passages if p.document_id == key]
        words = words_beside(own, worded[key])
        found |= {p.pk: said for p, said in zip(own, words, strict=True)}
    return found


def open_pixels(path: Path) -> Pixels:
    """The pixels of a picture that our own readers wrote, (height, width, 3).

    Raises:
        OSError, ValueError: it is gone, or no picture of ours.
    """
    with Image.open(path, formats=_FORMATS) as picture:
        if picture.width * picture.height > _MOST_PIXELS:
            raise ValueError(f"{path.name} has {picture.width} × {picture.height} pixels.")
        return np.asarray(picture.convert("RGB"))


def open_clip(path: Path, seconds: float) -> Clip:
    """The frames of a strip that our own readers wrote; raises as ``open_pixels`` does."""
    strip = open_pixels(path)
    return Clip(np.stack(np.split(strip, CLIP_FRAMES, axis=1)), max(seconds, 1e-3))


def open_sound(path: Path, start_s: float, end_s: float) -> Sound:
    """A stretch of a sound that our own readers wrote.

    Raises:
        OSError, ValueError: it is gone, or empty there.
    """
    samples = _samples(path)[int(start_s * SOUND_RATE) : max(1, round(end_s * SOUND_RATE))]
    if not len(samples):
        raise ValueError(f"There is no sound from {start_s:.1f} to {end_s:.1f} s.")
    return Sound(samples.astype(np.float32) / 32768.0, SOUND_RATE)


@lru_cache(maxsize=2)
def _samples(path: Path) -> NDArray[np.int16]:
    """All samples of a track, (n,)."""
    import av

    with path.open("rb") as file, av.open(file, "r", format="ogg") as container:
        resampler = av.AudioResampler(format="s16", layout="mono", rate=SOUND_RATE)
        parts = [
            part.to_ndarray().ravel()
            for frame in container.decode(audio=0)
            for part in resampler.resample(frame)
        ]
    return np.concatenate(parts).astype(np.int16) if parts else np.zeros(0, np.int16)


def loaded(medium: Medium, one: Material) -> list[object]:
    """The thing in a list; an empty one if it cannot be had."""
    try:
        if medium == Medium.IMAGE and one.picture:
            return [open_pixels(one.picture)]
        if medium == Medium.CLIP and one.strip:
            return [open_clip(one.strip, one.end_s - one.start_s)]
        if medium == Medium.SOUND and one.track:
            return [open_sound(one.track, one.start_s, one.end_s)]
    except (OSError, ValueError, SearchError):
        return []
    return []
