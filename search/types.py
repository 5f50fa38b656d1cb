"""The values that walk between rooms. All frozen; ids walk first, content later."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class Modality(StrEnum):
    """What a passage is made of; the contract calls it the kind of a hit."""

    TEXT = "text"
    PAGE = "page"
    IMAGE = "image"
    VIDEO = "video"
    AUDIO = "audio"


def is_figure(kind: str, page: int | None) -> bool:
    """Whether a passage is a picture that stands on a page: one with its caption, if it has one."""
    return kind == Modality.IMAGE and page is not None


def is_looked_at(kind: str, text: str, page: int | None) -> bool:
    """Whether a passage is what encoders look at or listen to, and what is known again.

    Those without words are, and figures. The words of a document that is itself a picture are
    passages beside the one that shows it. ``PassageQuerySet.looked_at`` asks the same of rows.
    """
    return not text or is_figure(kind, page)


class Support(StrEnum):
    """How far the cited passage carries a sentence, worst last."""

    QUOTED = "quoted"
    SUPPORTED = "supported"
    WEAK = "weak"
    NONE = "none"


Box = tuple[float, float, float, float]
"""x, y, width, height as fractions of the page or picture, from the top left."""


@dataclass(frozen=True, slots=True)
class Viewer:
    """Who asks. Every retrieval takes one; ``unrestricted`` is the operator at a terminal."""

    user_id: int | None = None
    unrestricted: bool = False


@dataclass(frozen=True, slots=True)
class Filters:
    """Facet filters of a query. Empty means no restriction; dates are ISO, inclusive.

    What the words of the question demand comes with them: only these ``passages``, if not None,
    and none that match one of the ``excluded`` (in PostgreSQL's language of text queries).
    """

    kind: tuple[str, ...] = ()
    media_type: tuple[str, ...] = ()
    author: tuple[str, ...] = ()
    language: tuple[str, ...] = ()
    document: tuple[int, ...] = ()
    published_from: str = ""
    published_to: str = ""
    passages: tuple[int, ...] | None = None
    excluded: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Turn:
    """A question of the conversation with its answer. ``entities``: what the answer cites."""

    question: str
    answer: str = ""
    entities: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Asked:
    """A picture, clip or sound that is the question, or a part of it.

    ``medium``: "image", "clip" or "audio". ``files``: hashes in the store of what was asked: the
    picture; the clip's strips of small frames; the sound. ``stills``: of a clip, whole frames.
    ``crop``: the part of the picture that is meant. ``words``: what was read in it.
    """

    medium: str
    files: tuple[str, ...]
    stills: tuple[str, ...] = ()
    crop: Box | None = None
    seconds: float = 0.0
    words: str = ""


@dataclass(frozen=True, slots=True)
class Query:
    """One question. ``corpora`` holds the ids the asker may see: permission is already in it."""

    text: str = ""
    corpora: tuple[int, ...] = ()
    filters: Filters = Filters()
    weights: Mapping[str, float] = field(default_factory=dict)  # modality -> factor, 1.0 if absent
    recipe: str = "default"
    preferred: str = ""  # the recipe of the person who asks, where the question names none
    k: int = 10
    offset: int = 0
    like_passage: int | None = None  # "more like this"
    media: tuple[Asked, ...] = ()
    notes: tuple[str, ...] = ()  # sentences for ``degraded``, e.g. how a picture was read
    turns: tuple[Turn, ...] = ()  # of the conversation so far, the oldest first
    liked: tuple[int, ...] = ()  # passages that the asker marked as good for this question
    disliked: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Retriever:
    """One first stage: how deep it looks, and in the space of which encoder.

    ``space`` is an alias of ENCODERS; empty for the configured text encoder, and for words.
    """

    name: str
    k: int = 100
    space: str = ""


@dataclass(frozen=True, slots=True)
class Reranking:
    """One reranker of a chain: an alias of RERANKERS, and how many candidates it sees."""

    name: str
    depth: int = 50


@dataclass(frozen=True, slots=True)
class Step:
    """A transform or a refiner by its name, with the options that the recipe gives it."""

    name: str
    options: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Plan:
    """How a query will be answered: a recipe, with what the question itself decided.

    ``weights`` are those of the retrievers in the fusion. ``digest`` changes with anything in the
    recipe that may change a ranking.
    """

    recipe: str
    retrievers: tuple[Retriever, ...]
    chosen_by: str = "default"  # who named the recipe: "question", "person", "corpus"
    weights: Mapping[str, float] = field(default_factory=dict)
    fusion: str = "zscore"
    transforms: tuple[Step, ...] = ()
    refiners: tuple[Step, ...] = ()
    chain: tuple[Reranking, ...] = ()
    deadline_ms: int = 2000
    fallbacks: tuple[str, ...] = ()  # recipes that stand in, in order
    looks: bool = False  # words are asked of encoders that look or listen, too
    look_refiners: tuple[Step, ...] = ()  # of what one of these found for a picture or clip
    digest: str = ""
    notes: tuple[str, ...] = ()

    @property
    def reads_meaning(self) -> bool:
        """Whether one of the retrievers compares meanings; an answer may do so then, too."""
        return any(one.name not in {"bm25", "sparse"} for one in self.retrievers)

    def looks_by(self, retriever: str) -> bool:
        """Whether one of the retrievers has this name."""
        return any(one.name == retriever for one in self.retrievers)

    def transforms_by(self, name: str) -> bool:
        """Whether one of the transforms has this name."""
        return any(step.name == name for step in self.transforms)


@dataclass(frozen=True, slots=True)
class Signal:
    """One retriever's word on one passage: its raw score, its rank from 1, its part of the sum."""

    rank: int
    raw: float
    part: float


@dataclass(frozen=True, slots=True)
class Portion:
    """A portion of one retriever's word under a name of its own; ``share`` of its part, 0..1."""

    name: str
    raw: float
    share: float


@dataclass(frozen=True, slots=True)
class Hit:
    """A found passage. ``score`` is the sum of the signals' parts."""

    passage_id: int
    score: float
    signals: Mapping[str, Signal] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Run:
    """What one retriever found, best first (the TREC word)."""

    retriever: str
    hits: tuple[Hit, ...]
    took_ms: float = 0.0
    total: int | None = None  # how many passages matched at all, where the retriever knows


@dataclass(frozen=True, slots=True)
class Anchor:
    """Where characters ``start:end`` of a passage's text stand: in a box, or in a span of time."""

    start: int
    end: int
    box: Box | None = None
    start_s: float | None = None
    end_s: float | None = None


@dataclass(frozen=True, slots=True)
class View:
    """Characters ``start:end`` of a passage's text came from here.

    ``origin`` is "source" (the author's own characters) or "derived" (read or heard by a machine).
    """

    name: str
    origin: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Locator:
    """Where evidence stands in its document; what applies is set. Pages count from 1."""

    page: int | None = None
    page_label: str = ""
    boxes: tuple[Box, ...] = ()
    start_s: float | None = None
    end_s: float | None = None
    chars: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class Source:
    """The document a candidate belongs to, as far as readers need it."""

    id: int
    title: str
    filename: str
    corpus: str  # slug
    authors: tuple[str, ...] = ()
    published: str = ""
    doi: str = ""
    url: str = ""
    media_type: str = ""
    language: str = ""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A hit with its content. Keeps the hit's signals; its score is the last reranker's.

    ``confidence``: the chance, 0..1, that it is relevant; ``match``: the log-odds from which that
    was read (see answers/confidence.py).
    """

    passage_id: int
    score: float
    signals: Mapping[str, Signal]
    kind: Modality
    text: str
    heading: str
    source: Source
    locator: Locator
    anchors: tuple[Anchor, ...] = ()
    views: tuple[View, ...] = ()
    thumbnail: str = ""  # sha256 of the picture that shows it, in the store
    ordinal: int = 0  # place in its document
    text_hash: str = ""
    confidence: float = 0.0
    match: float = 0.0


@dataclass(frozen=True, slots=True)
class Evidence:
    """A labelled candidate that an answer may cite."""

    label: int
    candidate: Candidate


@dataclass(frozen=True, slots=True)
class Citation:
    """One marker of an answer: an exact quote and the place it opens."""

    marker: int
    passage_id: int
    quote: str
    start: int  # characters of the passage's text
    end: int
    locator: Locator
    candidate: Candidate


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence of an answer with the markers behind it."""

    text: str
    citations: tuple[int, ...]
    support: Support


@dataclass(frozen=True, slots=True)
class Answer:
    """What the asker gets. No sentence without a citation, unless ``refused``."""

    text: str
    sentences: tuple[Sentence, ...] = ()
    citations: tuple[Citation, ...] = ()
    refused: bool = False
    confidence: float = 0.0
    generator: str = ""
    notes: tuple[str, ...] = ()
    followups: tuple[str, ...] = ()
