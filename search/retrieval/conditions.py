"""Facet filters as SQL, so that they are applied where rows are found and never after a LIMIT."""

from dataclasses import dataclass, field
from typing import Any

from search.types import Filters

NO_FILTERS = Filters()
LANGUAGE = "coalesce(nullif(p.language, ''), d.language)"


@dataclass(frozen=True, slots=True)
class Condition:
    """A WHERE clause over passage ``p``, and over its document ``d`` if it needs one."""

    clauses: tuple[str, ...] = ()
    values: dict[str, Any] = field(default_factory=dict)
    needs_document: bool = False

    @property
    def join(self) -> str:
        return "JOIN search_document d ON d.id = p.document_id" if self.needs_document else ""

    @property
    def clause(self) -> str:
        """ " AND …", or nothing."""
        return "".join(f" AND {clause}" for clause in self.clauses)

    def __bool__(self) -> bool:
        return bool(self.clauses)


def condition(filters: Filters) -> Condition:
    """The filters as a condition; a work of unknown date is outside every range of dates."""
    of_passage = {
        "p.kind = ANY(%(kind)s)": bool(filters.kind),
        "p.document_id = ANY(%(document)s)": bool(filters.document),
        "p.id = ANY(%(passages)s)": filters.passages is not None,
        "NOT p.terms @@ ANY(%(excluded)s::tsquery[])": bool(filters.excluded),
    }
    # A date known to the year or month counts as inside when any of its days may be.
    of_document = {
        "d.media_type = ANY(%(media_type)s)": bool(filters.media_type),
        "EXISTS (SELECT FROM unnest(d.authors) a WHERE lower(a) = ANY(%(author)s))": bool(
            filters.author
        ),
        f"{LANGUAGE} = ANY(%(language)s)": bool(filters.language),
        "d.issued <> '' AND d.issued >= left(%(published_from)s, length(d.issued))": bool(
            filters.published_from
        ),
        "d.issued <> '' AND left(d.issued, length(%(published_to)s)) <= %(published_to)s": bool(
            filters.published_to
        ),
    }
    values = {
        "kind": list(filters.kind),
        "document": list(filters.document),
        "media_type": list(filters.media_type),
        "author": [name.lower() for name in filters.author],
        "language": list(filters.language),
        "published_from": filters.published_from,
        "published_to": filters.published_to,
        "passages": None if filters.passages is None else list(filters.passages),
        "excluded": list(filters.excluded),
    }
    wanted = [clause for clause, is_set in (of_passage | of_document).items() if is_set]
    used = {name: value for name, value in values.items() if value or value == []}
    return Condition(tuple(wanted), used, any(of_document[c] for c in wanted if c in of_document))
