"""A cross-encoder over the first candidates, blended with the search."""

from collections.abc import Sequence

from search.errors import ModelMissingError
from search.generators.checkpoints import find_weights, weights_presence
from search.rerankers.base import Presence
from search.rerankers.groupings import One
from search.rerankers.harness import Harness
from search.rerankers.policy import Policy


class CrossEncoder(Harness):
    """One transformer reads question and passage together; a folder or a hub name.

    ``device`` as torch names it; ``dtype`` "float32", "bfloat16" or "float16". The batch is halved
    when memory runs out.

    Source: Nogueira and Cho, 2019, arXiv:1901.04085.
    """

    def __init__(
        self,
        checkpoint: str,
        *,
        device: str = "cpu",
        dtype: str = "float32",
        batch_size: int = 32,
        max_tokens: int = 512,
        depth: int = 50,
        weight: float = 0.7,
        alpha: float = 1.0,
        offline: bool = False,
        name: str = "cross_encoder",
    ) -> None:
        folder = find_weights(checkpoint, offline=offline)
        try:
            from search.rerankers.readouts.logit import Logit  # torch: not in the web process
        except ImportError as error:
            raise ModelMissingError(f"{checkpoint!r} needs torch: {error}.") from error
        self._logit = Logit(
            folder, device=device, dtype=dtype, batch_size=batch_size, max_tokens=max_tokens
        )
        super().__init__(
            name,
            readout=self._logit,
            grouping=One(self._logit.batch),
            policy=Policy(depth=depth, weight=weight, alpha=alpha),
        )

    @classmethod
    def presence(cls, **options: object) -> Presence:
        return weights_presence(options.get("checkpoint"))

    @classmethod
    def tiny(cls) -> "CrossEncoder":
        """A random BERT of two layers, saved to a folder and loaded from it."""
        from search.rerankers.miniatures import saved_cross_encoder

        with saved_cross_encoder() as folder:
            return cls(str(folder), batch_size=4)

    def score_pairs(self, query: str, texts: Sequence[str]) -> list[float]:
        """Raw logits of the question with each text, in their order."""
        return self._logit.score_pairs(query, texts)
