"""Attention that the last tokens of an input pay, taken while a model runs, in bounded memory.

The outputs of the model stay those of scaled-dot-product attention; only the rows of the watched
tokens are computed a second time, some at once, summed and forgotten.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import torch
from transformers import AttentionInterface
from transformers.integrations.sdpa_attention import sdpa_attention_forward
from transformers.masking_utils import AttentionMaskInterface, sdpa_mask

NAME = "watched_sdpa"
ROWS_AT_ONCE = 16


class Watch:
    """Sums what the rows ``first:last``, counted from the end, pay to each earlier token.

    ``paid``, (tokens,): summed over layers and heads, mean over the rows.
    """

    def __init__(self, *, first: int, last: int, rows_at_once: int = ROWS_AT_ONCE) -> None:
        self.first, self.last, self.rows_at_once = first, last, rows_at_once
        self.paid: torch.Tensor | None = None

    def see(
        self, query: torch.Tensor, key: torch.Tensor, mask: torch.Tensor | None, scaling: float
    ) -> None:
        """Take one layer: query (1, heads, q, dim), key (1, key heads, t, dim)."""
        heads, asked, length = query.shape[1], query.shape[2], key.shape[2]
        key = key.repeat_interleave(heads // key.shape[1], dim=1)  # (1, heads, t, dim)
        places = torch.arange(length, device=query.device)
        total = torch.zeros(length, dtype=torch.float64, device=query.device)
        for start in range(asked - self.first, asked - self.last, self.rows_at_once):
            end = min(start + self.rows_at_once, asked - self.last)
            scores = (query[:, :, start:end] @ key.transpose(2, 3)).float() * scaling
            own = torch.arange(start, end, device=query.device) + (length - asked)
            scores = scores.masked_fill(places > own[:, None], float("-inf"))
            if mask is not None:
                scores = _masked(scores, mask[:, :, start:end, :length])
            total += scores.softmax(dim=-1).sum(dim=(0, 1, 2), dtype=torch.float64)
        total /= self.first - self.last
        self.paid = total if self.paid is None else self.paid + total


def _masked(scores: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    if mask.dtype == torch.bool:
        return scores.masked_fill(~mask, float("-inf"))
    return scores + mask


_watch: ContextVar[Watch | None] = ContextVar("watch", default=None)


@contextmanager
def watching(watch: Watch) -> Iterator[Watch]:
    """While it lasts, every attention layer that runs in this thread is seen by ``watch``."""
    token = _watch.set(watch)
    try:
        yield watch
    finally:
        _watch.reset(token)


def _attend(
    module: torch.nn.Module,
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    attention_mask: torch.Tensor | None,
    *,
    dropout: float = 0.0,
    scaling: float | None = None,
    **kwargs: Any,  # the interface of transformers
) -> tuple[torch.Tensor, None]:
    watch = _watch.get()
    if watch is not None:
        watch.see(query, key, attention_mask, scaling or query.shape[-1] ** -0.5)
    return sdpa_attention_forward(
        module, query, key, value, attention_mask, dropout=dropout, scaling=scaling, **kwargs
    )


AttentionInterface.register(NAME, _attend)
AttentionMaskInterface.register(NAME, sdpa_mask)
