"""Pictures to vectors: a small vision transformer."""

from torch import Tensor, nn

from search.encoders.towers.blocks import Block, Stem, grid_positions, head


class ImageTower(nn.Module):
    """Pictures (batch, 3, side, side), 0 to 1, to rows of the space (batch, dim)."""

    def __init__(self, *, side: int, width: int, heads: int, blocks: int, dim: int) -> None:
        super().__init__()
        self.stem = Stem(width)
        self.place = nn.Parameter(grid_positions(side // 8, width))
        self.blocks = nn.ModuleList(Block(width, heads) for _ in range(blocks))
        self.head = head(width, dim)

    def forward(self, pictures: Tensor) -> Tensor:
        tokens = self.stem(pictures) + self.place  # (batch, patches, width)
        for block in self.blocks:
            tokens = block(tokens)
        return self.head(tokens.mean(dim=1))
