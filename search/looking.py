"""One encoder that looks or listens, asked with a question, in the manner of a recipe."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from django.db import OperationalError
from numpy.typing import NDArray

from search import asked_media, registry
from search.encoders.base import Kind
from search.encoders.fused_media import FusedMedia
from search.encoders.media import MEDIUM_OF, Medium
from search.errors import SearchError
from search.models import Passage, Vector, VectorSpace
from search.refiners.superglobal import CANDIDATES, superglobal
from search.retrieval import media
from search.retrieval.local_settings import ALONE, local_settings
from search.retrieval.nearest import as_run
from search.retrieval.stored import StoredVectors
from search.transforms.multi_condition import per_condition, shares
from search.types import Filters, Modality, Plan, Portion, Query, Run, Step

DEPTH = 100
LEAST_S = 0.05  # below which nothing more is begun
LONGEST_S = 600.0
NOT_REFINED = "What the encoder {!r} found was not refined: there was no time left."
_LOOKED_AT = tuple(
    kind.value for kind in Modality if MEDIUM_OF.get(kind) in {Medium.IMAGE, Medium.CLIP}
)
_MODALITY_OF = {
    Medium.TEXT: Modality.TEXT,
    Medium.IMAGE: Modality.IMAGE,
    Medium.CLIP: Modality.VIDEO,
    Medium.SOUND: Modality.AUDIO,
}
Rows = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Manner:
    """How a recipe wants encoders asked. ``ends``: when that must be over, by the monotonic clock.

    ``refiners`` work on what one encoder found for a picture or clip; ``conditions`` says how each
    condition of a question counts, if it does by itself.
    """

    refiners: tuple[Step, ...] = ()
    conditions: Step | None = None
    ends: float = float("inf")

    @property
    def left_s(self) -> float:
        """Seconds that are left."""
        return self.ends - time.monotonic()

    @classmethod
    def of(cls, plan: Plan, *, left_s: float) -> "Manner":
        """As a plan says, within so many seconds."""
        conditions = next((s for s in plan.transforms if s.name == "multi_condition"), None)
        return cls(plan.look_refiners, conditions, time.monotonic() + left_s)

    def written(self) -> dict[str, Any]:
        """The same for another process, whose clock is another."""
        conditions = dict(self.conditions.options) if self.conditions else None
        refiners = [[step.name, dict(step.options)] for step in self.refiners]
        left_s = min(self.left_s, LONGEST_S)
        return {"refiners": refiners, "conditions": conditions, "left_s": left_s}

    @classmethod
    def read(cls, body: Mapping[str, Any]) -> "Manner":
        """What ``written`` wrote."""
        refiners = tuple(Step(name, options) for name, options in body["refiners"])
        given = body["conditions"]
        conditions = None if given is None else Step("multi_condition", given)
        return cls(refiners, conditions, time.monotonic() + float(body["left_s"]))


@dataclass(frozen=True, slots=True)
class Looked:
    """What one encoder found; ``portions`` of each hit's score, by passage, where there are any."""

    run: Run
    notes: tuple[str, ...] = ()
    portions: Mapping[int, tuple[Portion, ...]] = field(default_factory=dict)


AS_IT_IS = Manner()
Portions = dict[str, Mapping[int, tuple[Portion, ...]]]  # by run, then by passage


def by_encoder(alias: str, query: Query, filters: Filters, manner: Manner) -> Looked | None:
    """What an encoder finds for the question; None if it takes no part of it.

    Raises:
        SearchError: it is not here, or has read nothing yet.
        OSError, ValueError: a file of the question is gone.
    """
    encoder = registry.media_encoder(alias)
    space = VectorSpace.objects.filter(fingerprint=encoder.fingerprint).first()
    rows = asked_media.rows_of(encoder, query, space)
    if rows is None:
        return None
    if space is None:
        raise SearchError(f"it has read nothing yet; run manage.py build_space {alias}.")
    ask, joins = _Ask(alias, query, filters, space), isinstance(encoder, FusedMedia)
    wanted: list[tuple[str, Rows]] = []
    if manner.conditions and space.kind == Kind.DENSE:
        wanted = asked_media.conditions(encoder, query, space)
    if manner.conditions and len(wanted) > 1:
        found = _by_condition(ask, rows, wanted, manner.conditions)
    else:
        refiners = () if joins else _refiners_for(query, space, manner)  # words are in these
        found = _refined_by_all(ask, rows, refiners, manner.left_s)
    return _with_media(ask, found) if joins else found


@dataclass(frozen=True, slots=True)
class _Ask:
    """A question to one space."""

    alias: str
    query: Query
    filters: Filters
    space: VectorSpace

    @property
    def depth(self) -> int:
        return max(DEPTH, self.query.offset + self.query.k)

    @property
    def vectors(self) -> StoredVectors:
        return StoredVectors(self.space, self.query.corpora)

    def nearest(self, rows: Rows, depth: int) -> Run:
        """The passages nearest to one of the rows."""
        name = asked_media.run_name(self.alias, self.query)
        return media.search(
            rows, self.space, self.query.corpora,
            retriever=name, filters=self.filters, depth=depth,
        )  # fmt: skip

    def shown(self, run: Run) -> Run:
        """The run without the passage that is asked about, as deep as is wanted."""
        hits = [hit for hit in run.hits if hit.passage_id != self.query.like_passage]
        return replace(run, hits=tuple(hits[: self.depth]))


def _refined_by_all(ask: _Ask, rows: Rows, steps: Sequence[Step], left_s: float) -> Looked:
    ends = time.monotonic() + left_s
    reach = [int(step.options.get("candidates", CANDIDATES)) for step in steps]
    found, notes = ask.nearest(rows, max([ask.depth, *reach])), []
    for step in steps:
        try:
            found = _refined(found, rows, ask.vectors, step, ends - time.monotonic())
        except (TimeoutError, OperationalError):
            notes.append(NOT_REFINED.format(ask.alias))
    return Looked(ask.shown(found), tuple(notes))


def _by_condition(ask: _Ask, rows: Rows, wanted: Sequence[tuple[str, Rows]], step: Step) -> Looked:
    """What is near to the question or to one of its conditions, by how it meets all of them."""
    near = [ask.nearest(one, ask.depth) for one in (rows, *(own for _, own in wanted))]
    keys = sorted({hit.passage_id for run in near for hit in run.hits})
    found = [(k, v) for k, v in zip(keys, ask.vectors.of(keys), strict=True) if v is not None]
    if not found:
        return Looked(ask.shown(near[0]))
    stored = np.stack([vector for _, vector in found])
    whole = (rows @ stored.T).max(axis=0)
    cosines = np.stack([(own @ stored.T).max(axis=0) for _, own in wanted])
    scores = per_condition(whole, cosines, **step.options)
    order = sorted(range(len(found)), key=lambda at: (-scores[at], found[at][0]))
    name = near[0].retriever
    run = ask.shown(as_run(name, [(found[at][0], float(scores[at])) for at in order]))
    names = [name, *(f"{name} by condition {n}: {one}" for n, (one, _) in enumerate(wanted, 1))]
    portions = {}
    for at, (key, _) in enumerate(found):
        raw = [scores[at], *cosines[:, at]]
        parts = shares(float(whole[at]), cosines[:, at], **step.options)
        portions[key] = tuple(
            Portion(own, float(score), float(part))
            for own, score, part in zip(names, raw, parts, strict=True)
        )
    shown = {hit.passage_id for hit in run.hits}
    return Looked(run, portions={key: one for key, one in portions.items() if key in shown})


def _with_media(ask: _Ask, found: Looked) -> Looked:
    """What an encoder found that joins media, each portion by what the media weigh in the hit."""
    keys = [hit.passage_id for hit in found.run.hits]
    stored = Vector.objects.filter(space=ask.space, passage__in=keys, weights__isnull=False)
    weights = dict(stored.values_list("passage_id", "weights"))
    name, portions = found.run.retriever, {}
    for hit in found.run.hits:
        own = weights.get(hit.passage_id, {})
        whole = (Portion(name, hit.score, 1.0),)
        portions[hit.passage_id] = tuple(
            Portion(
                one.name.replace(name, f"{_MODALITY_OF[Medium(medium)]}:{ask.alias}", 1),
                one.raw,
                one.share * share,
            )
            for one in found.portions.get(hit.passage_id, whole)
            for medium, share in own.items()
        )
    return replace(found, portions={key: several for key, several in portions.items() if several})


def _refiners_for(query: Query, space: VectorSpace, manner: Manner) -> tuple[Step, ...]:
    """Those that may work: for a picture or clip, among single vectors."""
    looks = query.like_passage is not None or any(one.medium != "audio" for one in query.media)
    return manner.refiners if looks and space.kind == Kind.DENSE else ()


def _refined(run: Run, rows: Rows, vectors: StoredVectors, step: Step, left_s: float) -> Run:
    """The run with the pictures and clips in it scored again by SuperGlobal, best first.

    What sounds keeps its score. Raises TimeoutError or OperationalError when there is no time.
    """
    if left_s < LEAST_S:
        raise TimeoutError
    options = dict(step.options)
    most = int(options.pop("candidates", CANDIDATES))
    scores = {hit.passage_id: hit.score for hit in run.hits}
    with local_settings(statement_timeout=str(int(min(left_s, LONGEST_S) * 1000)), **ALONE):
        looked_at = Passage.objects.filter(pk__in=[*scores][:most], kind__in=_LOOKED_AT)
        kept = set(looked_at.values_list("pk", flat=True))
        stored = vectors.of(keys := [key for key in scores if key in kept])
    pairs = [(key, row) for key, row in zip(keys, stored, strict=True) if row is not None]
    if not pairs:
        return run
    candidates = np.stack([row for _, row in pairs])
    again = np.max([superglobal(row, candidates, **options) for row in rows], axis=0)
    scores |= {key: float(score) for (key, _), score in zip(pairs, again, strict=True)}
    return as_run(run.retriever, sorted(scores.items(), key=lambda one: (-one[1], one[0])))
