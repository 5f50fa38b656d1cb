"""A plan's transforms, run: one question in; the texts that find and the one that judges, out."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from search.transforms.base import Context, SubQuery, Transform, judging_text, texts_for
from search.transforms.decompose import Decompose
from search.transforms.expand_passages import ExpandPassages
from search.transforms.normalise import Normalise
from search.transforms.rewrite_followup import RewriteFollowup
from search.transforms.think_then_embed import ThinkThenEmbed
from search.types import Query, Step
from search.writing import Writer

Look = Callable[[str], tuple[Sequence[str], Mapping[str, float]]]
"""A first look: the texts of the best passages for a question, and how telling its words are."""

_TRANSFORMS: Mapping[str, Callable[..., Transform]] = {
    "normalise": lambda generate: Normalise(),
    "rewrite_followup": RewriteFollowup,
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
    notes: tuple[str, ...] = ()  # sentences for ``degraded``

    @property
    def parts(self) -> tuple[SubQuery, ...]:
        """The sub-questions, each of which wants to be answered."""
        return tuple(one for one in self.finding if one.origin.startswith("decompose"))


def expand(
    query: Query, steps: Sequence[Step], first_look: Look, *, left_ms: Callable[[], float]
) -> Texts:
    """The question after the given transforms, in their order.

    Each reads the question as the one before left it. ``first_look`` is called for the first
    transform that wants to read hits, and for one that asks a second time. A language model has the
    time that is left, at most. A name that works on vectors is passed over here.
    """
    judging, added, notes = query.text, [], []
    context = Context(turns=query.turns, search=lambda text: first_look(text)[0])
    for step in steps:
        if step.name not in _TRANSFORMS:
            continue
        if step.name in _READS_HITS and not context.passages:
            passages, idf = first_look(judging)
            context = replace(context, passages=tuple(passages), idf=idf)
        options = dict(step.options)
        writer = Writer(options.pop("model", ""))
        transform = _TRANSFORMS[step.name](generate=writer.generate, **options)
        transform.deadline_ms = min(transform.deadline_ms, left_ms())
        made = transform.apply(judging, context)
        judging = judging_text(made)
        added += [one for one in texts_for("retrieve", made) if one.text != judging]
        notes += writer.notes
    return Texts(judging, (SubQuery(judging), *added), tuple(dict.fromkeys(notes)))
