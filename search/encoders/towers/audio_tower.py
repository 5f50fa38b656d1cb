"""Sounds to vectors: a transformer over slices of the log-mel spectrum."""

from torch import Tensor, nn

from search.encoders.towers.blocks import Block, head, positions
from search.encoders.towers.log_mel import BANDS, FRAMES, LogMel

_SLICE = 4  # frames to a token: 40 ms


class AudioTower(nn.Module):
    """Seconds of sound (batch, 16,000) to rows of the space (batch, dim)."""

    def __init__(self, *, width: int, heads: int, blocks: int, dim: int) -> None:
        super().__init__()
        self.spectrum = LogMel()
        self.stem = nn.Linear(_SLICE * BANDS, width)
        self.moment = nn.Parameter(positions(FRAMES // _SLICE, width))
        self.blocks = nn.ModuleList(Block(width, heads) for _ in range(blocks))
        self.head = head(width, dim)

    def forward(self, samples: Tensor) -> Tensor:
        slices = self.spectrum(samples).unflatten(1, (-1, _SLICE)).flatten(2)
        tokens = self.stem(slices) + self.moment  # (batch, 24, width)
        for block in self.blocks:
            tokens = block(tokens)
        return self.head(tokens.mean(dim=1))


class SpectrumTower(nn.Module):
    """The control: the spectrum averaged over time, so that its course cannot matter."""

    def __init__(self, *, width: int, dim: int) -> None:
        super().__init__()
        self.spectrum = LogMel()
        self.stem = nn.Sequential(nn.Linear(BANDS, 2 * width), nn.GELU())
        self.head = head(2 * width, dim)

    def forward(self, samples: Tensor) -> Tensor:
        return self.head(self.stem(self.spectrum(samples).mean(dim=1)))
