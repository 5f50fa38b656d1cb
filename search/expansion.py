"""A plan's transforms, run: one question in; the texts that find and the one that judges, out."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from search.transforms.base import Context, SubQuery, Transform, judging_text, texts_for
from search.transforms.decompose import Decompose
from search.transforms.expand_passages import ExpandPassages
from search.transforms.normalise import Normalise
from search.transforms.think_then_embed import ThinkThenEmbed
from search.types import Step

Look = Callable[[str], tuple[Sequence[str], Mapping[str, float]]]
"""A first look: the texts of the best passages for a question, and how telling its words are."""

_TRANSFORMS: Mapping[str, Callable[..., Transform]] = {
    "normalise": Normalise,
    "decompose": Decompose,
    "expand_passages": ExpandPassages,
    "think_then_embed": ThinkThenEmbed,
}
_READS_HITS = frozenset({"expand_passages", "think_then_embed"})


@dataclass(frozen=True, slots=True)
class Texts:
    """What a question became. The first of ``finding`` is the question itself."""

    judging: str
    finding: tuple[SubQuery, ...]

    @property
    def parts(self) -> tuple[SubQuery, ...]:
        """The sub-questions, each of which wants to be answered."""
        return tuple(one for one in self.finding if one.origin.startswith("decompose"))


def expand(text: str, steps: Sequence[Step], first_look: Look) -> Texts:
    """The question after the named transforms, in their order.

    Each reads the question as the one before left it. ``first_look`` is called at most once, by the
    first transform that wants to read hits. A name that works on vectors is passed over here.
    """
    judging, added, context = text, [], Context()
    for step in steps:
        name, make = step.name, _TRANSFORMS.get(step.name)
        if make is None:
            continue
        if name in _READS_HITS and not context.passages:
            passages, idf = first_look(judging)
            context = replace(context, passages=tuple(passages), idf=idf)
        made = make(**step.options).apply(judging, context)
        judging = judging_text(made)
        added += [one for one in texts_for("retrieve", made) if one.text != judging]
    return Texts(judging, (SubQuery(judging), *added))
