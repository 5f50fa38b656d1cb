"""What a library says of its own pictures, moments and sounds, as pairs to learn from."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import batched

import numpy as np
from numpy.typing import NDArray

from search.encoders.media import Clip, Medium, Sound
from search.encoders.towers.fitting import as_frames, as_seconds, as_square
from search.encoders.towers.model import TowerConfig
from search.material import loaded, material_of
from search.models import Corpus, Passage
from search.training.pairs import Pairs
from search.types import Modality

_KINDS = (Modality.IMAGE, Modality.VIDEO, Modality.AUDIO)
_BATCH = 64
_COVERED = 0.5  # of a moment, from which what is said meanwhile belongs to it


@dataclass(slots=True)
class _Shelf:
    """What was gathered of one medium."""

    values: list[NDArray[np.generic]] = field(default_factory=list)
    captions: list[str] = field(default_factory=list)


def corpus_pairs(corpora: Sequence[Corpus], config: TowerConfig) -> tuple[Pairs, ...]:
    """Pictures, clips and sounds of the corpora with their captions, as towers take them.

    A caption is what the file says of itself, or what is said during a moment; what has none is
    left out. The same caption means the same.
    """
    shelves = {medium: _Shelf() for medium in (Medium.IMAGE, Medium.CLIP, Medium.SOUND)}
    for some in batched(_captioned(corpora), _BATCH):
        materials = material_of([passage for passage, _ in some])
        for one, (_, caption) in zip(materials, some, strict=True):
            if one.medium is None:
                continue
            for thing in loaded(one.medium, one):
                shelves[one.medium].values.append(_fitted(thing, config))
                shelves[one.medium].captions.append(caption)
    return tuple(
        Pairs(medium, np.stack(shelf.values), shelf.captions, _numbers(shelf.captions))
        for medium, shelf in shelves.items()
        if shelf.values
    )


def _captioned(corpora: Sequence[Corpus]) -> Iterator[tuple[Passage, str]]:
    """Passages that show or sound, each with its caption."""
    shown = Passage.objects.looked_at().filter(corpus__in=list(corpora), kind__in=_KINDS)
    for some in batched(shown.order_by("pk").iterator(_BATCH), _BATCH):
        words: dict[int, list[Passage]] = {}
        for one in Passage.objects.filter(document__in={p.document_id for p in some}).exclude(
            text=""
        ):
            words.setdefault(one.document_id, []).append(one)
        for passage in some:
            caption = _caption(passage, words.get(passage.document_id, []))
            if caption:
                yield passage, caption


def _caption(passage: Passage, words: Sequence[Passage]) -> str:
    """A figure's own; what is said during a moment; what the file says of itself; else ""."""
    if passage.page is not None:
        return passage.text
    meanwhile = [one for one in words if _covers(one, passage)]
    said = " ".join(text for one in meanwhile for text in _view(one, "transcript"))
    return said or " ".join(text for one in words for text in _view(one, "caption"))


def _view(passage: Passage, name: str) -> list[str]:
    return [passage.text[a:b].strip() for view, _, a, b in passage.views if view == name]


def _covers(words: Passage, moment: Passage) -> bool:
    if None in {words.start_s, words.end_s, moment.start_s, moment.end_s}:
        return False
    start, end = moment.start_s or 0.0, moment.end_s or 0.0
    common = min(words.end_s or 0.0, end) - max(words.start_s or 0.0, start)
    return common >= _COVERED * (end - start) > 0


def _fitted(thing: object, config: TowerConfig) -> NDArray[np.generic]:
    """A picture as a square, a clip as frames, a sound as its loudest second."""
    if isinstance(thing, Clip):
        return as_frames(thing, count=config.frames, side=config.side)
    if isinstance(thing, Sound):
        seconds = as_seconds(thing)
        return seconds[int(np.square(seconds).sum(axis=1).argmax())].astype(np.float16)
    return as_square(np.asarray(thing), side=config.side)


def _numbers(captions: Sequence[str]) -> NDArray[np.int64]:
    known: dict[str, int] = {}
    return np.array([known.setdefault(one.casefold(), len(known)) for one in captions])
