"""Parts of a collection that are looked at by themselves."""

from collections.abc import Mapping, Sequence

from search.evaluation.lines import QueryLine

# Words that open a question, in the languages the library is used in most.
_ENGLISH = (
    "what which who whom whose when where why how is are was were do does did can could should"
)
_GERMAN = "wer wie wo wann warum welche welcher welches"
ASKING = frozenset(f"{_ENGLISH} {_GERMAN}".split())
SHORT, LONG = 4, 10  # words: below the one, from the other on


def slices_of(query: QueryLine) -> tuple[str, ...]:
    """The slices its line names, its length and its class."""
    return (*query.slices, _length(query.words), _class(query.words))


def by_slice(queries: Sequence[QueryLine]) -> Mapping[str, tuple[str, ...]]:
    """Slice → ids of its queries; a slice that holds all of them says nothing and is left out."""
    found: dict[str, list[str]] = {}
    for query in queries:
        for name in dict.fromkeys(slices_of(query)):
            found.setdefault(name, []).append(query.key)
    return {name: tuple(keys) for name, keys in sorted(found.items()) if len(keys) < len(queries)}


def _length(text: str) -> str:
    words = len(text.split())
    if words < SHORT:
        return f"length: under {SHORT} words"
    return f"length: {LONG} words or more" if words >= LONG else f"length: {SHORT} to {LONG - 1}"


def _class(text: str) -> str:
    if '"' in text or "“" in text:
        return "class: quotes something"
    first = text.casefold().split(maxsplit=1)[:1]
    if text.rstrip().endswith(("?", "？")) or (first and first[0] in ASKING):
        return "class: question"
    return "class: words"
