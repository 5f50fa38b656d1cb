"""A cross-encoder over many candidates at the price of a few."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import ClassVar, Protocol

from search.errors import ConfigurationError
from search.rerankers.base import Presence
from search.rerankers.groupings import All
from search.rerankers.harness import Harness
from search.rerankers.policy import Policy
from search.rerankers.readouts.cur import AnchorTable, Cur, build_table
from search.rerankers.term_overlap import TermOverlap


class PairScorer(Protocol):
    """A reranker that scores pairs: cross_encoder does."""

    def score_pairs(self, query: str, texts: Sequence[str]) -> list[float]:
        """One score a text, in their order."""


class CurReranker(Harness):
    """Scores with the anchors, all others rebuilt from them, the best ``exact`` scored truly.

    ``table`` is a file that ``AnchorTable.save`` wrote, or the table; ``scorer`` the reranker whose
    scores are in it. For small, settled corpora: the table holds every passage.

    Source: Yadav et al., EMNLP 2022, arXiv:2210.12579.
    """

    needs: ClassVar[Mapping[str, str]] = {"scorer": "RERANKERS"}

    def __init__(
        self,
        scorer: PairScorer | None = None,
        *,
        table: str | AnchorTable,
        exact: int = 20,
        depth: int = 1000,
        weight: float = 0.7,
        name: str = "cur",
    ) -> None:
        if scorer is None or not hasattr(scorer, "score_pairs"):
            raise ConfigurationError(
                f"{name} needs a reranker that scores pairs, such as a cross-encoder; name one of "
                "MMSEARCH['RERANKERS'] as its scorer."
            )
        held = table if isinstance(table, AnchorTable) else AnchorTable.load(Path(table))
        super().__init__(
            name,
            readout=Cur(scorer.score_pairs, held, exact=exact),
            grouping=All(),
            policy=Policy(depth=depth, weight=weight),
        )

    @classmethod
    def presence(cls, **options: object) -> Presence:
        table = options.get("table")
        if not options.get("scorer"):
            return Presence(False, "No scorer is named.", 'Name one of RERANKERS as "scorer".')
        if isinstance(table, str) and not Path(table).is_file():
            return Presence(False, f"There is no table {table}.", "Build it with build_table.")
        return Presence(True, f"by {options['scorer']} and {table}")

    @classmethod
    def tiny(cls) -> "CurReranker":
        scorer = TermOverlap()
        passages = [(1, "a heron by the lake"), (2, "an owl at night"), (3, "reed and frog")]
        table = build_table(scorer.score_pairs, ["heron lake", "owl", "frog"], passages, anchors=3)
        return cls(scorer, table=table, exact=2)
