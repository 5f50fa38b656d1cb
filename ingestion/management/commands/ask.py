"""Ask the library; it answers in its own sentences, each with its source, or says it cannot."""

from collections.abc import Mapping
from typing import Any

from ingestion.management.asking import OPERATOR, AskingCommand, hit_lines, source_lines
from search.services import open_answer
from search.types import Query


class Command(AskingCommand):
    help = __doc__

    def body_for(self, query: Query) -> dict[str, Any]:
        body: dict[str, Any] = open_answer(query, OPERATOR).body
        return body

    def lines(self, body: Mapping[str, Any]) -> list[str]:
        if body["refused"]:
            return [body["text"], "", "Closest:", *hit_lines(body)]
        return [body["text"], "", *source_lines(body)]
