"""What the rerankers that prompt a language model share: who writes, and how they are built."""

from collections.abc import Mapping
from typing import ClassVar

from search.generators.language_model import Ability
from search.rerankers.base import Presence, needs_generator
from search.rerankers.harness import Harness


class Prompted(Harness):
    """A harness over a language model, which settings name as ``generator``."""

    needs: ClassVar[Mapping[str, str]] = {"generator": "GENERATORS"}
    asks: ClassVar[frozenset[Ability]] = frozenset({Ability.GENERATE})  # of the language model

    @classmethod
    def presence(cls, **options: object) -> Presence:
        return needs_generator(options.get("generator"))
