"""Pointwise reranking: how probable it is that a language model says yes."""

from search.rerankers.next_token import ByNextToken
from search.rerankers.readouts.yes_no import ProbabilityOfYes


class YesNo(ByNextToken):
    """P(yes) over yes and no, batched. Reasoning models are too sure for it.

    Source: Qwen3-Reranker, arXiv:2506.05176.
    """

    name, reads = "yes_no", ProbabilityOfYes
