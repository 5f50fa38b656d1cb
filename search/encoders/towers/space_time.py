"""Clips to vectors with attention divided into time and space."""

from torch import Tensor, nn

from search.encoders.towers.blocks import Attention, Block, Stem, grid_positions, head, positions


class DividedBlock(nn.Module):
    """Each patch looks at its own place through time, then at the other patches of its frame.

    Source: Bertasius, Wang and Torresani, ICML 2021, arXiv:2102.05095.
    """

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.before = nn.LayerNorm(width)
        self.through_time = Attention(width, heads)
        self.joined = nn.Linear(width, width)
        self.in_space = Block(width, heads)

    def forward(self, tokens: Tensor) -> Tensor:
        columns = self.before(tokens).transpose(1, 2)  # (batch, patches, frames, width)
        timed = self.joined(self.through_time(columns)).transpose(1, 2)
        return self.in_space(tokens + timed)  # (batch, frames, patches, width)


class SpaceTimeTower(nn.Module):
    """Clips (batch, frames, 3, side, side), 0 to 1, to rows of the space (batch, dim)."""

    def __init__(
        self, *, side: int, frames: int, width: int, heads: int, blocks: int, dim: int
    ) -> None:
        super().__init__()
        self.stem = Stem(width)
        self.place = nn.Parameter(grid_positions(side // 8, width))
        self.moment = nn.Parameter(positions(frames, width)[:, None])
        self.blocks = nn.ModuleList(DividedBlock(width, heads) for _ in range(blocks))
        self.head = head(width, dim)

    def forward(self, clips: Tensor) -> Tensor:
        batch, frames = clips.shape[:2]
        tokens = self.stem(clips.flatten(0, 1)).unflatten(0, (batch, frames))
        tokens = tokens + self.place + self.moment  # (batch, frames, patches, width)
        for block in self.blocks:
            tokens = block(tokens)
        return self.head(tokens.mean(dim=(1, 2)))


class FramesTower(nn.Module):
    """The control: frames seen one by one and averaged, so that their order cannot matter."""

    def __init__(self, *, side: int, width: int, heads: int, blocks: int, dim: int) -> None:
        super().__init__()
        self.stem = Stem(width)
        self.place = nn.Parameter(grid_positions(side // 8, width))
        self.blocks = nn.ModuleList(Block(width, heads) for _ in range(blocks))
        self.head = head(width, dim)

    def forward(self, clips: Tensor) -> Tensor:
        batch, frames = clips.shape[:2]
        tokens = self.stem(clips.flatten(0, 1)) + self.place  # (batch * frames, patches, width)
        for block in self.blocks:
            tokens = block(tokens)
        return self.head(tokens.unflatten(0, (batch, frames)).mean(dim=(1, 2)))
