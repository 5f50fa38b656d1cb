"""Pointwise reranking by a small language model: logit of 1 less logit of 0."""

from search.rerankers.next_token import ByNextToken
from search.rerankers.readouts.yes_no import LogitDifference


class ProRank(ByNextToken):
    """One token a candidate, batched.

    Source: ProRank, arXiv:2506.03487; its released form is mxbai-rerank-v2.
    """

    name, reads = "prorank", LogitDifference
