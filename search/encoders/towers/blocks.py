"""The parts that all towers are made of."""

import torch
from torch import Tensor, nn
from torch.nn.functional import scaled_dot_product_attention

_WAVES = 8
_CONTRAST = 3.0
POSITION_SCALE = 0.5  # of position vectors, as large as patch vectors are: smaller ones teach less


class Attention(nn.Module):
    """Self-attention over the last but one dimension; ``mask`` (..., tokens) is true where a
    token is real.
    """

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.mixed = nn.Linear(width, 3 * width)
        self.out = nn.Linear(width, width)

    def forward(self, tokens: Tensor, mask: Tensor | None = None) -> Tensor:
        *batch, count, width = tokens.shape
        mixed = self.mixed(tokens).reshape(*batch, count, 3, self.heads, width // self.heads)
        query, key, value = mixed.movedim(-3, 0).transpose(-3, -2)  # (..., heads, tokens, part)
        allowed = None if mask is None else mask[..., None, None, :]
        found = scaled_dot_product_attention(query, key, value, attn_mask=allowed)
        return self.out(found.transpose(-3, -2).reshape(*batch, count, width))


class Block(nn.Module):
    """A pre-norm transformer block: attention, then a perceptron, each added to its input."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.before = nn.LayerNorm(width)
        self.attention = Attention(width, heads)
        self.perceptron = perceptron(width)

    def forward(self, tokens: Tensor, mask: Tensor | None = None) -> Tensor:
        tokens = tokens + self.attention(self.before(tokens), mask)
        return tokens + self.perceptron(tokens)


class Stem(nn.Module):
    """Pictures (n, 3, side, side), 0 to 1, to one vector for each patch of 8 by 8 pixels.

    Each picture is seen against its mean colour: without that, ground and light drown what little
    of a picture moves, and motions are not learned. Three convolutions halve the side each; they
    learn shapes with far fewer examples than one linear map of a patch does.

    Source: Xiao et al., NeurIPS 2021, arXiv:2106.14881.
    """

    def __init__(self, width: int) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Conv2d(3, width // 4, 3, stride=2, padding=1),
            nn.GELU(),
            nn.Conv2d(width // 4, width // 2, 3, stride=2, padding=1),
            nn.GELU(),
            nn.Conv2d(width // 2, width, 3, stride=2, padding=1),
        )
        self.norm = nn.LayerNorm(width)

    def forward(self, pictures: Tensor) -> Tensor:
        grounds = pictures.mean(dim=(-1, -2), keepdim=True)
        maps = self.layers((pictures - grounds) * _CONTRAST)  # (n, width, side / 8, side / 8)
        return self.norm(maps.flatten(2).transpose(1, 2))  # (n, patches, width)


def perceptron(width: int) -> nn.Sequential:
    """Two layers after a norm, twice as wide between."""
    return nn.Sequential(
        nn.LayerNorm(width), nn.Linear(width, 2 * width), nn.GELU(), nn.Linear(2 * width, width)
    )


def head(width: int, dim: int) -> nn.Sequential:
    """From a tower's pooled tokens to the common space, not yet of length 1."""
    return nn.Sequential(nn.LayerNorm(width), nn.Linear(width, dim), nn.GELU(), nn.Linear(dim, dim))


def positions(places: int, width: int) -> Tensor:
    """Position vectors (places, width) to learn from, at the scale of what they are added to.

    They are random but smooth, so that what lies close is alike from the beginning.
    """
    waves = min(places, _WAVES)
    where = (torch.arange(places) + 0.5) / places
    rates = torch.arange(1, waves + 1)
    basis = torch.cos(torch.pi * where[:, None] * rates) / rates  # (places, waves)
    vectors = basis @ torch.randn(waves, width)
    return vectors * (POSITION_SCALE / vectors.std())


def grid_positions(rows: int, width: int) -> Tensor:
    """Position vectors of a square of patches, row by row, (rows * rows, width)."""
    down, across = positions(rows, width), positions(rows, width)
    return (down[:, None] + across[None]).flatten(0, 1)
