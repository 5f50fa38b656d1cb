"""One encoder that looks or listens, asked with a question, in the manner of a recipe."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from django.db import OperationalError
from numpy.typing import NDArray

from search import asked_media, registry
from search.encoders.base import Kind
from search.encoders.media import MEDIUM_OF, Medium
from search.errors import SearchError
from search.models import Passage, VectorSpace
from search.refiners.superglobal import CANDIDATES, superglobal
from search.retrieval import media
from search.retrieval.local_settings import ALONE, local_settings
from search.retrieval.nearest import as_run
from search.retrieval.stored import StoredVectors
from search.types import Filters, Modality, Query, Run, Step

DEPTH = 100
LEAST_S = 0.05  # below which nothing more is begun
LONGEST_S = 600.0
NOT_REFINED = "What the encoder {!r} found was not refined: there was no time left."
_LOOKED_AT = tuple(
    kind.value for kind in Modality if MEDIUM_OF.get(kind) in {Medium.IMAGE, Medium.CLIP}
)
Rows = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Manner:
    """How a recipe wants encoders asked. ``ends``: when that must be over, by the monotonic clock.

    ``refiners`` work on what one encoder found for a picture or clip.
    """

    refiners: tuple[Step, ...] = ()
    ends: float = float("inf")

    @property
    def left_s(self) -> float:
        """Seconds that are left."""
        return self.ends - time.monotonic()

    def written(self) -> dict[str, Any]:
        """The same for another process, whose clock is another."""
        refiners = [[step.name, dict(step.options)] for step in self.refiners]
        return {"refiners": refiners, "left_s": min(self.left_s, 3600.0)}

    @classmethod
    def read(cls, body: Mapping[str, Any]) -> "Manner":
        """What ``written`` wrote."""
        refiners = tuple(Step(name, options) for name, options in body["refiners"])
        return cls(refiners, time.monotonic() + float(body["left_s"]))


AS_IT_IS = Manner()


def by_encoder(
    alias: str, query: Query, filters: Filters, manner: Manner
) -> tuple[Run | None, list[str]]:
    """What an encoder finds for the question, and notes; no run if it takes no part of it.

    Raises:
        SearchError: it is not here, or has read nothing yet.
        OSError, ValueError: a file of the question is gone.
    """
    encoder = registry.media_encoder(alias)
    space = VectorSpace.objects.filter(fingerprint=encoder.fingerprint).first()
    rows = asked_media.rows_of(encoder, query, space)
    if rows is None:
        return None, []
    if space is None:
        raise SearchError(f"it has read nothing yet; run manage.py build_space {alias}.")
    depth, steps = max(DEPTH, query.offset + query.k), _refiners_for(query, space, manner)
    deepest = max([depth, *(int(step.options.get("candidates", CANDIDATES)) for step in steps)])
    found = media.search(
        rows, space, query.corpora,
        retriever=asked_media.run_name(alias, query), filters=filters, depth=deepest,
    )  # fmt: skip
    vectors, notes = StoredVectors(space, query.corpora), list[str]()
    for step in steps:
        try:
            found = _refined(found, rows, vectors, step, manner.left_s)
        except (TimeoutError, OperationalError):
            notes.append(NOT_REFINED.format(alias))
    hits = [hit for hit in found.hits if hit.passage_id != query.like_passage]
    return replace(found, hits=tuple(hits[:depth])), notes


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
