"""Passages by late interaction: every token of the question against every token of a passage."""

import math
from collections.abc import Sequence
from dataclasses import replace

from search.encoders.base import Rows
from search.encoders.late_interaction import maxsim
from search.models import VectorSpace
from search.pruning import within_reach
from search.retrieval import dense
from search.retrieval.conditions import NO_FILTERS
from search.retrieval.nearest import as_run
from search.retrieval.stored import stored_tokens
from search.types import Filters, Run

RETRIEVER = "multi"
CANDIDATES = 200  # of the first look, compared token by token


def search(
    query_tokens: Rows,
    query_fde: Rows,
    space: VectorSpace,
    fde_space: VectorSpace,
    corpora: Sequence[int],
    *,
    filters: Filters = NO_FILTERS,
    depth: int = 100,
) -> Run:
    """The passages with the largest MaxSim among those nearest by fixed dimensional encoding.

    ``query_tokens`` is (tokens, dim) of ``space``, ``query_fde`` the same tokens folded, (dim,) of
    ``fde_space``. ``CANDIDATES``, or the depth if that is more, are compared exactly. Ties go to
    the lower passage id.

    Source: Dhulipala et al., NeurIPS 2024, arXiv:2405.19504 (MUVERA).
    """
    first = dense.search(
        query_fde, fde_space, corpora, filters=filters, depth=max(CANDIDATES, depth)
    )
    keys = [hit.passage_id for hit in first.hits]
    run = _ranked(score(query_tokens, keys, space, corpora))
    return replace(run, hits=run.hits[:depth])


def rescore(
    run: Run,
    query_tokens: Rows,
    space: VectorSpace,
    corpora: Sequence[int],
    *,
    depth: int = 50,
    k: int = 10,
    alpha: float = 1.0,
    beta: int | None = None,
) -> Run:
    """The first ``depth`` of a run by MaxSim: those alone that were scored.

    ``alpha`` and ``beta`` leave candidates out, as ``maxsim`` says; a passage without token
    vectors is left out too. Ties go to the lower passage id.
    """
    hits = run.hits[:depth]
    chosen = [hits[i] for i in within_reach([hit.score for hit in hits], alpha=alpha, top=k)]
    keys, documents = stored_tokens([hit.passage_id for hit in chosen], space, corpora)
    first = {hit.passage_id: hit.score for hit in chosen}
    scores = maxsim(
        query_tokens, documents, first_stage=[first[key] for key in keys], k=k, beta=beta
    )
    pairs = zip(keys, scores.tolist(), strict=True)
    return _ranked({key: value for key, value in pairs if not math.isnan(value)})


def score(
    query_tokens: Rows, passage_ids: Sequence[int], space: VectorSpace, corpora: Sequence[int]
) -> dict[int, float]:
    """MaxSim of the given passages, those of these corpora that have token vectors."""
    keys, documents = stored_tokens(passage_ids, space, corpora)
    return dict(zip(keys, maxsim(query_tokens, documents).tolist(), strict=True))


def _ranked(scores: dict[int, float]) -> Run:
    return as_run(RETRIEVER, sorted(scores.items(), key=lambda item: (-item[1], item[0])))
