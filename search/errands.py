"""Work asked of a worker: the web process holds no heavy model.

The row carries ids, scores and signals, never passages: the worker reads them itself, from the
corpora that the asker may see. Whoever asked waits until the deadline, and goes on without.
"""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from celery import current_app
from django.conf import settings
from django.db.models.functions import Now

from search.models import Errand
from search.types import Hit, Plan, Query, Reranking, Signal

TASK = "search.tasks.run_errand"  # by name: it stands above this
TAKEN_WITHIN_S = 2.0  # a worker that is there takes it at once; else none is there
LOOK_EVERY_S = 0.02
KEPT = timedelta(minutes=10)
NO_WORKER = "No worker took the reranking; the order is that of the search."
LATE = "The rerankers took too long; the order is that of the search."


@dataclass(frozen=True, slots=True)
class Reordered:
    """The hits as a chain of rerankers left them.

    ``left_out``: those of the notes that say which reranker did not rank.
    """

    hits: list[Hit]
    notes: list[str] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)


def is_web() -> bool:
    """Whether this is a web process, which loads nothing heavy."""
    return str(settings.PROCESS) == "web"


def ask_worker(query: Query, plan: Plan, hits: Sequence[Hit], *, left_s: float) -> Reordered:
    """The hits as a worker ranks them, and its notes; if none does, as they came, and why."""
    deepest = max(link.depth for link in plan.chain)
    asked = _asked(query, plan, hits[:deepest], left_s)
    answer = sent(asked, TASK, left_s=left_s, words=(NO_WORKER, LATE))
    if isinstance(answer, str):
        return Reordered(list(hits), [answer], [answer])
    ranked = [_hit(entry) for entry in answer["hits"]]
    seen = {hit.passage_id for hit in ranked}
    below = [hit for hit in hits if hit.passage_id not in seen]
    return Reordered([*ranked, *below], answer["notes"], answer["left_out"])


def sent(asked: Mapping[str, Any], task: str, *, left_s: float, words: tuple[str, str]) -> Any:
    """What a worker answers; if no worker is there, or it is late, the first or second sentence."""
    errand = Errand.objects.create(asked=asked)
    try:
        try:
            current_app.send_task(task, (errand.pk,), queue="gpu", retry=False)
        except Exception:  # whatever a broker raises
            return words[0]
        return _awaited(errand.pk, left_s, words)
    finally:
        Errand.objects.filter(pk=errand.pk).delete()


def taken(errand_id: int) -> dict[str, Any] | None:
    """What is asked; None if nobody waits any more."""
    waiting = Errand.objects.filter(pk=errand_id, answer__isnull=True)
    if not waiting.update(taken_at=Now()):
        return None
    asked: dict[str, Any] = waiting.values_list("asked", flat=True).get()
    return asked


def done(errand_id: int, body: Mapping[str, Any]) -> None:
    """Write the answer down, if somebody still waits; take away what nobody waited for."""
    Errand.objects.filter(pk=errand_id).update(answer=body)
    Errand.objects.filter(created_at__lt=Now() - KEPT).delete()


def read(errand_id: int) -> tuple[Query, tuple[Reranking, ...], list[Hit], float] | None:
    """A reranking that is asked: question, chain, hits and seconds left; None as ``taken``."""
    asked = taken(errand_id)
    if asked is None:
        return None
    query = Query(text=asked["text"], corpora=tuple(asked["corpora"]), k=asked["k"])
    chain = tuple(Reranking(name, depth) for name, depth in asked["chain"])
    return query, chain, [_hit(entry) for entry in asked["hits"]], float(asked["left_s"])


def answer(errand_id: int, ranked: Reordered) -> None:
    """Write down how a worker ranked, as ``done`` does."""
    hits = [_entry(hit) for hit in ranked.hits]
    done(errand_id, {"hits": hits, "notes": ranked.notes, "left_out": ranked.left_out})


def _awaited(errand_id: int, left_s: float, words: tuple[str, str]) -> Any:
    """The answer, or the sentence that says why there is none."""
    began, row = time.monotonic(), Errand.objects.filter(pk=errand_id)
    while time.monotonic() - began < left_s:
        found = row.values_list("answer", "taken_at").first()
        if found is None or (found[1] is None and time.monotonic() - began > TAKEN_WITHIN_S):
            return words[0]
        if found[0] is not None:
            return found[0]
        time.sleep(LOOK_EVERY_S)
    return words[1]


def _asked(query: Query, plan: Plan, hits: Sequence[Hit], left_s: float) -> dict[str, Any]:
    return {
        "text": query.text,
        "corpora": list(query.corpora),
        "k": query.k,
        "chain": [[link.name, link.depth] for link in plan.chain],
        "hits": [_entry(hit) for hit in hits],
        "left_s": left_s,
    }


def _entry(hit: Hit) -> dict[str, Any]:
    signals = {name: [s.rank, s.raw, s.part] for name, s in hit.signals.items()}
    return {"passage": hit.passage_id, "score": hit.score, "signals": signals}


def _hit(entry: Mapping[str, Any]) -> Hit:
    signals = {name: Signal(*parts) for name, parts in entry["signals"].items()}
    return Hit(entry["passage"], entry["score"], signals)
