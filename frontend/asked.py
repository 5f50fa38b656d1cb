"""A question as it stands in the address of a results page, and its neighbours."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.http import QueryDict

PER_PAGE = 10
MOST_PAGES = 50

FACETS = {
    "kind": "Kind",
    "corpus": "Corpus",
    "published": "Year",
    "author": "Author",
    "language": "Language",
    "media_type": "Format",
}
_FILTERS = ("kind", "media_type", "author", "language", "document")


@dataclass(frozen=True, slots=True)
class Asked:
    """The address of a results page: ``q``, ``corpus``, filters, ``like``, ``recipe``, ``page``."""

    address: QueryDict

    @property
    def text(self) -> str:
        return self.address.get("q", "").strip()

    @property
    def is_empty(self) -> bool:
        return not self.text and not self.address.get("like")

    @property
    def page(self) -> int:
        word = self.address.get("page", "1")
        number = int(word) if word.isascii() and word.isdigit() and len(word) < 6 else 1
        return min(max(number, 1), MOST_PAGES)

    @property
    def offset(self) -> int:
        return (self.page - 1) * PER_PAGE

    def as_query(self) -> dict[str, Any]:
        """The contract's Query: what the API would have been sent."""
        filters: dict[str, Any] = {
            name: self.address.getlist(name) for name in _FILTERS if self.address.getlist(name)
        }
        published = {
            end: self.address[name]
            for end, name in (("from", "from"), ("to", "to"))
            if self.address.get(name)
        }
        if published:
            filters["published"] = published
        query: dict[str, Any] = {"text": self.text, "limit": PER_PAGE}
        if filters:
            query["filters"] = filters
        if corpora := [slug for slug in self.address.getlist("corpus") if slug]:
            query["corpora"] = corpora
        for name, parameter in (("passage", "like"), ("recipe", "recipe")):
            if self.address.get(parameter):
                query[name] = self.address[parameter]
        return query

    def at_page(self, number: int) -> str:
        return self._changed({"page": [str(number)]})

    def with_facet(self, field: str, value: str) -> str:
        """The question narrowed to a value of a facet; without it where it was narrowed so."""
        if field == "published":
            narrowed = self.is_narrowed_to(field, value)
            year = {"from": [], "to": []} if narrowed else {"from": [value], "to": [value]}
            return self._changed(year)
        held = self.address.getlist(field)
        kept = [v for v in held if v != value] if value in held else [*held, value]
        return self._changed({field: kept})

    def is_narrowed_to(self, field: str, value: str) -> bool:
        if field == "published":
            return self.address.get("from") == value and self.address.get("to") == value
        return value in self.address.getlist(field)

    def is_narrowed(self) -> bool:
        return any(self.address.getlist(name) for name in (*_FILTERS, "from", "to"))

    def without_filters(self) -> str:
        return self._changed({name: [] for name in (*_FILTERS, "from", "to")})

    def hidden_fields(self) -> list[tuple[str, str]]:
        """What a new question typed on this page keeps: corpora and recipe."""
        kept = ("corpus", "recipe")
        return [(name, value) for name in kept for value in self.address.getlist(name)]

    def _changed(self, changes: Mapping[str, list[str]]) -> str:
        address = self.address.copy()
        address.pop("page", None)
        for name, values in changes.items():
            address.setlist(name, values)
        return "?" + address.urlencode()
