"""Late interaction over the first candidates, with two ways to stop early."""

from collections.abc import Mapping
from copy import copy
from typing import ClassVar, Self

from search.errors import ConfigurationError
from search.rerankers.base import Presence
from search.rerankers.groupings import One
from search.rerankers.harness import Harness
from search.rerankers.hashed import HashedTokens
from search.rerankers.policy import Policy
from search.rerankers.readouts.maxsim import MaxSim as Readout
from search.rerankers.readouts.vectors import TokenEncoder, TokenVectors


class MaxSim(Harness):
    """Token vectors of question and passage. ``alpha`` and ``beta`` prune: see ``Policy``.

    Token vectors come by ``with_vectors``; a passage without them is encoded on the spot, unless
    ``encode_missing`` is off: then it keeps its first-stage score.

    Source: "Multivector Reranking in the Era of Strong First-Stage Retrievers" (2026).
    """

    reads_tokens: ClassVar[bool] = True
    needs: ClassVar[Mapping[str, str]] = {"encoder": "ENCODERS"}

    def __init__(
        self,
        encoder: TokenEncoder | None = None,
        *,
        vectors: TokenVectors | None = None,
        depth: int = 100,
        weight: float = 0.4,
        alpha: float = 0.5,
        beta: int | None = 10,
        top: int = 10,
        encode_missing: bool = True,
        name: str = "maxsim",
    ) -> None:
        if encoder is None or not hasattr(encoder, "encode_query_tokens"):
            raise ConfigurationError(
                f"{name} needs an encoder of token vectors; name one of MMSEARCH['ENCODERS'] that "
                "has encode_query_tokens."
            )
        self._encoder, self._encode_missing = encoder, encode_missing
        super().__init__(
            name,
            readout=Readout(encoder, vectors, encode_missing=encode_missing),
            grouping=One(batch=1 if beta else 16, beta=beta, top=top),
            policy=Policy(depth=depth, weight=weight, alpha=alpha, beta=beta, top=top),
        )

    @property
    def fingerprint(self) -> str:
        """The space whose vectors it can read."""
        return str(getattr(self._encoder, "fingerprint", ""))

    def with_vectors(self, vectors: TokenVectors) -> Self:
        """The same reranker, reading these token vectors."""
        other = copy(self)
        other._readout = Readout(self._encoder, vectors, encode_missing=self._encode_missing)
        return other

    @classmethod
    def presence(cls, **options: object) -> Presence:
        if not options.get("encoder"):
            return Presence(False, "No encoder is named.", 'Name one of ENCODERS as "encoder".')
        return Presence(True, f"by the token vectors of {options['encoder']}")

    @classmethod
    def tiny(cls) -> "MaxSim":
        return cls(HashedTokens())
