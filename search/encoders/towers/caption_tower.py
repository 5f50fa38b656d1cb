"""Captions to vectors: learned queries look at the states of a frozen text encoder's tokens."""

import torch
from torch import Tensor, nn

from search.encoders.towers.blocks import Block

_QUERIES = 4
_LEAST_SPREAD = 0.05  # some dimensions are constant: dividing by their spread would give no number


class CaptionTower(nn.Module):
    """Token states (batch, tokens, ``states``) with their mask to rows of the space (batch, dim).

    The pooled vector of a sentence encoder hardly tells "to the left" from "to the right"; the
    states of its tokens do.
    """

    mean: Tensor
    spread: Tensor

    def __init__(self, *, states: int, width: int, heads: int, blocks: int, dim: int) -> None:
        super().__init__()
        self.register_buffer("mean", torch.zeros(states))
        self.register_buffer("spread", torch.ones(states))
        self.stem = nn.Linear(states, width)
        self.blocks = nn.ModuleList(Block(width, heads) for _ in range(blocks))
        self.queries = nn.Parameter(torch.randn(_QUERIES, width))
        self.key, self.value = nn.Linear(width, width), nn.Linear(width, width)
        self.head = nn.Sequential(
            nn.LayerNorm(_QUERIES * width),
            nn.Linear(_QUERIES * width, dim),
            nn.GELU(),
            nn.Linear(dim, dim),
        )

    @torch.no_grad()
    def standardise_by(self, states: Tensor) -> None:
        """Take mean and spread, with a floor, from real tokens (n, states)."""
        spread = states.std(dim=0)
        self.mean.copy_(states.mean(dim=0))
        self.spread.copy_(spread.clamp(min=_LEAST_SPREAD * float(spread.median())))

    def forward(self, states: Tensor, mask: Tensor) -> Tensor:
        tokens = self.stem((states - self.mean) / self.spread)  # (batch, tokens, width)
        for block in self.blocks:
            tokens = block(tokens, mask)
        weights = self.queries @ self.key(tokens).transpose(1, 2)  # (batch, queries, tokens)
        weights = weights / tokens.shape[-1] ** 0.5
        weights = weights.masked_fill(~mask[:, None], float("-inf")).softmax(dim=-1)
        return self.head((weights @ self.value(tokens)).flatten(1))
