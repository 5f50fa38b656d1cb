"""Every retriever by name, asked in the same words."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from search import indexing, registry
from search.models import VectorSpace
from search.retrieval import binary, dense, late_interaction, lexical, matryoshka, sparse
from search.retrieval.conditions import NO_FILTERS
from search.types import Filters, Run

Ask = Callable[..., Run]


def space(alias: str) -> VectorSpace:
    return indexing.space_for(alias)


def row(alias: str, text: str) -> Any:
    """What the encoder makes of one question."""
    (made,) = registry.encoder(alias).encode_queries([text])
    return made


def ask_bm25(text: str, corpora: Sequence[int], *, filters: Filters, depth: int) -> Run:
    terms = lexical.read_terms(text, corpora)
    return lexical.search(terms, corpora, filters=filters, depth=depth)


def ask_multi(text: str, corpora: Sequence[int], *, filters: Filters, depth: int) -> Run:
    return late_interaction.search(
        row("words", text),
        row("folded", text),
        space("words"),
        space("folded"),
        corpora,
        filters=filters,
        depth=depth,
    )


def ask_two_stages(text: str, corpora: Sequence[int], *, filters: Filters, depth: int) -> Run:
    first = ask_bm25(text, corpora, filters=filters, depth=depth)
    return late_interaction.rescore(first, row("words", text), space("words"), corpora, depth=depth)


def ask_narrow(text: str, corpora: Sequence[int], *, filters: Filters, depth: int) -> Run:
    first = ask_bm25(text, corpora, filters=filters, depth=depth)
    keys = [hit.passage_id for hit in first.hits]
    return dense.score_within(row("hashing", text), space("hashing"), corpora, keys)


def by_vector(module: Any, alias: str) -> Ask:
    def ask(text: str, corpora: Sequence[int], *, filters: Filters, depth: int) -> Run:
        return module.search(row(alias, text), space(alias), corpora, filters=filters, depth=depth)

    return ask


RETRIEVERS: Mapping[str, Ask] = {
    "bm25": ask_bm25,
    "dense": by_vector(dense, "hashing"),
    "binary": by_vector(binary, "hashing"),
    "matryoshka": by_vector(matryoshka, "hashing"),
    "sparse": by_vector(sparse, "pieces"),
    "multi": ask_multi,
    "two stages": ask_two_stages,
    "narrow": ask_narrow,
}


def ask(
    name: str,
    text: str,
    corpora: Sequence[int],
    *,
    filters: Filters = NO_FILTERS,
    depth: int = 100,
) -> Run:
    """The run of one retriever."""
    return RETRIEVERS[name](text, corpora, filters=filters, depth=depth)
