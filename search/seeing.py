"""Questions that are pictures, clips or sounds: looked for here, or by a worker for a web process.

What looks loads OpenCV and models, which no web process does. A part that is missing or late costs
only itself; the sentence says which.
"""

import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, astuple, dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

from django.conf import settings

from search import asked_media, errands, looking, picture_index
from search.conf import conf
from search.errors import SearchError
from search.looking import AS_IT_IS, Manner, Portions
from search.material import open_pixels
from search.models import Passage
from search.retrieval import pictured
from search.retrieval.pictured import Place
from search.store import Store
from search.types import Asked, Filters, Hit, Plan, Portion, Query, Run, Signal

log = logging.getLogger(__name__)

KEPT_S = 3600.0  # a question's files
TASK = "search.tasks.run_seeing"  # by name: it stands above this
NO_WORKER = "No worker was there to look and listen: only words were searched for."
LATE = "Looking and listening took too long and was left out."
NO_EAR = (
    "A sound is looked for by an encoder that listens, and none is installed; name one in "
    "MMSEARCH_SOUND_MODEL (docs/models.md)."
)
NOTHING_SHOWS = {
    "image": "No page, picture or frame of the library shows what the picture shows.",
    "clip": "No moment of the library shows what the clip shows.",
}


@dataclass(slots=True)
class Seen:
    """What looking and listening found: runs, where in the passages, and what was left out."""

    runs: list[Run] = field(default_factory=list)
    places: dict[int, Place] = field(default_factory=dict)
    portions: Portions = field(default_factory=dict)  # what the scores of some runs are made of
    notes: list[str] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)


def forget_asked(older_than_s: float = KEPT_S) -> int:
    """Remove the files of questions that nobody can still be looking for; gives how many."""
    gone, before = 0, time.time() - older_than_s
    for path in asked_media.asked_store().root.glob("*/*"):
        if path.stat().st_mtime < before:
            path.unlink(missing_ok=True)
            gone += 1
    return gone


def is_seen(query: Query, plan: Plan) -> bool:
    """Whether there is anything to look for or to listen to."""
    if query.media:
        return True
    if query.like_passage is not None:  # one with words alone is compared by its words
        return Passage.objects.looked_at().filter(pk=query.like_passage).exists()
    return plan.looks and bool(conf().media_spaces)


def see(query: Query, filters: Filters, plan: Plan, *, left_s: float) -> Seen:
    """The runs for the media of a question, over the corpora in it, as a recipe wants them."""
    manner = Manner.of(plan, left_s=left_s)
    if not errands.is_web():
        return see_here(query, filters, manner)
    asked = {
        "media": [asdict(one) for one in query.media],
        "corpora": list(query.corpora),
        "filters": asdict(filters),
        "depth": 2 * (query.offset + query.k),
        "text": query.text,
        "like": query.like_passage,
        "manner": manner.written(),
    }
    answer = errands.sent(asked, TASK, left_s=left_s, words=(NO_WORKER, LATE))
    if isinstance(answer, str):
        return Seen(notes=[answer], left_out=[answer])
    return _read(answer)


def see_here(query: Query, filters: Filters, manner: Manner = AS_IT_IS) -> Seen:
    """As ``see``, in this process."""
    found = Seen()
    for one in query.media:
        _guarded(found, f"The {one.medium}", partial(_know_again, one, query, filters, found))
    if query.like_passage is not None:
        _guarded(found, "The picture", partial(_know_passage_again, query, filters, found))
    for alias in conf().media_spaces:
        look = partial(_by_encoder, alias, query, filters, manner, found)
        _guarded(found, f"The encoder {alias!r}", look)
    if not conf().media_spaces and any(one.medium == "audio" for one in query.media):
        found.notes.append(NO_EAR)
    return found


def _guarded(found: Seen, what: str, look: Callable[[], None]) -> None:
    """Look, or say why that was left out: what fails costs only itself."""
    try:
        look()
        return
    except (SearchError, OSError, ValueError) as error:
        log.warning("%s was left out: %s", what, error)
        sentence = f"{what} was left out: {error}"
    except Exception as error:  # a plug-in's fault must not cost the result
        log.exception("%s failed.", what)
        sentence = f"{what} failed ({type(error).__name__})."
    found.notes.append(sentence)
    found.left_out.append(sentence)


def answer(errand_id: int) -> None:
    """Do what a web process asked for, if it still waits."""
    asked = errands.taken(errand_id)
    if asked is None:
        return
    query = Query(
        corpora=tuple(asked["corpora"]),
        k=int(asked["depth"]),
        text=asked["text"],
        like_passage=asked["like"],
        media=tuple(_asked(one) for one in asked["media"]),
    )
    seen = see_here(query, _filters(asked["filters"]), Manner.read(asked["manner"]))
    errands.done(errand_id, _written(seen))


def _know_again(one: Asked, query: Query, filters: Filters, found: Seen) -> None:
    """By the details of the picture, or of some frames of the clip: where were these taken?"""
    if one.medium == "audio":
        return
    pictures = asked_media.pixels_of(one) if one.medium == "image" else asked_media.stills_of(one)
    depth = max(pictured.CANDIDATES, query.offset + query.k)
    several = [
        pictured.search(picture, query.corpora, filters=filters, depth=depth)
        for picture in pictures
    ]
    shown = max(several, key=lambda each: sum(hit.score for hit in each.run.hits[:3]))
    if not shown.run.hits:
        if not conf().media_spaces:  # else what looks like it is found
            found.notes.append(NOTHING_SHOWS[one.medium])
        return
    found.runs.append(shown.run)
    found.places |= shown.places


def _know_passage_again(query: Query, filters: Filters, found: Seen) -> None:
    """More like this page or picture: where else it is shown."""
    passage = Passage.objects.filter(pk=query.like_passage, corpus__in=list(query.corpora)).first()
    if passage is None or not picture_index.has_signature(
        passage.kind, passage.text, passage.page, passage.picture
    ):
        return
    picture = open_pixels(Store(Path(settings.MEDIA_ROOT)).path(passage.picture))
    shown = pictured.search(picture, query.corpora, filters=filters)
    others = tuple(hit for hit in shown.run.hits if hit.passage_id != passage.pk)
    if others:
        found.runs.append(replace(shown.run, hits=others))
        found.places |= shown.places


def _by_encoder(alias: str, query: Query, filters: Filters, manner: Manner, found: Seen) -> None:
    """By one encoder that looks or listens."""
    looked = looking.by_encoder(alias, query, filters, manner)
    if looked is None:
        return
    found.runs.append(looked.run)
    found.notes += looked.notes
    if looked.portions:
        found.portions[looked.run.retriever] = looked.portions


def _written(seen: Seen) -> dict[str, Any]:
    return {
        "runs": [[run.retriever, [_entry(hit, run) for hit in run.hits]] for run in seen.runs],
        "places": [[key, asdict(place)] for key, place in seen.places.items()],
        "portions": [
            [run, [[key, [astuple(one) for one in own]] for key, own in of.items()]]
            for run, of in seen.portions.items()
        ],
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
    portions: Portions = {
        run: {key: tuple(Portion(*one) for one in own) for key, own in of}
        for run, of in body["portions"]
    }
    return Seen(runs, places, portions, list(body["notes"]), list(body["left_out"]))


def _asked(body: Mapping[str, Any]) -> Asked:
    crop = tuple(body["crop"]) if body["crop"] else None
    files = {name: tuple(body[name]) for name in ("files", "stills")}
    return Asked(**{**body, **files, "crop": crop})


def _filters(body: Mapping[str, Any]) -> Filters:
    values: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in body.items()}
    return Filters(**values)
