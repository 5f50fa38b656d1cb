"""One question found and answered; from memory, where the same person asked it of the same library.

What was found without a part that is missing today, or late, is not kept: the next asking may have
it whole.
"""

import logging
import time
from dataclasses import asdict, replace
from functools import partial

from search import cache, pipeline, planning, registry
from search.answers.compose import compose
from search.answers.known import name_source
from search.conf import conf
from search.errors import SearchError
from search.generators.base import Embed
from search.retrieval import lexical, pictured
from search.retrieval.background import chances_changed
from search.retrieval.encoding import encode_texts
from search.types import Answer, Plan, Query

log = logging.getLogger(__name__)

GENERATOR = "extractive"
WORDS_DECIDED = (
    "The text encoder is missing or late: which sentences answer was decided by words alone."
)


def find(query: Query, memory: cache.Memory) -> pipeline.Found:
    """What the query finds; raises as ``pipeline.find`` does."""
    began = time.perf_counter()
    found = memory.recall(
        "results", _parts(query), lambda: pipeline.find(query), keep=lambda one: not one.degraded
    )
    if memory.layers["results"] == "hit":
        return replace(found, timings={"cache": (time.perf_counter() - began) * 1000})
    return found


def write(query: Query, found: pipeline.Found, memory: cache.Memory) -> Answer:
    """The answer from what was found, which the viewer may see."""
    shown = [candidate.passage_id for candidate in found.candidates]
    whole = not found.degraded
    return memory.recall(
        "answer",
        [*_parts(query), GENERATOR, shown],
        lambda: _written(query, found),
        keep=lambda one: whole and WORDS_DECIDED not in one.notes,
    )


def _parts(query: Query) -> list[object]:
    """All that may change what is found: the query, the library, the recipe, the models."""
    plan = planning.plan(query)
    asked = {name: value for name, value in asdict(query).items() if name != "corpora"}
    library = cache.generations(query.corpora)
    models = [_models(plan), conf().media_spaces]
    return [asked, library, plan.recipe, plan.digest, models, chances_changed()]


def _models(plan: Plan) -> list[tuple[str, str, str]]:
    """Each model of the plan as it is loaded; one that is not gives no fingerprint."""
    live = registry.live_objects()
    aliases = [("ENCODERS", a) for one in plan.retrievers for a in planning.spaces_of(one)]
    aliases += [("RERANKERS", link.name) for link in plan.chain]
    return [
        (kind, alias, str(getattr(live.get((kind, alias)), "fingerprint", "")))
        for kind, alias in aliases
    ]


def _written(query: Query, found: pipeline.Found) -> Answer:
    if query.media and not found.asked_in_words:
        return name_source(found.candidates, pictured.RETRIEVER)
    idf = found.idf or lexical.read_terms(query.text, query.corpora).idf
    embed = _embed() if found.plan.reads_meaning else None
    write = partial(
        compose,
        query.text,
        found.candidates,
        registry.generator(GENERATOR),
        weights=idf,
        refuse=found.matching == 0,
    )
    try:
        return write(embed=embed)
    except (SearchError, TimeoutError) as error:
        log.warning("Sentences are compared by words alone: %s", error or "the encoder is late")
        written = write(embed=None)
        return replace(written, notes=(*written.notes, WORDS_DECIDED))


def _embed() -> Embed | None:
    """The text encoder for sentences; None where none is chosen, then words alone decide."""
    alias = conf().text_encoder
    if not alias:
        return None
    return partial(encode_texts, alias, patience_s=conf().deadline_ms / 1000)
