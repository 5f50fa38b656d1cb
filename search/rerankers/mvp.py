"""Multi-view reranking: view tokens read each passage, anchors are made of all of them."""

from search.errors import ModelMissingError
from search.generators.checkpoints import find_weights, weights_presence
from search.rerankers.base import Presence
from search.rerankers.groupings import All
from search.rerankers.harness import Harness
from search.rerankers.policy import Policy


class Mvp(Harness):
    """A folder that holds an encoder and its view anchors. The order of passages cannot matter.

    Source: MVP, "Multi-View-guided Passage Reranking" (2025).
    """

    def __init__(
        self,
        checkpoint: str,
        *,
        device: str = "cpu",
        batch_size: int = 16,
        max_tokens: int = 512,
        depth: int = 100,
        weight: float = 0.7,
        offline: bool = False,
        name: str = "mvp",
    ) -> None:
        folder = find_weights(checkpoint, offline=offline)
        try:
            from search.rerankers.readouts.view_anchor import ViewAnchor  # not in the web process
        except ImportError as error:
            raise ModelMissingError(f"{checkpoint!r} needs torch: {error}.") from error
        super().__init__(
            name,
            readout=ViewAnchor(folder, device=device, batch_size=batch_size, max_tokens=max_tokens),
            grouping=All(),
            policy=Policy(depth=depth, weight=weight),
        )

    @classmethod
    def presence(cls, **options: object) -> Presence:
        return weights_presence(options.get("checkpoint"))

    @classmethod
    def tiny(cls) -> "Mvp":
        """A random BERT of two layers with four views, saved to a folder and loaded from it."""
        from search.rerankers.miniatures import saved_views

        with saved_views() as folder:
            return cls(str(folder), batch_size=4)
