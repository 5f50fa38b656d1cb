"""Search the library; every corpus, or those named."""

from collections.abc import Mapping
from typing import Any

from ingestion.management.asking import OPERATOR, AskingCommand, hit_lines
from search.services import open_search
from search.types import Query


class Command(AskingCommand):
    help = __doc__

    def body_for(self, query: Query) -> dict[str, Any]:
        body: dict[str, Any] = open_search(query, OPERATOR).body
        return body

    def lines(self, body: Mapping[str, Any]) -> list[str]:
        found = f"{body['total']} passages in {body['took_ms']:.0f} ms, by {body['recipe']}"
        closest = ["Nothing here matches well. Closest:"] if body["nothing_matches"] else []
        return [found, *closest, *hit_lines(body)]
