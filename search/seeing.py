"""Questions that are pictures, clips or sounds: looked for here, or by a worker for a web process.

What looks loads OpenCV and models, which no web process does. A part that is missing or late costs
only itself; the sentence says which.
"""

import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from django.conf import settings

from search import errands, picture_index
from search.encoders.local_features import Pixels
from search.errors import SearchError
from search.retrieval import pictured
from search.retrieval.pictured import Place
from search.store import Store
from search.types import Asked, Filters, Hit, Query, Run, Signal

log = logging.getLogger(__name__)

KEPT_S = 3600.0  # a question's files
TASK = "search.tasks.run_seeing"  # by name: it stands above this
NO_WORKER = "No worker took the picture: it was not looked for."
LATE = "Looking for the picture took too long and was left out."


@dataclass(slots=True)
class Seen:
    """What looking and listening found: runs, where in the passages, and what was left out."""

    runs: list[Run] = field(default_factory=list)
    places: dict[int, Place] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)


def asked_store() -> Store:
    """Where the files of questions wait, by what they contain."""
    return Store(Path(settings.DATA_DIR) / "asked")


def forget_asked(older_than_s: float = KEPT_S) -> int:
    """Remove the files of questions that nobody can still be looking for; gives how many."""
    gone, before = 0, time.time() - older_than_s
    for path in asked_store().root.glob("*/*"):
        if path.stat().st_mtime < before:
            path.unlink(missing_ok=True)
            gone += 1
    return gone


def see(query: Query, filters: Filters, *, left_s: float) -> Seen:
    """The runs for the media of a question, over the corpora in it."""
    if not errands.is_web():
        return see_here(query, filters)
    asked = {
        "media": [asdict(one) for one in query.media],
        "corpora": list(query.corpora),
        "filters": asdict(filters),
        "depth": 2 * (query.offset + query.k),
    }
    answer = errands.sent(asked, TASK, left_s=left_s, words=(NO_WORKER, LATE))
    if isinstance(answer, str):
        return Seen(notes=[answer], left_out=[answer])
    return _read(answer)


def see_here(query: Query, filters: Filters) -> Seen:
    """As ``see``, in this process."""
    found = Seen()
    for one in query.media:
        try:
            _LOOKS[one.medium](one, query, filters, found)
        except (SearchError, OSError, ValueError) as error:
            log.warning("A question's %s was not looked for: %s", one.medium, error)
            sentence = f"The {one.medium} was left out: {error}"
            found.notes.append(sentence)
            found.left_out.append(sentence)
    return found


def answer(errand_id: int) -> None:
    """Do what a web process asked for, if it still waits."""
    asked = errands.taken(errand_id)
    if asked is None:
        return
    query = Query(
        corpora=tuple(asked["corpora"]),
        k=int(asked["depth"]),
        media=tuple(_asked(one) for one in asked["media"]),
    )
    errands.done(errand_id, _written(see_here(query, _filters(asked["filters"]))))


def pixels_of(one: Asked) -> Pixels:
    """The asked picture, or the part of it that is meant, (height, width, 3).

    Raises:
        OSError, ValueError: its file is gone.
    """
    picture = picture_index.open_pixels(asked_store().path(one.files[0]))
    if one.crop is None:
        return picture
    height, width = picture.shape[:2]
    x, y, w, h = one.crop
    left, top = int(x * width), int(y * height)
    right = max(round((x + w) * width), left + 1)
    bottom = max(round((y + h) * height), top + 1)
    return np.ascontiguousarray(picture[top:bottom, left:right])


def _look_for_picture(one: Asked, query: Query, filters: Filters, found: Seen) -> None:
    depth = max(pictured.CANDIDATES, query.offset + query.k)
    shown = pictured.search(pixels_of(one), query.corpora, filters=filters, depth=depth)
    found.runs.append(shown.run)
    found.places |= shown.places
    if not shown.run.hits:
        found.notes.append("No page, picture or frame of the library shows what the picture shows.")


def _look_for_clip(one: Asked, query: Query, filters: Filters, found: Seen) -> None:
    """By the details of frames that stand evenly in it: a clip was cut from where these are."""
    frames = [_frame(asked_store().path(name)) for name in one.files]
    stills = [frames[at] for at in sorted({0, len(frames) // 2, len(frames) - 1})]
    shown = [pictured.search(still, query.corpora, filters=filters) for still in stills]
    best = max(shown, key=lambda each: max((hit.score for hit in each.run.hits), default=0.0))
    found.runs.append(replace(best.run, retriever=pictured.RETRIEVER))
    found.places |= best.places
    if not best.run.hits:
        found.notes.append("No moment of the library shows what the clip shows.")


def _frame(path: Path) -> Pixels:
    """The picture, or the first frame of a strip."""
    return picture_index.open_pixels(path)


def _listen(one: Asked, query: Query, filters: Filters, found: Seen) -> None:
    found.notes.append(
        "Searching by a sound needs a sound encoder: name one in MMSEARCH_SPACES (docs/models.md)."
    )


_LOOKS: Mapping[str, Callable[[Asked, Query, Filters, Seen], None]] = {
    "image": _look_for_picture,
    "clip": _look_for_clip,
    "audio": _listen,
}


def _written(seen: Seen) -> dict[str, Any]:
    return {
        "runs": [[run.retriever, [_entry(hit, run) for hit in run.hits]] for run in seen.runs],
        "places": [[key, asdict(place)] for key, place in seen.places.items()],
        "notes": seen.notes,
        "left_out": seen.left_out,
    }


def _entry(hit: Hit, run: Run) -> tuple[int, float, int]:
    return hit.passage_id, hit.score, hit.signals[run.retriever].rank


def _read(body: Mapping[str, Any]) -> Seen:
    runs = [
        Run(name, tuple(Hit(k, s, {name: Signal(rank, s, s)}) for k, s, rank in hits))
        for name, hits in body["runs"]
    ]
    places = {
        key: Place(tuple(tuple(box) for box in at["boxes"]), at["start_s"], at["end_s"])
        for key, at in body["places"]
    }
    return Seen(runs, places, list(body["notes"]), list(body["left_out"]))


def _asked(body: Mapping[str, Any]) -> Asked:
    crop = tuple(body["crop"]) if body["crop"] else None
    return Asked(**{**body, "files": tuple(body["files"]), "crop": crop})


def _filters(body: Mapping[str, Any]) -> Filters:
    values: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in body.items()}
    return Filters(**values)
