"""Each first stage by its name: how it turns one question into one run."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from search import registry
from search.errors import SearchError
from search.models import VectorSpace
from search.retrieval import binary, dense, late_interaction, lexical, matryoshka, sparse
from search.retrieval.encoding import Encoded, Encodings
from search.retrieval.lexical import Terms
from search.retrieval.local_settings import ALONE, local_settings
from search.retrieval.matches import Matches
from search.retrieval.nearest import as_run
from search.retrieval.stored import StoredVectors
from search.transforms.by_examples import Examples, prototype
from search.transforms.prf import rocchio
from search.types import Query, Retriever, Run, Step

LEAST_MS = 100.0  # what a statement gets when the deadline is near
NARROWED_TO = 1000  # passages that words leave over for meaning
TAUGHT_WEIGHT = 0.5  # of the marked examples, against the question
TAUGHT_BY = 3  # first hits whose vectors move the question
NAMES = {
    "bm25": "Word search",
    "dense": "Meaning search",
    "sparse": "Search by weighted words",
    "multi": "Search by token vectors",
    "binary": "Search by signs of vectors",
    "matryoshka": "Search by prefixes of vectors",
    "narrow": "Meaning search among the best by words",
}
Vector = NDArray[np.float32]


@dataclass(slots=True)
class Look:
    """One question on its way through the retrievers: what they share, and what they note."""

    query: Query
    encodings: Encodings
    deadline_ms: int
    spaces: Mapping[str, Sequence[str]]  # retriever -> the encoders whose spaces it looks in
    base: tuple[Terms, Matches] | None = None  # what some of the words matched before
    has_feedback: bool = False  # the question's vector moves toward its first hits
    examples: Step | None = None  # it moves toward what was marked as good, by this step's options
    terms: Terms = field(default_factory=Terms)
    scored: Matches = field(default_factory=Matches)  # by words
    matches: Matches = field(default_factory=Matches)  # of these, those that pass the filters
    meaning: tuple[Vector, VectorSpace] | None = None  # the question among the passages' vectors
    timings: dict[str, float] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    began: float = field(default_factory=time.perf_counter)
    waited_ms: float = 0.0  # for the encoders, by the retriever that looks now

    @property
    def left_ms(self) -> float:
        """Milliseconds until the deadline; never less than a statement needs."""
        return max(self.deadline_ms - ms_since(self.began), LEAST_MS)

    @property
    def timeout(self) -> dict[str, str]:
        """Settings of PostgreSQL for the statements of a retriever."""
        return {"statement_timeout": str(int(self.left_ms)), **ALONE}

    def depth(self, retriever: Retriever) -> int:
        """How many to look for; the passage that was asked about will be left out."""
        return retriever.k + (self.query.like_passage is not None)

    def encoded(self, alias: str) -> Encoded:
        """What an encoder made of the question; raises as ``Encodings.get`` does."""
        start, was_loaded = time.perf_counter(), registry.is_loaded("ENCODERS", alias)
        try:
            found = self.encodings.get(alias, self.left_ms / 1000)
        finally:
            self.waited_ms += ms_since(start)
        if not was_loaded:
            self.began = time.perf_counter()  # loading a model is not the question's fault
        self.timings["encode"] = max(found.took_ms, self.timings.get("encode", 0.0))
        return found


def ms_since(moment: float) -> float:
    """Milliseconds since a moment of the performance counter."""
    return (time.perf_counter() - moment) * 1000


def look(retriever: Retriever, ask: Look) -> Run:
    """The run of one retriever, without the passage that was asked about.

    Raises:
        SearchError: it cannot look: no encoder, or a space that does not fit.
        TimeoutError: the question was not encoded in time.
        OperationalError: the statement did not end in time.
    """
    start = time.perf_counter()
    key = "lexical" if retriever.name == "bm25" else retriever.name
    ask.waited_ms = 0.0
    try:
        run = _LOOKS[retriever.name](retriever, ask)
    finally:
        ask.timings[key] = ms_since(start) - ask.waited_ms
    hits = tuple(hit for hit in run.hits if hit.passage_id != ask.query.like_passage)
    return replace(run, hits=hits, took_ms=ask.timings[key])


def _words(retriever: Retriever, ask: Look) -> Run:
    query = ask.query
    with local_settings(**ask.timeout):
        ask.terms = lexical.read_terms(query.text, query.corpora, like_passage=query.like_passage)
        depth = ask.depth(retriever)
        ask.scored = lexical.match(ask.terms, query.corpora, base=ask.base)
        ask.matches = ask.scored.narrowed(query.filters, least=depth)
        run = as_run(retriever.name, ask.matches.best(depth))
    if not ask.terms.terms and query.text:
        ask.notes.append(
            "None of the words stands in the library, or all are too common to search for."
        )
    return run


def _meaning(retriever: Retriever, ask: Look) -> Run:
    found = _question(retriever, ask)
    if found is None:
        return Run(retriever.name, ())
    vector, space = found
    query, depth = ask.query, ask.depth(retriever)
    with local_settings(**ask.timeout):
        run = dense.search(vector, space, query.corpora, filters=query.filters, depth=depth)
        if not ask.has_feedback or not run.hits:
            return run
        first = [hit.passage_id for hit in run.hits[:TAUGHT_BY]]
        rows = [dense.stored_vector(key, space, query.corpora) for key in first]
        moved = rocchio(vector, np.stack([row for row in rows if row is not None]))
        return dense.search(moved, space, query.corpora, filters=query.filters, depth=depth)


def _narrow(retriever: Retriever, ask: Look) -> Run:
    words = _words(replace(retriever, k=NARROWED_TO), ask)
    found = _question(retriever, ask)
    if found is None:
        return replace(words, hits=words.hits[: retriever.k])
    vector, space = found
    keys = [hit.passage_id for hit in words.hits]
    with local_settings(**ask.timeout):
        run = dense.score_within(vector, space, ask.query.corpora, keys, retriever=retriever.name)
    return replace(run, hits=run.hits[: ask.depth(retriever)])


def _coarse(search: Callable[..., Run]) -> Callable[[Retriever, Look], Run]:
    def find(retriever: Retriever, ask: Look) -> Run:
        found = _question(retriever, ask)
        if found is None:
            return Run(retriever.name, ())
        query = ask.query
        with local_settings(**ask.timeout):
            return search(*found, query.corpora, filters=query.filters, depth=ask.depth(retriever))

    return find


def _weights(retriever: Retriever, ask: Look) -> Run:
    encoded = ask.encoded(ask.spaces[retriever.name][0])
    space = encoded.space
    if space is None or encoded.rows is None:
        return _nothing(retriever, space)
    with local_settings(**ask.timeout):
        return sparse.search(
            encoded.rows, space, ask.query.corpora,
            filters=ask.query.filters, depth=ask.depth(retriever),
        )  # fmt: skip


def _tokens(retriever: Retriever, ask: Look) -> Run:
    tokens, folded = (ask.encoded(alias) for alias in ask.spaces[retriever.name])
    space, folds = tokens.space, folded.space
    if space is None or folds is None or tokens.rows is None:
        return _nothing(retriever, space if folds else None)
    with local_settings(**ask.timeout):
        return late_interaction.search(
            tokens.rows, folded.rows, space, folds, ask.query.corpora,
            filters=ask.query.filters, depth=ask.depth(retriever),
        )  # fmt: skip


def _question(retriever: Retriever, ask: Look) -> tuple[Vector, VectorSpace] | None:
    """The unit vector that is looked for, of the words, of the passage, or of both together."""
    encoded = ask.encoded(ask.spaces[retriever.name][0])
    space = encoded.space
    if space is None:
        return None
    like = ask.query.like_passage
    parts = [] if encoded.rows is None else [encoded.rows]
    if like is not None:
        stored = dense.stored_vector(like, space, ask.query.corpora)
        parts += [] if stored is None else [stored]
    total = np.sum([np.zeros(space.dim, np.float32), *parts], axis=0, dtype=np.float32)
    length = np.float32(np.linalg.norm(total))
    ask.meaning = None if length < 1e-6 else (total / length, space)
    if ask.meaning is None or ask.examples is None:
        return ask.meaning
    return _taught(total / length, space, ask), space


def _taught(vector: Vector, space: VectorSpace, ask: Look) -> Vector:
    """The vector moved toward what the asker marked as good and away from the rest.

    It finds; the question's own vector goes on to judge.
    """
    stored = StoredVectors(space, ask.query.corpora)
    liked, disliked = (
        [row for row in stored.of(keys) if row is not None]
        for keys in (ask.query.liked, ask.query.disliked)
    )
    if not liked:
        return vector
    weight = ask.examples.options.get("weight", TAUGHT_WEIGHT) if ask.examples else 0.0
    try:
        good = prototype(Examples(np.stack(liked), np.stack(disliked) if disliked else ()))
        return rocchio(vector, good[None, :], weight=weight, top=1)
    except ValueError:  # what is good and what is not are the same
        return vector


def _nothing(retriever: Retriever, space: VectorSpace | None) -> Run:
    """An empty run; a space without any row is a thing the operator can mend."""
    if space is None:
        raise SearchError(
            "no passage has been encoded for it; name its encoders in MMSEARCH_SPACES and run "
            "manage.py build_space."
        )
    return Run(retriever.name, ())


_LOOKS: Mapping[str, Callable[[Retriever, Look], Run]] = {
    "bm25": _words,
    "dense": _meaning,
    "narrow": _narrow,
    "binary": _coarse(binary.search),
    "matryoshka": _coarse(matryoshka.search),
    "sparse": _weights,
    "multi": _tokens,
}
