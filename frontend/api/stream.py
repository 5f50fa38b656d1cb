"""An answer as server-sent events: the hits at once, then sentences, citations, the whole."""

import json
import logging
import re
from collections.abc import Iterator, Mapping
from typing import Any

from frontend.problems import Problem, problem_of
from search import services
from search.types import Query, Viewer

log = logging.getLogger(__name__)

_WORDS = re.compile(r"\S+\s*|\s+")


def answer_events(
    found: Mapping[str, Any], query: Query, viewer: Viewer, conversation: str | None = None
) -> Iterator[str]:
    """The events of one answer; the texts of all ``token`` events make its text.

    What goes wrong after the first event arrives as an ``error`` event with a problem document.
    """
    try:
        yield event("hits", {"search": found["id"], "total": found["total"], "hits": found["hits"]})
        body = services.open_answer(query, viewer).body
        yield from _parts(body)
        yield event("answer", {**body, "conversation": conversation or body["id"]})
    except Exception as error:
        problem = problem_of(error)
        if problem is None:
            log.exception("An answer broke off.")
            problem = Problem(500)
        yield event("error", problem.body)


def event(name: str, content: Any) -> str:
    """One event; JSON holds no line break, so one data line is enough."""
    return f"event: {name}\ndata: {json.dumps(content)}\n\n"


def _parts(body: dict[str, Any]) -> Iterator[str]:
    for step in body.get("steps", ()):
        yield event("step", step)
    for word in _WORDS.findall(body["text"]):
        yield event("token", {"text": word})
    for citation in body["citations"]:
        yield event("citation", citation)
